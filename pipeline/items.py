"""Open matters, one by one: orders not delivered, tickets not resolved, promises not kept.

A matter's state is that of its newest event, so what comes late changes nothing; one that is
closed is remembered for a while, so that its late opening does not open it again. A sum of
opening times could give neither the time overdue, which is max(0, t - promised), nor survive a
second `resolved`.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.events import Events
from pipeline.frustration_settings import FrustrationSettings
from pipeline.plain import plain
from pipeline.pool import Chains, Pool, by_chain
from pipeline.records import take_records
from pipeline.rows import Rows
from pipeline.settings import ItemSettings
from pipeline.units import DAY_MS, HOUR_MS, NAME_KEPT_BYTES, Bools, Floats, Ints, nonzero
from pipeline.vocabulary import ACTION, MATTER, Action, Matter
from schemas.activity import Kind

_ACTION: Final = plain(Action)
_KIND: Final = plain(Kind)
_MATTER: Final = plain(Matter)

ITEMS_MAX: Final = 16  # of one customer
OPEN, CLOSED, CANCELLED = 1, 2, 3
_SALT: Final = np.array([0, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)


def new_pool() -> Pool:
    """Return an empty pool of items; an item's key is the salted hash of its id."""
    return Pool(
        [
            ("opened_ms", "i8"),
            ("promised_ms", "i8"),  # 0: no promise
            ("newest_ms", "i8"),  # of its newest event
            ("forget_ms", "i8"),  # from then on it is not known
            ("amount", "f8"),  # NaN: not in the customer's sums
            ("name", f"S{NAME_KEPT_BYTES}"),  # for words
            ("matter", "u1"),
            ("state", "u1"),
            ("row", "i4"),
        ]
    )


@dataclass(slots=True)
class Followed:
    """What a round of events did to items, for the facts that hang on it. (n,) each."""

    slot: Ints  # the item, 0 for none
    late_days: Floats  # of a matter closed now, 0 if in time or nothing was closed
    uncounted: Bools  # an order placed whose cancellation came first
    taken_back: Bools  # the cancellation of a known order
    placed_ms: Ints  # when that order was placed
    amount: Floats  # and for how much


def follow(
    settings: ItemSettings,
    frustration: FrustrationSettings,
    pool: Pool,
    rows: Rows,
    events: Events,
) -> Followed:
    """Apply one event per row to the items of the rows, in place."""
    action, matter = ACTION[events.kind], MATTER[events.kind]
    at_ms = events.at_ms
    keys = events.item ^ _SALT[matter]
    slot = np.where(action > 0, pool.find(rows["items"], keys), 0)
    before = pool.take(slot)
    known = (slot > 0) & (before["forget_ms"] > at_ms)
    was_open = known & (before["state"] == OPEN)
    in_order = ~known | (at_ms >= before["newest_ms"])

    # What comes back weeks later says nothing of how late an order, forgotten by then, had been.
    back = np.isin(events.kind, (_KIND.ORDER_RETURNED, _KIND.ORDER_REFUNDED))
    closing = (action == _ACTION.CLOSE) & (was_open | (~known & ~back))
    due_ms = np.where(was_open, before["promised_ms"], events.due_ms)
    late_ms = np.where(closing & (due_ms > 0), at_ms - due_ms, 0)

    _make_room(pool, rows, events, keys, slot, (action > 0) & (slot == 0))
    after = pool.take(slot)
    _open_blank(after, events, matter, ~known)
    # A cancellation counts whatever its date: it takes the order back, and does so once.
    cancelled = (action == _ACTION.CANCEL) & was_open
    _move(after, events, action, in_order, cancelled)
    _promise(frustration, after, events, action, in_order)
    _remember(settings, after, in_order | cancelled)
    kept = nonzero(slot)
    pool.put(slot[kept], take_records(after, kept))
    return Followed(
        slot=slot,
        late_days=np.maximum(late_ms, 0) / DAY_MS,
        uncounted=(action == _ACTION.OPEN) & known & (before["state"] == CANCELLED),
        taken_back=cancelled,
        placed_ms=before["opened_ms"],
        amount=before["amount"],
    )


def _make_room(
    pool: Pool, rows: Rows, events: Events, keys: NDArray[np.uint64], slot: Ints, new: Bools
) -> None:
    """Give each new item a slot; at the cap the closed make room, else the item is lost."""
    which = nonzero(new)
    if not len(which):
        return
    heads = rows["items"][which]
    for leaving in (_is_forgotten, _is_closed):
        # What is forgotten goes first, so that it makes no difference if it was purged before.
        full = nonzero(pool.count(heads) >= ITEMS_MAX)
        if not len(full):
            break
        crowded = heads[full]
        gone = np.zeros(len(pool.records), np.bool_)
        for positions, slots in pool.each(crowded):
            gone[slots] = leaving(pool.take(slots), events.at_ms[which[full[positions]]])
        pool.remove(crowded, gone)
        heads[full] = crowded
        rows["items"][which] = heads
    else:
        lost = pool.count(heads) >= ITEMS_MAX
        rows["items_lost"][which[lost]] += rows["items_lost"][which[lost]] < np.uint16(65535)
        which, heads = which[~lost], heads[~lost]
    slot[which] = pool.add(heads, keys[which])
    pool.records["row"][slot[which]] = events.row[which]
    pool.records["name"][slot[which]] = events.name[which]
    rows["items"][which] = heads


