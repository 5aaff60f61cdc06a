"""Stalled: a stage of the first hundred days takes too long.

Within its days a customer is on track, beyond them behind, and beyond `stuck_ratio` times as many
stuck. Days are those of the calendar: a week without orders does not matter to a stage of a month.
Which stages are judged is for the settings: a company that reports neither deliveries nor
follow-ups has no affirm stage to be stalled in.
"""

from typing import Final

import numpy as np

from pipeline.detector_settings import StalledSettings
from pipeline.detectors.view import Care, View
from pipeline.episodes import Moves
from pipeline.kinds import STALLED
from pipeline.orders import first_day, last_ms
from pipeline.plain import plain
from pipeline.rows import Rows
from pipeline.settings import StageSettings
from pipeline.signals import Signals
from pipeline.stages import Stage
from pipeline.units import DAY_MS, NEVER, Bools, Ints, days
from pipeline.waiting import Overdue
from pipeline.watches import Watch

_STAGE: Final = plain(Stage)


class Stalled(Care):
    """The detector of beginnings that do not go on."""

    kind: Final = STALLED
    watch: Final = Watch.CARE

    def __init__(self, settings: StalledSettings, stages: StageSettings) -> None:
        self._settings = settings
        self._admit_ms = round(stages.admit_days * DAY_MS)
        self._activate_ms = round(stages.activate_days * DAY_MS)
        self._first_ms = round(settings.first_days * DAY_MS)
        self._limit_ms = np.zeros(len(Stage) + 1, np.int64)
        for stages_of, limit_days in (
            ((_STAGE.ADMIT, _STAGE.AFFIRM), settings.affirm_days),
            ((_STAGE.ACTIVATE, _STAGE.ACCLIMATE), settings.acclimate_days),
            ((_STAGE.ACCOMPLISH,), settings.accomplish_days),
        ):
            self._limit_ms[list(stages_of)] = round(limit_days * DAY_MS)

    def concerns(self, view: View) -> Bools:
        """Return who is in the first hundred days, in a stage that is judged."""
        limited = self._limit_ms[view.rows["stage"]] > 0
        return np.asarray(limited & (view.at_ms <= self._end_ms(view)))

    def signals(self, view: View) -> Signals:
        """Return how long the stage has taken, in days."""
        taken_ms = np.maximum(view.at_ms - self._since_ms(view), 0)
        limit_ms = self._limit_ms[view.rows["stage"]]
        judged = (limit_ms > 0) & (view.at_ms <= self._end_ms(view))
        signals = Signals.quiet(view.at_ms)
        signals.score = np.where(judged, days(taken_ms), 0.0)
        signals.limit = np.where(judged, days(limit_ms), 1.0)
        signals.enter = judged & (taken_ms >= limit_ms)
        signals.worse = judged & (taken_ms >= limit_ms * self._settings.stuck_ratio)
        signals.below = ~signals.enter
        signals.settled = ~signals.enter
        signals.came_back_ms = view.news.good_ms
        signals.fresh_ms = self._since_ms(view)
        return signals

    def next_ms(self, view: View, signals: Signals, moves: Moves) -> Ints:
        """Return when the stage is overdue, then stuck; an alarm ends with the hundred days."""
        limit_ms = self._limit_ms[view.rows["stage"]]
        stuck_ms = np.ceil(limit_ms * self._settings.stuck_ratio).astype(np.int64)
        since_ms, end_ms = self._since_ms(view), self._end_ms(view)
        waits = (limit_ms > 0) & ~signals.worse & (view.at_ms <= end_ms)
        wanted_ms = np.where(signals.enter, stuck_ms, limit_ms)
        reached_ms = np.where(waits, since_ms + wanted_ms, NEVER)
        over_ms = np.where(moves.alarmed & (view.at_ms <= end_ms), end_ms + 1, NEVER)
        return np.minimum(reached_ms, over_ms)

    def soonest_ms(self, rows: Rows, _waits: Overdue, at_ms: Ints, /) -> Ints:
        """Return when the stage will be overdue."""
        limit_ms = self._limit_ms[rows["stage"]]
        judged = (limit_ms > 0) & (at_ms <= self._last_ms(rows))
        return np.where(judged, self._began_ms(rows) + limit_ms, NEVER)

    def _since_ms(self, view: View) -> Ints:
        return self._began_ms(view.rows)

    def _began_ms(self, rows: Rows) -> Ints:
        stage = rows["stage"]
        admitted = (stage == _STAGE.ADMIT) | (stage == _STAGE.AFFIRM)
        entered_ms = rows["stage_ms"] + np.where(stage == _STAGE.ACTIVATE, self._activate_ms, 0)
        return np.where(admitted, last_ms(rows) + self._admit_ms, entered_ms)

    def _end_ms(self, view: View) -> Ints:
        return self._last_ms(view.rows)

    def _last_ms(self, rows: Rows) -> Ints:
        return first_day(rows) * DAY_MS + self._first_ms
