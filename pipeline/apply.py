"""Applying events to the facts of a row: sums and sets, whatever order they come in."""

from typing import Final

import numpy as np

from pipeline import items, loads, memory, orders, windows
from pipeline.detectors.view import News
from pipeline.events import Events
from pipeline.items import Followed
from pipeline.loads import RATING_GOOD, SCORE_PROMOTER
from pipeline.plain import plain
from pipeline.pool import Pool
from pipeline.pools import Pools
from pipeline.records import put_records, take_records
from pipeline.rows import CAUSE, EVENT_MEMORY, LABELS, PURCHASES, Rows
from pipeline.settings import PipelineSettings
from pipeline.units import NEVER, Bools, Floats, nonzero
from pipeline.vocabulary import ACT, OWN, TOUCHES_SILENCE, are
from schemas.activity import Kind

_KIND: Final = plain(Kind)

_IS_FAILURE: Final = are(Kind.ORDER_FAILED, Kind.TICKET_ABANDONED, Kind.TICKET_REOPENED)
_IS_SUCCESS: Final = are(Kind.ORDER_DELIVERED, Kind.TICKET_RESOLVED, Kind.PROMISE_KEPT)
_IS_WORD: Final = are(  # from the company; a promotion is none
    Kind.FOLLOW_UP,
    Kind.TICKET_REPLIED,
    Kind.TICKET_RESOLVED,
    Kind.PROMISE_KEPT,
    Kind.RENEGOTIATED,
)
_FULL: Final = np.uint16(65535)


class Applier:
    """The rules by which an event changes what is known of its customer."""

    def __init__(self, settings: PipelineSettings, half_life_days: Floats) -> None:
        self._settings = settings
        self._half_life_days = half_life_days

    def apply(self, pools: Pools, rows: Rows, events: Events) -> News:
        """Apply one event to each row, in place; return what episodes need to know of it."""
        _remember(rows, events)
        _contacts(rows, events)
        followed = items.follow(
            self._settings.items, self._settings.frustration, pools.items, rows, events
        )
        placed = (events.kind == _KIND.ORDER_PLACED) & ~followed.uncounted
        since_ms = orders.last_ms(rows)
        self._orders(pools.items, rows, events, followed, placed)
        newest = placed & (orders.last_ms(rows) > since_ms)
        said_ms = rows["closed_ms"]
        rows["closed"] = (said_ms > 0) & (said_ms >= rows["last_order_ms"])
        added = loads.severities(self._settings.frustration, events, followed.late_days)
        irritating = np.asarray(added.any(axis=1))
        _went(rows, events, followed, added)
        memory.remember(pools.memory, rows, events, added, followed.late_days, self._half_life_days)
        added[:, PURCHASES] = placed
        loads.add(rows, self._half_life_days, events.at_ms, added)
        opened = events.kind == _KIND.TICKET_OPENED
        rows["tickets"] += opened
        windows.add(self._settings.windows, rows, events.at_ms, [placed, opened, irritating])
        return _news(events, placed, newest)

    @staticmethod
    def touches_silence(events: Events) -> Bools:
        """Return which events can change a customer's silence."""
        return TOUCHES_SILENCE[events.kind]

    def _orders(
        self, pool: Pool, rows: Rows, events: Events, followed: Followed, placed: Bools
    ) -> None:
        which = nonzero(placed)
        if len(which):
            some = take_records(rows, which)
            amount = events.amount[which]
            summed = orders.place(some, events.at_ms[which], amount, events.currency[which])
            put_records(rows, which, some)
            slot = followed.slot[which]
            kept = slot > 0
            pool.records["amount"][slot[kept]] = np.where(summed, amount, np.nan)[kept]
        undone = nonzero(followed.taken_back)
        if len(undone):
            placed_ms = followed.placed_ms[undone]
            orders.take_back(rows, undone, placed_ms, followed.amount[undone])
            some = take_records(rows, undone)
            back = np.zeros_like(some["loads"])
            back[:, PURCHASES] = -1.0
            loads.add(some, self._half_life_days, placed_ms, back)
            put_records(rows, undone, some)


def _remember(rows: Rows, events: Events) -> None:
    """Keep the hash of the event id, over the oldest kept."""
    every = np.arange(len(events))
    slot = rows["event_slot"].astype(np.int64)
    rows["events"][every, slot] = events.event
    rows["event_slot"] = (slot + 1) % EVENT_MEMORY


def _contacts(rows: Rows, events: Events) -> None:
    kind, at_ms = events.kind, events.at_ms
    first_ms = rows["first_ms"]
    rows["first_ms"] = np.where(first_ms == 0, at_ms, np.minimum(first_ms, at_ms))
    _newest(rows, "contact_ms", OWN[kind], events)
    _newest(rows, "owner_changed_ms", kind == _KIND.OWNER_CHANGED, events)
    _newest(rows, "followed_up_ms", kind == _KIND.FOLLOW_UP, events)
    delivered = np.where(kind == _KIND.ORDER_DELIVERED, at_ms, NEVER)
    known = np.where(rows["delivered_ms"] > 0, rows["delivered_ms"], NEVER)
    earliest = np.minimum(known, delivered)
    rows["delivered_ms"] = np.where(earliest < NEVER, earliest, 0)
    rows["rated_well"] |= (kind == _KIND.TICKET_RATED) & (events.rating >= RATING_GOOD)
    rows["promoter"] |= (kind == _KIND.SURVEY_ANSWERED) & (events.rating >= SCORE_PROMOTER)
    _newest(rows, "closed_ms", kind == _KIND.CLOSED, events)
    current = at_ms >= rows["seen_ms"]
    for name in LABELS:
        code = getattr(events, name)
        named = nonzero(current & (code > 0))
        rows[name][named] = code[named]


def _went(rows: Rows, events: Events, followed: Followed, added: Floats) -> None:
    """Keep when a matter last went wrong and well, and what was given for it."""
    kind = events.kind
    late = followed.late_days > 0
    failed = _IS_FAILURE[kind] | late
    failed |= (kind == _KIND.TICKET_RATED) & (added[:, CAUSE["service"]] > 0)
    _newest(rows, "failed_ms", failed, events)
    well = _IS_SUCCESS[kind] & ~late
    well |= (kind == _KIND.TICKET_RATED) & (events.rating >= RATING_GOOD)
    well |= (kind == _KIND.SURVEY_ANSWERED) & (events.rating >= SCORE_PROMOTER)
    _newest(rows, "good_ms", well, events)
    _newest(rows, "last_delivered_ms", kind == _KIND.ORDER_DELIVERED, events)
    _newest(rows, "word_ms", _IS_WORD[kind], events)
    compensated = np.nan_to_num(events.compensation) > 0
    _newest(rows, "compensated_ms", compensated, events)
    for name, counted in (
        ("compensations", compensated),
        ("returns", kind == _KIND.ORDER_RETURNED),
    ):
        some = nonzero(counted)
        rows[name][some] += rows[name][some] < _FULL


def _newest(rows: Rows, name: str, which: Bools, events: Events) -> None:
    some = nonzero(which)
    if len(some):
        column = rows[name]
        column[some] = np.maximum(column[some], events.at_ms[some])


def _news(events: Events, placed: Bools, newest: Bools) -> News:
    pleased = (events.kind == _KIND.TICKET_RATED) & (events.rating >= RATING_GOOD)
    compensated = np.nan_to_num(events.compensation) > 0
    return News(
        at_ms=events.at_ms,
        good_ms=np.where(newest, events.at_ms, NEVER),
        own=OWN[events.kind],
        pleased=placed | pleased,
        acted=ACT[events.kind] | compensated,
    )
