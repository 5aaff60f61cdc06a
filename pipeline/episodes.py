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


def _mask(phases: tuple[Phase, ...]) -> Bools:
    mask = np.zeros(len(Phase), np.bool_)
    mask[list(phases)] = True
    return mask


_IS_ALARMED: Final = _mask(ALARMED)
_IS_OPEN: Final = _mask(OPEN)
_IS_ENDED: Final = _mask(ENDED)
_IS_FORGETTABLE: Final = _mask(FORGETTABLE)
_MASKED: Final = tuple((_mask(sources), when, target) for sources, when, target in TRANSITIONS)


@dataclass(slots=True)
class Moves:
    """What became of the episodes of the rows judged, (n,) each."""

    moved: Bools
    phase: Ints
    critical: Bools
    revision: Ints
    onset_ms: Ints
    next_ms: Ints  # when time alone could move it, NEVER if it could not

    @classmethod
    def none(cls, count: int) -> "Moves":
        """Return moves of customers without an episode."""
        zeros = [np.zeros(count, np.int64) for _ in range(3)]
        no = np.zeros(count, np.bool_)
        return cls(no, zeros[0], no.copy(), zeros[1], zeros[2], np.full(count, NEVER))

    @property
    def alarmed(self) -> Bools:
        """Return which episodes stand raised or escalated."""
        return _IS_ALARMED[self.phase]

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
    moves = Moves.none(len(rows))
    # Most customers have no episode and no reason for one.
    some = np.flatnonzero((rows["episodes"] > 0) | signals.enter)
    if len(some):
        part = _advance(settings, pool, row[some], rows, some, kind, signals.take(some))
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
) -> Moves:
    keys = np.full(len(some), kind, np.uint64)
    heads = rows["episodes"][some]
    slot = pool.find(heads, keys)
    had = pool.records[slot]
    acted = (had["acted"] > 0) | signals.acted
    phase = _next_phase(settings, had, acted, signals)
    alarmed = _IS_ALARMED[phase]
    onset = alarmed & _IS_ENDED[had["phase"]]

    new = np.flatnonzero(onset & (slot == 0))
    if len(new):
        new_heads = heads[new]
        slot[new] = pool.add(new_heads, keys[new])
        rows["episodes"][some[new]] = new_heads
    now = pool.records[slot]
    moved = phase != had["phase"]
    now["phase"] = phase
    now["acted"] = ~onset & acted & _IS_OPEN[phase]
    now["onset_ms"] = np.where(onset, signals.at_ms, had["onset_ms"])
    now["since_ms"] = np.where(moved, signals.at_ms, had["since_ms"])
    now["revision"] = np.where(onset, 1, had["revision"] + moved)
    worst = signals.worse | ((had["critical"] > 0) & ~onset)
    now["critical"] = np.where(alarmed, worst, had["critical"])
    cooled_ms = now["since_ms"] + round(settings.cooldown_days * DAY_MS)
    now["forget_ms"] = np.where(_IS_FORGETTABLE[phase], cooled_ms, 0)
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
    since_ms = np.full(len(rows), NEVER)
    some = np.flatnonzero(rows["episodes"])
    if len(some):
        slot = pool.find(rows["episodes"][some], np.full(len(some), kind, np.uint64))
        had = pool.records[slot]
        since_ms[some] = np.where(_IS_ALARMED[had["phase"]], had["onset_ms"], NEVER)
    return since_ms


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
        "worse": signals.worse & (had["critical"] == 0),
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
    for sources, condition, target in _MASKED:
        applies = undecided & holds[condition] & sources[before]
        phase[applies] = target
        undecided &= ~applies
    return phase


def _next_ms(settings: EpisodeSettings, now: NDArray[np.void], signals: Signals) -> Ints:
    eased = now["phase"] == Phase.EASED
    confirm_ms = now["since_ms"] + round(settings.confirm_days * DAY_MS)
    ended = _IS_ENDED[now["phase"]] & (now["phase"] > 0)
    cooled_ms = now["since_ms"] + round(settings.cooldown_days * DAY_MS)
    held_back = ended & signals.enter & (cooled_ms > signals.at_ms)
    return np.where(eased, confirm_ms, np.where(held_back, cooled_ms, NEVER))


def forgotten(pool: Pool, at_ms: int) -> Bools:
    """Return, by slot, which episodes make no difference any more at an instant."""
    forget_ms = pool.records["forget_ms"]
    return np.asarray((forget_ms > 0) & (forget_ms <= at_ms))
