"""Remorse: trouble between the first order and its delivery, with nothing else to judge by.

A newcomer endures far less than a regular customer, so the limit is a load of its own, whatever
was bought. It ends when the load fades, or with the stage.
"""

from typing import Final

import numpy as np

from pipeline.detector_settings import RemorseSettings
from pipeline.detectors.view import Ceases, View
from pipeline.episodes import Moves
from pipeline.frustration_settings import FrustrationSettings
from pipeline.kinds import REMORSE
from pipeline.loads import half_lives
from pipeline.plain import plain
from pipeline.rows import PURCHASES
from pipeline.signals import Signals
from pipeline.stages import Stage
from pipeline.units import DAY_MS, NEVER, Bools, Ints
from pipeline.watches import Watch

_STAGE: Final = plain(Stage)


class Remorse(Ceases):
    """The detector of trouble in admit and affirm."""

    kind: Final = REMORSE
    watch: Final = Watch.LOAD

    def __init__(self, settings: RemorseSettings, frustration: FrustrationSettings) -> None:
        self._settings = settings
        self._exit_ratio = frustration.exit_ratio
        self._half_life_days_min = float(half_lives(frustration)[:PURCHASES].min())

    def concerns(self, view: View) -> Bools:
        """Return who is in admit or affirm, and carries enough or waits for something."""
        waits = view.load.overdue.step_ms < NEVER
        return _is_early(view) & ((view.load.load >= self._settings.load) | waits)

    def signals(self, view: View) -> Signals:
        """Return the load, in log-odds of leaving."""
        early, load = _is_early(view), view.load.load
        signals = Signals.quiet(view.at_ms)
        signals.score = load
        signals.limit = np.full(len(view), self._settings.load)
        signals.enter = early & (load >= self._settings.load)
        signals.worse = early & (load >= self._settings.critical_load)
        # With no event a load is looked at once a day, so that it fades by the same grid, however
        # often somebody looks.
        on_grid = (view.news.at_ms < NEVER) | (view.at_ms % DAY_MS == 0)
        signals.faded = load < self._settings.load * self._exit_ratio
        signals.below = ~early | (on_grid & signals.faded)
        signals.settled = np.asarray(~view.load.overdue.severity.any(axis=1))
        signals.details = {"parts": view.load.parts}
        return signals

    def next_ms(self, view: View, _signals: Signals, moves: Moves) -> Ints:
        """Return the next step of waiting; an alarm is looked at once a day of event time."""
        early = _is_early(view)
        # Loads fade no faster than by the shortest half-life, so until then nobody need look.
        ratio = view.load.load / (self._settings.load * self._exit_ratio)
        days = np.maximum(np.log2(np.maximum(ratio, 1.0)) * self._half_life_days_min, 0.0)
        soonest_ms = view.at_ms + (days * DAY_MS).astype(np.int64)
        daily_ms = np.where(moves.alarmed, (soonest_ms // DAY_MS + 1) * DAY_MS, NEVER)
        return np.minimum(np.where(early, view.load.overdue.step_ms, NEVER), daily_ms)


def _is_early(view: View) -> Bools:
    stage = view.rows["stage"]
    return np.asarray((stage == _STAGE.ADMIT) | (stage == _STAGE.AFFIRM))
