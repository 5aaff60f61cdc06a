"""Where an episode goes next: a table; the first line that applies decides."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.phases import ALARMED, ENDED, IS_ALARMED, IS_ENDED, OPEN, Phase, mask
from pipeline.plain import plain
from pipeline.settings import EpisodeSettings
from pipeline.signals import Signals
from pipeline.units import DAY_MS, HOUR_MS, NEVER, Ints

_PHASE: Final = plain(Phase)

# from these phases, when this holds, to this phase
TRANSITIONS: Final = (
    (OPEN, "closed", Phase.LOST),
    (OPEN, "unmade", Phase.RETRACTED),
    (OPEN, "came_back", Phase.RESOLVED),
    (OPEN, "outlasted", Phase.LOST),
    ((Phase.RAISED,), "worse", Phase.ESCALATED),
    ((Phase.RAISED,), "unanswered", Phase.ESCALATED),
    (ALARMED, "put_out", Phase.EASED),
    (ALARMED, "below", Phase.EXPIRED),
    ((Phase.EASED,), "enter", Phase.RAISED),
    ((Phase.EASED,), "confirmed", Phase.RESOLVED),
    ((Phase.EASED,), "unconfirmed", Phase.EXPIRED),
    (ENDED, "may_enter", Phase.RAISED),
)
_MASKED: Final = tuple((mask(sources), when, target) for sources, when, target in TRANSITIONS)


def next_phase(
    settings: EpisodeSettings,
    had: NDArray[np.void],
    signals: Signals,
) -> Ints:
    """Return the phase of each episode by what its detector says; `had` is what is kept of it."""
    since_ms, at_ms = had["since_ms"], signals.at_ms
    acted = (had["acted"] > 0) | signals.acted
    waits = (had["watched"] > 0) & (had["reacted"] == 0) & ~signals.acted
    unanswered = waits & (at_ms >= had["snoozed_ms"])
    cooled_ms = since_ms + round(settings.cooldown_days * DAY_MS)
    confirm_ms = since_ms + round(settings.confirm_days * DAY_MS)
    cooling = (had["phase"] > 0) & (at_ms < cooled_ms)
    stale = (had["phase"] == _PHASE.LOST) & (signals.fresh_ms <= since_ms)
    holds = {
        "closed": signals.closed,
        "unmade": signals.unmade,
        "came_back": signals.came_back_ms < NEVER,
        "outlasted": signals.outlasted,
        "worse": signals.worse & (had["critical"] == 0),
        "unanswered": unanswered & (at_ms >= _answer_ms(settings, had)),
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


def _answer_ms(settings: EpisodeSettings, episode: NDArray[np.void]) -> Ints:
    """Return by when somebody should have reacted."""
    answer_ms = episode["onset_ms"] + round(settings.reaction_hours * HOUR_MS)
    return np.asarray(np.maximum(answer_ms, episode["snoozed_ms"]))


def next_ms(settings: EpisodeSettings, now: NDArray[np.void], signals: Signals) -> Ints:
    """Return when time alone could move each episode, `NEVER` where it could not."""
    eased = now["phase"] == _PHASE.EASED
    confirm_ms = now["since_ms"] + round(settings.confirm_days * DAY_MS)
    ended = IS_ENDED[now["phase"]] & (now["phase"] > 0)
    cooled_ms = now["since_ms"] + round(settings.cooldown_days * DAY_MS)
    held_back = ended & signals.enter & (cooled_ms > signals.at_ms)
    answer_ms = _answer_ms(settings, now)
    waits = (now["phase"] == _PHASE.RAISED) & (now["reacted"] == 0) & (now["watched"] > 0)
    answer_ms = np.where(waits, np.maximum(answer_ms, signals.at_ms + 1), NEVER)
    snoozed = IS_ALARMED[now["phase"]] & (signals.at_ms < now["snoozed_ms"])
    awake_ms = np.where(snoozed, now["snoozed_ms"], NEVER)
    due_ms = np.where(eased, confirm_ms, np.where(held_back, cooled_ms, NEVER))
    return np.minimum(due_ms, np.minimum(answer_ms, awake_ms))
