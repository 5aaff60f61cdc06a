"""Instants as a person writes them on the command line."""

from datetime import UTC, date, datetime, time

from agents.problems import UserError
from schemas.base import INSTANT_MS_MAX, INSTANT_MS_MIN, milliseconds


def instant_ms(option: str, text: str) -> int:
    """Return milliseconds since the epoch; a date is its first instant in UTC.

    Raises:
        UserError: it is none of what is accepted.
    """
    at_ms = _parsed(text)
    if at_ms is None or not INSTANT_MS_MIN <= at_ms <= INSTANT_MS_MAX:
        raise UserError(
            f"{option} is {text!r}; accepted are a date as 2026-01-31, an RFC 3339 time with its "
            f"offset as 2026-01-31T12:00:00Z, or milliseconds since the epoch, from 1980 on"
        )
    return at_ms


def _parsed(text: str) -> int | None:
    try:
        if text.isascii() and text.isdigit() and len(text) > len("20260131"):
            return int(text)
        if len(text) == len("2026-01-31"):
            return milliseconds(datetime.combine(date.fromisoformat(text), time(), UTC))
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return None if at.tzinfo is None else milliseconds(at)
