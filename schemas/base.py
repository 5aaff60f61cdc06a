"""The types that all records share: ids, instants, amounts.

An instant is an RFC 3339 string with its offset from UTC, or an integer of milliseconds since
the epoch; 1980 is the earliest that is accepted, because a date before it is a unit mistaken
(seconds for milliseconds) or a missing value written as zero.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from msgspec import Meta

INSTANT_MS_MIN: Final = 315_532_800_000  # 1980-01-01T00:00:00Z
INSTANT_MS_MAX: Final = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z

Id = Annotated[str, Meta(min_length=1, max_length=256)]
Label = Annotated[str, Meta(max_length=256)]
Instant = (
    Annotated[datetime, Meta(tz=True)] | Annotated[int, Meta(ge=INSTANT_MS_MIN, le=INSTANT_MS_MAX)]
)
Amount = Annotated[float, Meta(ge=0, le=1e12)]
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Currency = Annotated[str, Meta(min_length=1, max_length=16)]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(instant: datetime | int) -> int:
    """Return milliseconds since the epoch, rounded to the nearest."""
    if isinstance(instant, int):
        return instant
    return round(instant.timestamp() * 1000)


def instant(at_ms: int) -> datetime:
    """Return an instant in UTC from milliseconds since the epoch."""
    return _EPOCH + timedelta(milliseconds=at_ms)


def rfc3339(at_ms: int) -> str:
    """Return an instant as an RFC 3339 string in UTC, with milliseconds where there are any."""
    precision = "milliseconds" if at_ms % 1000 else "seconds"
    return instant(at_ms).isoformat(timespec=precision).replace("+00:00", "Z")
