"""Instants and lengths in plain words, for alerts. All of it is UTC."""

from datetime import UTC, datetime
from typing import Final

_MONTHS: Final = "Jan/Feb/Mar/Apr/May/June/July/Aug/Sept/Oct/Nov/Dec"


def plain_date(at_ms: int, seen_from_ms: int) -> str:
    """Return a day in words; the year only if it is another than that of the instant it is told."""
    day, told = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (at_ms, seen_from_ms))
    year = "" if day.year == told.year else f" {day.year}"
    return f"{day.day} {_MONTHS.split('/')[day.month - 1]}{year}"


def plain_days(days: float) -> str:
    """Return a length in words: tenths of a day below ten, whole days from there on."""
    text = f"{days:.1f}".removesuffix(".0") if days < 9.95 else f"{days:.0f}"
    return "1 day" if text == "1" else f"{text} days"
