"""The ledger: every alert, until it is known what became of the customer within the horizon.

Which event is churn is one setting, `churn_label`. By `silence` an order after the onset means that
she came back, a whole horizon without one (the feed being alive), or a farewell, that she left; of
who never ordered nothing is known. By `closed` a farewell means that she left, a whole horizon
without one that she stayed. What becomes known dates from when it happened; once told it is final,
whatever is heard later.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.churn_settings import ChurnLabel
from pipeline.detectors.view import View
from pipeline.episodes import Moves
from pipeline.phases import OPEN, Phase
from pipeline.plain import plain
from pipeline.pool import Pool
from pipeline.pools import Pools
from pipeline.rows import Rows
from pipeline.signals import Signals
from pipeline.units import DAY_MS, NEVER, Bools, Ints, nonzero
from schemas.alert import Outcome

_PHASE: Final = plain(Phase)

ENTRIES_MAX: Final = 64  # of one customer; what comes on top is not followed
CAME_BACK, LEFT, UNKNOWN = 1, 2, 3
OUTCOMES: Final = {
    CAME_BACK: Outcome.CAME_BACK,
    LEFT: Outcome.LEFT,
    UNKNOWN: Outcome.UNKNOWN,
}
_KIND_BITS: Final = 4


def new_pool() -> Pool:
    """Return an empty ledger; a record's key is the kind of alert and its onset."""
    return Pool(
        [
            ("onset_ms", "i8"),
            ("moved_ms", "i8"),  # when its episode last moved
            ("acted_ms", "i8"),  # first act of the company while it stood; 0: none
            ("score", "f8"),  # when it was raised, as the next
            ("limit", "f8"),
            ("row", "i4"),
            ("revision", "i4"),
            ("kind", "u1"),
            ("phase", "u1"),  # where its episode stands, or stood last
            ("critical", "u1"),
            ("told", "u1"),
            ("feedback", "u1"),  # 0: none, 1: right, 2: wrong
        ]
    )


_DTYPE: Final = new_pool().records.dtype


@dataclass(slots=True)
class Closings:
    """Alerts whose outcome has become known, (n,) each."""

    where: Ints  # which of the rows judged
    at_ms: Ints  # when it came about
    outcome: Ints
    entry: NDArray[np.void]  # of the ledger

    @classmethod
    def none(cls) -> "Closings":
        """Return no closings."""
        nothing = np.zeros(0, np.int64)
        return cls(nothing, nothing, nothing, np.zeros(0, _DTYPE))

    @classmethod
    def all_of(cls, closings: Sequence["Closings"]) -> "Closings":
        """Return several as one."""
        parts = ([getattr(part, field.name) for part in closings] for field in fields(cls))
        return cls(*(np.concatenate(part) for part in parts))

    def __len__(self) -> int:
        """Return how many."""
        return len(self.where)

    def take(self, which: Ints | Bools) -> "Closings":
        """Return some of them."""
        return Closings(*(getattr(self, field.name)[which] for field in fields(self)))


def follow(pools: Pools, view: View, kind: int, signals: Signals, moves: Moves) -> Bools:
    """Take in how the episodes of a kind moved; return for whom an entry was opened."""
    opened = moves.moved & (moves.phase == _PHASE.RAISED) & (moves.revision == 1)
    _open(pools.ledger, view, kind, signals, opened)
    touched = moves.moved | moves.told
    some = nonzero(touched & (view.rows["ledger"] > 0))
    if len(some):
        slot = pools.ledger.find(view.rows["ledger"][some], _keys(kind, moves.onset_ms[some]))
        some, slot = some[slot > 0], slot[slot > 0]
        records = pools.ledger.records
        records["moved_ms"][slot] = view.at_ms[some]
        records["phase"][slot] = moves.phase[some]
        records["critical"][slot] |= moves.critical[some]
        records["revision"][slot] = moves.revision[some]
        records["told"][slot] |= moves.told[some]
        _strike(pools.ledger, view.rows, some, slot, moves.phase[some] == _PHASE.RETRACTED)
    return np.asarray(opened)


def act(pool: Pool, rows: Rows, acted: Bools, at_ms: Ints) -> None:
    """Take in that the company did something for customers, as long as their alerts stand."""
    heads = np.where(acted, rows["ledger"], 0)
    for positions, slots in pool.each(heads):
        entry = pool.take(slots)
        done_ms = at_ms[positions]
        stood = np.isin(entry["phase"], OPEN) | (done_ms <= entry["moved_ms"])
        first = (entry["acted_ms"] == 0) & (entry["onset_ms"] <= done_ms) & stood
        pool.records["acted_ms"][slots[first]] = done_ms[first]


