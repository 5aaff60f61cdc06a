"""Instants and lengths in plain words, for alerts, and as records tell them. All is UTC."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from pipeline.units import DAY_MS, Ints

_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "June"),
    *("July", "Aug", "Sept", "Oct", "Nov", "Dec"),
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TENTH: Final = 0.1
_ROUNDING: Final = 1e-9


def instants(at_ms: Ints) -> list[datetime]:
    """Return instants in UTC from milliseconds since the epoch, as `schemas.base.instant` does."""
    return list(map(_EPOCH.__add__, at_ms.astype("timedelta64[ms]").tolist()))


def plain_date(at_ms: int, seen_from_ms: int) -> str:
    """Return a day in words; the year only if it is another than that of the instant it is told."""
    return _plain(at_ms // DAY_MS, seen_from_ms // DAY_MS)


@lru_cache(maxsize=4096)
def _plain(day: int, seen_from_day: int) -> str:
    at, seen_from = (datetime.fromtimestamp(86_400 * each, UTC) for each in (day, seen_from_day))
    year = "" if at.year == seen_from.year else f" {at.year}"
    return f"{at.day} {_MONTHS[at.month - 1]}{year}"


def plain_days(days: float) -> str:
    """Return a length in words: whole days from ten on, tenths below, and hours below a tenth."""
    if days < _TENTH:
        hours = int(max(days, 0.0) * 24 + _ROUNDING)
        return ("less than an hour", "1 hour", "2 hours")[hours]
    text = f"{days:.1f}".removesuffix(".0") if days < 9.95 else f"{days:.0f}"
    return "1 day" if text == "1" else f"{text} days"
