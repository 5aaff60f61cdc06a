"""Episodes: one trouble of one customer and one kind, from raised to its outcome.

A table drives the machine; the first line that applies to an episode decides. Levels to enter
and to leave differ, a cooldown follows the end, and an open episode is updated, never doubled.
"""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.pool import Pool
from pipeline.rows import Rows
from pipeline.settings import EpisodeSettings
from pipeline.signals import Signals
from pipeline.units import DAY_MS, NEVER, Bools, Ints


class Phase(IntEnum):
    """Where an episode stands; the numbers are stored."""

    NONE = 0
    RAISED = 1
    ESCALATED = 2
    EASED = 3
    RESOLVED = 4
    LOST = 5
    EXPIRED = 6
    RETRACTED = 7


ALARMED: Final = (Phase.RAISED, Phase.ESCALATED)
OPEN: Final = (*ALARMED, Phase.EASED)
ENDED: Final = (Phase.NONE, Phase.RESOLVED, Phase.LOST, Phase.EXPIRED, Phase.RETRACTED)

FORGETTABLE: Final = (Phase.RESOLVED, Phase.EXPIRED, Phase.RETRACTED)  # once cooled down

# from these phases, when this holds, to this phase
TRANSITIONS: Final = (
    (OPEN, "closed", Phase.LOST),
    (OPEN, "unmade", Phase.RETRACTED),
    (OPEN, "came_back", Phase.RESOLVED),
    (OPEN, "outlasted", Phase.LOST),
    ((Phase.RAISED,), "worse", Phase.ESCALATED),
    (ALARMED, "put_out", Phase.EASED),
    (ALARMED, "below", Phase.EXPIRED),
    ((Phase.EASED,), "enter", Phase.RAISED),
    ((Phase.EASED,), "confirmed", Phase.RESOLVED),
    ((Phase.EASED,), "unconfirmed", Phase.EXPIRED),
    (ENDED, "may_enter", Phase.RAISED),
)


@dataclass(slots=True)
class Moves:
    """What became of the episodes of the rows judged, (n,) each."""

    moved: Bools
    phase: Ints
    critical: Bools
    revision: Ints
    onset_ms: Ints
    next_ms: Ints  # when time alone could move it, NEVER if it could not

    def take(self, which: Ints) -> "Moves":
        """Return some of them."""
        return Moves(*(getattr(self, field.name)[which] for field in fields(self)))


def new_pool() -> Pool:
    """Return an empty pool of episodes; an episode's key is its kind."""
    return Pool(
        [
            ("onset_ms", "i8"),
            ("since_ms", "i8"),  # of the last transition
            ("forget_ms", "i8"),  # from then on it makes no difference; 0: it may
            ("row", "i4"),
            ("revision", "i4"),
            ("phase", "u1"),
            ("critical", "u1"),
            ("acted", "u1"),  # the company did something since the onset
        ]
    )


def advance(
    settings: EpisodeSettings, pool: Pool, row: Ints, rows: Rows, kind: int, signals: Signals
) -> Moves:
    """Move every row's episode of a kind by what its detector says."""
    keys = np.full(len(rows), kind, np.uint64)
    slot = pool.find(rows["episodes"], keys)
    had = pool.records[slot]
    acted = (had["acted"] > 0) | signals.acted
    phase = _next_phase(settings, had, acted, signals)
    onset = np.isin(phase, ALARMED) & np.isin(had["phase"], ENDED)

    _give_slots(pool, rows, keys, slot, onset & (slot == 0))
    now = pool.records[slot]
    moved = phase != had["phase"]
    now["phase"] = phase
    now["acted"] = np.where(onset, 0, acted & np.isin(phase, OPEN))
    now["onset_ms"] = np.where(onset, signals.at_ms, had["onset_ms"])
    now["since_ms"] = np.where(moved, signals.at_ms, had["since_ms"])
    now["revision"] = np.where(onset, 1, had["revision"] + moved)
    now["critical"] = np.where(
        np.isin(phase, ALARMED), signals.worse | ((had["critical"] > 0) & ~onset), had["critical"]
    )
    cooled_ms = now["since_ms"] + round(settings.cooldown_days * DAY_MS)
    now["forget_ms"] = np.where(np.isin(phase, FORGETTABLE), cooled_ms, 0)
    now["row"] = row
    held = slot > 0
    pool.records[slot[held]] = now[held]
    return Moves(
        moved=moved,
        phase=phase,
        critical=now["critical"] > 0,
        revision=now["revision"].astype(np.int64),
        onset_ms=now["onset_ms"],
        next_ms=_next_ms(settings, now, signals),
    )