def _is_forgotten(item: NDArray[Any], at_ms: Ints) -> Bools:
    return np.asarray(item["forget_ms"] <= at_ms)


def _is_closed(item: NDArray[Any], _at_ms: Ints) -> Bools:
    return np.asarray(item["state"] != OPEN)


def _open_blank(item: NDArray[Any], events: Events, matter: Ints, blank: Bools) -> None:
    opened_ms = np.where(events.opened_ms > 0, events.opened_ms, events.at_ms)
    item["opened_ms"] = np.where(blank, opened_ms, item["opened_ms"])
    item["promised_ms"] = np.where(blank, 0, item["promised_ms"])
    item["amount"] = np.where(blank, np.nan, item["amount"])
    item["matter"] = np.where(blank, matter, item["matter"])
    item["state"] = np.where(blank, 0, item["state"])


def _move(
    item: NDArray[Any], events: Events, action: Ints, in_order: Bools, cancelled: Bools
) -> None:
    """Give each item the state after its event."""
    state = item["state"]
    new = np.full(len(action), OPEN)
    new[action == _ACTION.CLOSE] = CLOSED
    new[action == _ACTION.CANCEL] = CANCELLED
    stays = (
        ~(in_order | cancelled)
        | ((action == _ACTION.TOUCH) & (state > 0))
        | ((action == _ACTION.CANCEL) & (state == CLOSED))
        | ((action == _ACTION.OPEN) & (state == CANCELLED))
    )
    item["state"] = np.where(stays, state, new)
    item["newest_ms"] = np.where(in_order, events.at_ms, item["newest_ms"])


def _promise(
    frustration: FrustrationSettings,
    item: NDArray[Any],
    events: Events,
    action: Ints,
    in_order: Bools,
) -> None:
    """Set what is promised: by the event, else by what is usual from its opening on."""
    usual_ms = np.zeros(len(Matter), np.int64)
    usual_ms[_MATTER.ORDER] = round(frustration.order_promise_days * DAY_MS)
    usual_ms[_MATTER.TICKET] = round(frustration.ticket_promise_hours * HOUR_MS)
    usual_ms = usual_ms[item["matter"]]
    start_ms = np.where(action == _ACTION.REOPEN, events.at_ms, item["opened_ms"])
    implied_ms = np.where(usual_ms > 0, start_ms + usual_ms, 0)
    given = events.due_ms > 0
    unset = (item["promised_ms"] == 0) | (action == _ACTION.REOPEN)
    promised_ms = np.where(given, events.due_ms, implied_ms)
    changes = in_order & (item["state"] == OPEN) & (given | unset)
    item["promised_ms"] = np.where(changes, promised_ms, item["promised_ms"])


def _remember(settings: ItemSettings, item: NDArray[Any], in_order: Bools) -> None:
    """Set until when each item is known."""
    open_ms, closed_ms = (
        round(settings.open_days_max * DAY_MS),
        round(settings.closed_days * DAY_MS),
    )
    # An order that nobody promised a date for is only kept so that it can be taken back.
    unpromised = (item["promised_ms"] == 0) & (item["matter"] == _MATTER.ORDER)
    until_ms = np.where(
        (item["state"] != OPEN) | unpromised,
        item["newest_ms"] + closed_ms,
        np.maximum(item["promised_ms"], item["opened_ms"]) + open_ms,
    )
    item["forget_ms"] = np.where(in_order, until_ms, item["forget_ms"])


def still_open(pool: Pool, heads: Ints, at_ms: Ints) -> tuple[Ints, Ints]:
    """Return (positions in `heads`, slots) of what is open at an instant, and not lost track of."""
    where, slots = pool.links(heads)
    state, forget_ms = pool.records["state"][slots], pool.records["forget_ms"][slots]
    which = nonzero((state == OPEN) & (forget_ms > at_ms[where]))
    return where[which], slots[which]


def overdue_now(pool: Pool, heads: Ints, at_ms: Ints, known_ms: Ints) -> Chains:
    """Return copies of what is open and known past its promise, of each chain, by its promise."""
    where, slots = still_open(pool, heads, at_ms)
    item = pool.take(slots)
    late = (item["promised_ms"] > 0) & (item["promised_ms"] <= known_ms[where, item["matter"]])
    where, item = where[late], item[late]
    return by_chain(item, where, item["promised_ms"], len(heads))


def handed_over(pool: Pool, heads: Ints, changed_ms: Ints, at_ms: Ints) -> Chains:
    """Return copies of cases and promises, of each chain, open since before the owner changed."""
    where, slots = still_open(pool, heads, at_ms)
    item = pool.take(slots)
    before = (item["opened_ms"] <= changed_ms[where]) & (item["matter"] != _MATTER.ORDER)
    where, item = where[before], item[before]
    return by_chain(item, where, item["opened_ms"], len(heads))


def forgotten(pool: Pool, at_ms: int) -> Bools:
    """Return, by slot, which items are not known any more at an instant."""
    return np.asarray((pool.records["forget_ms"] <= at_ms) & (pool.records["state"] > 0))
