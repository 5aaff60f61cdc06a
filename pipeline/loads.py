"""Decaying sums: the load of each cause, and purchases, which buffer.

load_c(t) = sum of severity_i * 2^(-(t - t_i) / h_c) over the events of the cause. The sums are
kept decayed to the newest activity of any kind, so one that comes late is decayed on its way in,
and the order of arrival does not matter. Severities are stored, weights come in at reading.
"""

from typing import Final

import numpy as np

from pipeline.events import Events
from pipeline.frustration_settings import CAUSES, FrustrationSettings
from pipeline.plain import plain
from pipeline.rows import CAUSE, LOADS, PURCHASES, Rows
from pipeline.units import DAY_MS, Floats, Ints, nonzero
from pipeline.vocabulary import CAUSE_OF, MATTER, SEVERITY, Matter
from pipeline.waiting import lateness
from schemas.activity import Kind

_KIND: Final = plain(Kind)

RATING_GOOD: Final = 4.0  # of 5, from there on
SCORE_POOR: Final = 6.0  # of 10, up to there: a detractor
SCORE_PROMOTER: Final = 9.0  # of 10, from there on

_CLOSED_LATE: Final = np.zeros(len(Matter), np.int64)
_CLOSED_LATE[Matter.ORDER] = CAUSE["delivery"]
_CLOSED_LATE[Matter.TICKET] = CAUSE["service"]
_CLOSED_LATE[Matter.PROMISE] = CAUSE["promise"]


def half_lives(settings: FrustrationSettings) -> Floats:
    """Return (LOADS,) half-lives in days."""
    of_causes = [getattr(settings.half_lives_days, name) for name in CAUSES]
    return np.array([*of_causes, settings.purchase_half_life_days])


def weights(settings: FrustrationSettings) -> Floats:
    """Return (causes,) weights in log-odds."""
    return np.array([getattr(settings.weights, name) for name in CAUSES])


def decayed(rows: Rows, half_life_days: Floats, at_ms: Ints, *, back: bool = False) -> Floats:
    """Return (rows, LOADS) sums as they stand at an instant.

    With `back`, those that were before the newest activity, at most: what came since is taken to
    have been there already.
    """
    age_ms = at_ms - rows["touched_ms"]
    if not back:
        age_ms = np.maximum(age_ms, 0)
    return rows["loads"] * _fade(age_ms, half_life_days)


def add(rows: Rows, half_life_days: Floats, at_ms: Ints, severity: Floats) -> None:
    """Add (rows, LOADS) severities of one event per row, dated `at_ms`."""
    newest_ms = np.maximum(rows["touched_ms"], at_ms)
    severity = severity * _fade(newest_ms - at_ms, half_life_days)
    rows["loads"] = decayed(rows, half_life_days, newest_ms) + severity
    rows["touched_ms"] = newest_ms


def _fade(age_ms: Ints, half_life_days: Floats) -> Floats:
    """Return (n, LOADS) what is left of loads of an age; of no age, which is common, all."""
    left = np.ones((len(age_ms), len(half_life_days)))
    aged = nonzero(age_ms)
    if len(aged):
        left[aged] = np.exp2(-(age_ms[aged, None] / DAY_MS) / half_life_days)
    return left


def severities(settings: FrustrationSettings, events: Events, late_days: Floats) -> Floats:
    """Return (events, LOADS): what each event adds, purchases left at 0.

    Args:
        settings: for the scales.
        events: one activity each.
        late_days: (events,) how late a matter was that the event closes.
    """
    severity = np.zeros((len(events), LOADS))
    every = np.arange(len(events))
    severity[every, CAUSE_OF[events.kind]] = SEVERITY[events.kind]
    closed = _CLOSED_LATE[MATTER[events.kind]]
    severity[every, closed] += lateness(late_days, settings.late_days_scale)
    queued = np.maximum(np.nan_to_num(events.waited_seconds) - settings.queue_seconds_free, 0.0)
    severity[:, CAUSE["waiting"]] += -np.expm1(-queued / settings.queue_seconds_scale)
    severity[:, CAUSE["service"]] += _disappointment(events)
    return severity


def with_purchases(severity: Floats, counted: Floats) -> Floats:
    """Return the severities with the purchases set."""
    severity[:, PURCHASES] = counted
    return severity


def _disappointment(events: Events) -> Floats:
    """Return the severity of a poor rating (1: full, 2: mild) or survey answer (mild)."""
    rated = (events.kind == _KIND.TICKET_RATED) & (events.rating <= 2)
    poor = (events.kind == _KIND.SURVEY_ANSWERED) & (events.rating <= SCORE_POOR)
    return np.where(rated, np.where(events.rating <= 1, 1.0, 0.5), np.where(poor, 0.5, 0.0))