def alarmed_since(pool: Pool, rows: Rows, kind: int) -> Ints:
    """Return the onset of each row's alarmed episode of a kind, `NEVER` where there is none."""
    had = pool.records[pool.find(rows["episodes"], np.full(len(rows), kind, np.uint64))]
    return np.where(np.isin(had["phase"], ALARMED), had["onset_ms"], NEVER)


def moved_ms(pool: Pool, rows: Rows, kind: int) -> Ints:
    """Return when each row's episode of a kind last moved, 0 where there is none."""
    had = pool.records[pool.find(rows["episodes"], np.full(len(rows), kind, np.uint64))]
    return np.asarray(had["since_ms"])


def _next_phase(
    settings: EpisodeSettings, had: NDArray[np.void], acted: Bools, signals: Signals
) -> Ints:
    since_ms, at_ms = had["since_ms"], signals.at_ms
    cooled_ms = since_ms + round(settings.cooldown_days * DAY_MS)
    confirm_ms = since_ms + round(settings.confirm_days * DAY_MS)
    cooling = (had["phase"] > 0) & (at_ms < cooled_ms)
    stale = (had["phase"] == Phase.LOST) & (signals.fresh_ms <= since_ms)
    holds = {
        "closed": signals.closed,
        "unmade": signals.came_back_ms < had["onset_ms"],
        "came_back": signals.came_back_ms < NEVER,
        "outlasted": signals.outlasted,
        "worse": signals.worse,
        "put_out": signals.below & acted & signals.settled,
        "below": signals.below,
        "enter": signals.enter,
        "confirmed": signals.confirmed,
        "unconfirmed": at_ms >= confirm_ms,
        "may_enter": signals.enter & ~cooling & ~signals.closed & ~stale,
    }
    before = had["phase"].astype(np.int64)
    phase = before.copy()
    undecided = np.ones(len(had), np.bool_)
    for sources, condition, target in TRANSITIONS:
        applies = undecided & holds[condition] & np.isin(before, sources)
        phase[applies] = target
        undecided &= ~applies
    return phase


def _give_slots(pool: Pool, rows: Rows, keys: NDArray[np.uint64], slot: Ints, new: Bools) -> None:
    which = np.flatnonzero(new)
    if len(which):
        heads = rows["episodes"][which]
        slot[which] = pool.add(heads, keys[which])
        rows["episodes"][which] = heads


def _next_ms(settings: EpisodeSettings, now: NDArray[np.void], signals: Signals) -> Ints:
    eased = now["phase"] == Phase.EASED
    confirm_ms = now["since_ms"] + round(settings.confirm_days * DAY_MS)
    ended = np.isin(now["phase"], ENDED) & (now["phase"] > 0)
    cooled_ms = now["since_ms"] + round(settings.cooldown_days * DAY_MS)
    held_back = ended & signals.enter & (cooled_ms > signals.at_ms)
    return np.where(eased, confirm_ms, np.where(held_back, cooled_ms, NEVER))


def forgotten_rows(pool: Pool, at_ms: int) -> Ints:
    """Return the rows that hold episodes that make no difference any more at an instant."""
    return np.unique(pool.records["row"][forgotten(pool, at_ms)])


def forgotten(pool: Pool, at_ms: int) -> Bools:
    """Return, by slot, which episodes make no difference any more at an instant."""
    forget_ms = pool.records["forget_ms"]
    return np.asarray((forget_ms > 0) & (forget_ms <= at_ms))
