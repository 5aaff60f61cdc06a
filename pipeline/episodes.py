"""Episodes: one trouble of one customer and one kind, from raised to its outcome.

Where it goes next is in `transitions`. Levels to enter and to leave differ, a cooldown follows the
end, and an open episode is updated, never doubled.
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline import leading
from pipeline.phases import IS_ALARMED, IS_ENDED, IS_FORGETTABLE, IS_OPEN, Phase
from pipeline.plain import plain
from pipeline.pool import Pool
from pipeline.records import take_records
from pipeline.rows import Rows
from pipeline.settings import EpisodeSettings
from pipeline.signals import Signals
from pipeline.transitions import next_ms, next_phase
from pipeline.units import DAY_MS, NEVER, Bools, Ints, nonzero

_PHASE: Final = plain(Phase)


@dataclass(slots=True)
class Moves:
    """What became of the episodes of the rows judged, (n,) each."""

    moved: Bools
    told: Bools  # it is to be told: it moved, or nothing graver stands before it any more
    first: Bools  # it is told for the first time
    held: Bools  # it was kept back by the budget
    wake: Bools  # it stood before others, and does no longer: they are to be looked at
    soothed: Bools  # it is put out now
    let_down: Bools  # it has faded now, and nobody did anything, who would have been heard of
    phase: Ints
    critical: Bools
    revision: Ints
    onset_ms: Ints
    standing: Ints  # a bit for each other kind that stands alarmed
    snoozed_ms: Ints  # until then it is not to get worse
    next_ms: Ints  # when time alone could move it, NEVER if it could not

    @classmethod
    def none(cls, count: int) -> "Moves":
        """Return moves of customers without an episode."""
        return cls(
            moved=np.zeros(count, np.bool_),
            told=np.zeros(count, np.bool_),
            first=np.zeros(count, np.bool_),
            held=np.zeros(count, np.bool_),
            wake=np.zeros(count, np.bool_),
            soothed=np.zeros(count, np.bool_),
            let_down=np.zeros(count, np.bool_),
            phase=np.zeros(count, np.int64),
            critical=np.zeros(count, np.bool_),
            revision=np.zeros(count, np.int64),
            onset_ms=np.zeros(count, np.int64),
            standing=np.zeros(count, np.int64),
            snoozed_ms=np.zeros(count, np.int64),
            next_ms=np.full(count, NEVER),
        )

    @property
    def alarmed(self) -> Bools:
        """Return which episodes stand raised or escalated."""
        return IS_ALARMED[self.phase]

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
            ("snoozed_ms", "i8"),  # until then it does not get worse; 0: not snoozed
            ("row", "i4"),
            ("revision", "i4"),
            ("phase", "u1"),
            ("critical", "u1"),
            ("acted", "u1"),  # the company did something since the onset
            ("reacted", "u1"),  # that, or somebody has seen it
            ("watched", "u1"),  # by its onset reactions could be heard of
            ("told", "u1"),  # nothing graver stood before it
            ("held", "u1"),  # kept back by the budget
        ]
    )


def advance(
    settings: EpisodeSettings,
    pool: Pool,
    row: Ints,
    rows: Rows,
    kind: int,
    signals: Signals,
    *,
    reactions_are_known: bool = False,
) -> Moves:
    """Move every row's episode of a kind by what its detector says.

    Args:
        settings: of episodes.
        pool: of episodes.
        row: (n,) numbers of the rows.
        rows: (n,) rows; their references into the pool are brought up to date.
        kind: whose episodes.
        signals: (n,) what its detector says.
        reactions_are_known: whether the company would be heard of if it did anything at all.
    """
    moves = Moves.none(len(rows))
    # Most customers have no episode that stands, and no reason for one.
    some = nonzero(have(rows, kind) | signals.enter)
    if len(some):
        part = _advance(
            settings, pool, row[some], rows, some, kind, signals.take(some), reactions_are_known
        )
        for column in fields(Moves):
            getattr(moves, column.name)[some] = getattr(part, column.name)
    return moves


def _advance(
    settings: EpisodeSettings,
    pool: Pool,
    row: Ints,
    rows: Rows,
    some: Ints,
    kind: int,
    signals: Signals,
    reactions_are_known: bool,
) -> Moves:
    keys = np.full(len(some), kind, np.uint64)
    heads = rows["episodes"][some]
    slot = pool.find(heads, keys)
    had = pool.take(slot)
    signals.worse = signals.worse & (signals.at_ms >= had["snoozed_ms"])
    phase = next_phase(settings, had, signals)
    was_alarmed, alarmed = IS_ALARMED[had["phase"]], IS_ALARMED[phase]

    new = nonzero(alarmed & (slot == 0))
    if len(new):
        new_heads = heads[new]
        slot[new] = pool.add(new_heads, keys[new])
        rows["episodes"][some[new]] = new_heads
    others = leading.others(pool, rows["episodes"][some], kind, alarmed | was_alarmed)
    now = pool.take(slot)
    moved = _record(settings, had, now, phase, signals, reactions_are_known)
    now["row"] = row
    was_told = (had["told"] > 0) & ~_onset(had, phase)
    told = was_told | (alarmed & ~others.is_led & ~signals.below & ~signals.faded)
    now["told"] = told
    kept = nonzero(slot)
    pool.put(slot[kept], take_records(now, kept))
    bit = np.uint16(1 << kind)
    rows["kinds"][some] = np.where(
        IS_OPEN[phase], rows["kinds"][some] | bit, rows["kinds"][some] & ~bit
    )
    nobody = (had["watched"] > 0) & (had["reacted"] == 0) & ~signals.acted
    return Moves(
        moved=moved,
        told=told & (moved | ~was_told),
        first=told & ~was_told,
        held=now["held"] > 0,
        wake=was_told & was_alarmed & ~alarmed & (others.standing > 0),
        soothed=was_alarmed & (phase == _PHASE.EASED),
        let_down=was_alarmed & (phase == _PHASE.EXPIRED) & nobody,
        phase=phase,
        critical=now["critical"] > 0,
        revision=now["revision"].astype(np.int64),
        onset_ms=now["onset_ms"],
        standing=others.standing,
        snoozed_ms=now["snoozed_ms"],
        next_ms=next_ms(settings, now, signals),
    )


def _onset(had: NDArray[np.void], phase: Ints) -> Bools:
    return np.asarray(IS_ALARMED[phase] & IS_ENDED[had["phase"]])


def _record(
    settings: EpisodeSettings,
    had: NDArray[np.void],
    now: NDArray[np.void],
    phase: Ints,
    signals: Signals,
    reactions_are_known: bool,
) -> Bools:
    """Write what is kept of each episode from now on; return which have moved."""
    onset = _onset(had, phase)
    is_worst = signals.worse & (had["critical"] == 0) & (phase == _PHASE.ESCALATED)
    moved = (phase != had["phase"]) | is_worst
    lasting = IS_OPEN[phase] & ~onset
    now["phase"] = phase
    now["acted"] = lasting & ((had["acted"] > 0) | signals.acted)
    now["reacted"] = lasting & ((had["reacted"] > 0) | signals.acted)
    now["watched"] = np.where(onset, reactions_are_known, had["watched"])
    now["snoozed_ms"] = np.where(lasting, had["snoozed_ms"], 0)
    now["held"] = ~onset & (had["held"] > 0)
    now["onset_ms"] = np.where(onset, signals.at_ms, had["onset_ms"])
    now["since_ms"] = np.where(moved, signals.at_ms, had["since_ms"])
    now["revision"] = np.where(onset, 1, had["revision"] + moved)
    worst = signals.worse | ((had["critical"] > 0) & ~onset)
    now["critical"] = np.where(IS_ALARMED[phase], worst, had["critical"])
    cooled_ms = now["since_ms"] + round(settings.cooldown_days * DAY_MS)
    now["forget_ms"] = np.where(IS_FORGETTABLE[phase], cooled_ms, 0)
    return np.asarray(moved)


def have(rows: Rows, kind: int) -> Bools:
    """Return which rows have an open episode of a kind."""
    return np.asarray(rows["kinds"] >> np.uint16(kind) & np.uint16(1) > 0)


def alarmed_since(pool: Pool, rows: Rows, kind: int) -> Ints:
    """Return the onset of each row's alarmed episode of a kind, `NEVER` where there is none."""
    since_ms = np.full(len(rows), NEVER)
    some = nonzero(have(rows, kind))
    if len(some):
        slot = pool.find(rows["episodes"][some], np.full(len(some), kind, np.uint64))
        alarmed = IS_ALARMED[pool.records["phase"][slot]]
        since_ms[some] = np.where(alarmed, pool.records["onset_ms"][slot], NEVER)
    return since_ms


def moved_ms(pool: Pool, rows: Rows, kind: int) -> Ints:
    """Return when each row's episode of a kind last moved, 0 where there is none."""
    heads = np.where(have(rows, kind), rows["episodes"], 0)
    slot = pool.find(heads, np.full(len(rows), kind, np.uint64))
    return np.asarray(pool.records["since_ms"][slot])


def forgotten(pool: Pool, at_ms: int) -> Bools:
    """Return, by slot, which episodes make no difference any more at an instant."""
    forget_ms = pool.records["forget_ms"]
    return np.asarray((forget_ms > 0) & (forget_ms <= at_ms))
