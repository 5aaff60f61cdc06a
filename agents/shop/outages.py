"""Feeds that fail: for a while a source sends nothing, and then what it missed, or never.

An outage is the pipe's, not the shop's: customers go on living, so the truth does not change.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from agents.shop.events import DAY_MS, SOURCES, Event, Source
from agents.shop.problems import ShopSettingError

OutageKind: TypeAlias = Literal["lost", "delayed"]

KINDS: tuple[OutageKind, ...] = get_args(OutageKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A source that is silent from one instant to another, in days after the shop's start.

    Attributes:
        source: the source that fails.
        begins_day: first silent instant, included.
        ends_day: end of the silence, not included.
        kind: `lost` events never come; `delayed` ones all come at the end, oldest first.
    """

    source: Source
    begins_day: float
    ends_day: float
    kind: OutageKind = "lost"

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise ShopSettingError("outage source", self.source, wants=f"one of {SOURCES}")
        if self.kind not in KINDS:
            raise ShopSettingError("outage kind", self.kind, wants=f"one of {KINDS}")
        if not 0 <= self.begins_day < self.ends_day:
            span = (self.begins_day, self.ends_day)
            raise ShopSettingError("outage days", span, wants="0 <= begins_day < ends_day")


def through_outages(
    events: Iterable[Event], outages: Iterable[Outage], start_ms: int
) -> Iterator[Event]:
    """Pass events on as failing feeds would: dropped, held back, or untouched.

    Args:
        events: in event-time order.
        outages: which feeds fail and when; of two that overlap the first listed holds.
        start_ms: the shop's start, milliseconds since the epoch.

    Yields:
        What arrives, in the order of `sent_at`.
    """
    failing = tuple(outages)
    held: dict[Outage, list[Event]] = {}
    for event in events:
        for outage in _ended(held, event.occurred_at, start_ms):
            yield from held.pop(outage)
        outage_now = _outage_of(event, failing, start_ms)
        if outage_now is None:
            yield event
        elif outage_now.kind == "delayed":
            late = replace(event, sent_at=_ends_at(outage_now, start_ms))
            held.setdefault(outage_now, []).append(late)
    for outage in sorted(held, key=lambda outage: outage.ends_day):
        yield from held[outage]


def _ended(held: Iterable[Outage], now: int, start_ms: int) -> list[Outage]:
    over = [outage for outage in held if _ends_at(outage, start_ms) <= now]
    return sorted(over, key=lambda outage: outage.ends_day)


def _outage_of(event: Event, outages: tuple[Outage, ...], start_ms: int) -> Outage | None:
    for outage in outages:
        if outage.source != event.source:
            continue
        if start_ms + outage.begins_day * DAY_MS <= event.occurred_at < _ends_at(outage, start_ms):
            return outage
    return None


def _ends_at(outage: Outage, start_ms: int) -> int:
    return start_ms + round(outage.ends_day * DAY_MS)
