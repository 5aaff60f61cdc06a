"""What leaves the shop: a record, the source it belongs to, and when it happened and was sent."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias, get_args

Source: TypeAlias = Literal["orders", "support-tickets", "touchpoints"]
Record: TypeAlias = dict[str, Any]

SOURCES: tuple[Source, ...] = get_args(Source)

SECOND_MS = 1_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Event:
    """One record on its way to one source.

    Attributes:
        source: where the record goes.
        occurred_at: event time, milliseconds since the epoch.
        sent_at: when it leaves the shop, milliseconds; later than `occurred_at` only when an
            outage held it back. The stream is in this order, and a live caller paces by it.
        record: what is sent, of JSON types only.
    """

    source: Source
    occurred_at: int
    sent_at: int
    record: Record


def rfc3339(at: int) -> str:
    """Return an instant (ms since the epoch) as RFC 3339 in UTC, with milliseconds."""
    moment = _EPOCH + timedelta(milliseconds=at)
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def instant(moment: datetime) -> int:
    """Return an aware time as milliseconds since the epoch."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