def settle(label: ChurnLabel, horizon_ms: int, pools: Pools, view: View) -> tuple[Closings, Ints]:
    """Close what is decided by now; return it, and when the next is due."""
    pool, rows, feed = pools.ledger, view.rows, view.feeds.orders
    due_ms = np.full(len(view), NEVER)
    found: list[Closings] = []
    gone = np.zeros(len(pool.records), np.bool_)
    for positions, slots in pool.each(rows["ledger"]):
        entry = pool.take(slots)
        onset_ms, at_ms = entry["onset_ms"], view.at_ms[positions]
        over_ms = feed.after(onset_ms, np.full(len(slots), horizon_ms))
        outcome, when_ms = _decide(label, view, positions, onset_ms, over_ms)
        decided = outcome > 0
        waits_ms = np.where(decided, NEVER, np.maximum(over_ms, at_ms) + 1)
        due_ms[positions] = np.minimum(due_ms[positions], waits_ms)
        if decided.any():
            gone[slots[decided]] = True
            closings = Closings(positions, np.maximum(when_ms, entry["moved_ms"]), outcome, entry)
            found.append(closings.take(decided))
    if not found:
        return Closings.none(), due_ms
    joined = Closings.all_of(found)
    heads = rows["ledger"].copy()
    pool.remove(heads, gone)
    rows["ledger"] = heads
    _count(pools.episodes, rows, joined)
    return joined, due_ms


def _decide(
    label: ChurnLabel, view: View, positions: Ints, onset_ms: Ints, over_ms: Ints
) -> tuple[Ints, Ints]:
    """Return each outcome, 0 while it is open, and when it came about."""
    over = over_ms < view.at_ms[positions]  # its last instant counts, as in what `fit` learns
    closed_ms, good_ms = view.rows["closed_ms"][positions], view.news.good_ms[positions]
    # A farewell from before the onset, heard of after it, counts unless an order has followed it.
    closed = (closed_ms >= onset_ms) | (view.rows["closed"][positions] > 0)
    left_ms = np.where(closed, closed_ms, over_ms)
    if label is ChurnLabel.CLOSED:
        return np.where(closed, LEFT, np.where(over, CAME_BACK, 0)), left_ms
    came = (good_ms < NEVER) & (good_ms > onset_ms) & (good_ms <= over_ms)
    ordered = view.rows["order_days"][positions] > 0
    outcome = np.where(closed, LEFT, np.where(over, np.where(ordered, LEFT, UNKNOWN), 0))
    outcome = np.where(came, CAME_BACK, outcome)
    return outcome, np.where(came, good_ms, left_ms)


def _open(pool: Pool, view: View, kind: int, signals: Signals, opened: Bools) -> None:
    some = nonzero(opened)
    if not len(some):
        return
    heads = view.rows["ledger"][some]
    fits = pool.count(heads) < ENTRIES_MAX
    some, heads = some[fits], heads[fits]
    slot = pool.add(heads, _keys(kind, view.at_ms[some]))
    view.rows["ledger"][some] = heads
    records = pool.records
    records["onset_ms"][slot] = view.at_ms[some]
    records["score"][slot] = signals.score[some]
    records["limit"][slot] = signals.limit[some]
    records["row"][slot] = view.row[some]
    records["kind"][slot] = kind


def _strike(pool: Pool, rows: Rows, some: Ints, slot: Ints, retracted: Bools) -> None:
    """Take out what was retracted: it never was an alert."""
    if retracted.any():
        gone = np.zeros(len(pool.records), np.bool_)
        gone[slot[retracted]] = True
        heads = rows["ledger"][some[retracted]]
        pool.remove(heads, gone)
        rows["ledger"][some[retracted]] = heads


def _count(episodes: Pool, rows: Rows, closings: Closings) -> None:
    """Let the revisions of episodes that go on go on after their closing."""
    entry = closings.entry
    heads = rows["episodes"][closings.where]
    slot = episodes.find(heads, entry["kind"].astype(np.uint64))
    same = (slot > 0) & (episodes.records["onset_ms"][slot] == entry["onset_ms"])
    episodes.records["revision"][slot[same]] += 1


def _keys(kind: int, onset_ms: Ints) -> NDArray[np.uint64]:
    return (onset_ms << _KIND_BITS | kind).astype(np.uint64)


def horizon_ms(horizon_days: float) -> int:
    """Return the horizon within which an outcome is looked for."""
    return round(horizon_days * DAY_MS)
