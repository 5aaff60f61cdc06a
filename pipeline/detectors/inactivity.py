"""Inactivity: when a customer has been quiet for too long, her feed being alive.

By probability: the level on P(no order within the horizon) and a personal floor of silence, so
that nobody is called the day after buying. By hiatus: so many days, whoever it is. Only repeat
buyers are judged: whether a first order is ever followed by a second is another question. Both
rules only rise with silence, so each crossing is found beforehand, to the millisecond.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.detectors.view import Ceases, View
from pipeline.episodes import Moves
from pipeline.kinds import INACTIVITY
from pipeline.liveness import Stretches
from pipeline.order_model import OrderModel, silence_probability, silence_reaching
from pipeline.orders import last_ms, repeats, span_days
from pipeline.rows import Rows
from pipeline.settings import InactivityRule, InactivitySettings
from pipeline.signals import Signals
from pipeline.units import DAY_MS, NEVER, Bools, Floats, Ints, days
from pipeline.watches import Watch

_RULES: Final = (InactivityRule.PROBABILITY, InactivityRule.HIATUS)


@dataclass(slots=True)
class Silence:
    """How silent customers are at an instant, (n,) each."""

    ms: Ints  # dead time of the feed left out
    probability: Floats  # of no order within the horizon; NaN for who never ordered
    judged: Bools


class Inactivity(Ceases):
    """The detector of silence."""

    kind: Final = INACTIVITY
    watch: Final = Watch.SILENCE

    def __init__(self, settings: InactivitySettings, model: OrderModel) -> None:
        self.settings = settings
        self._model = model
        self.horizon_ms = round(settings.horizon_days * DAY_MS)

    def concerns(self, view: View) -> Bools:
        """Return who has ordered on two days or more."""
        return np.asarray(repeats(view.rows) >= 1)

    def read(self, liveness: Stretches, rows: Rows, at_ms: Ints) -> Silence:
        """Return the silence of rows at an instant."""
        x = repeats(rows)
        since_ms = last_ms(rows)
        silent_ms = np.where(x >= 0, liveness.alive_ms(since_ms, np.maximum(at_ms, since_ms)), 0)
        judged = (x >= 1) & (rows["closed"] == 0) & (self.settings.rule in _RULES)
        return Silence(silent_ms, self.probability(rows, silent_ms), judged)

    def probability(self, rows: Rows, silent_ms: Ints) -> Floats:
        """Return P(no order within the horizon) after a silence; NaN for who never ordered."""
        x = repeats(rows)
        p = silence_probability(
            self._model,
            np.maximum(x, 0),
            np.where(x >= 0, span_days(rows), 0),
            days(silent_ms),
            self.settings.horizon_days,
        )
        return np.where(x >= 0, p, np.nan)

    def floor_ms(self, rows: Rows) -> Ints:
        """Return the silence below which nobody is alarmed: two gaps of one's own, shrunk."""
        if self.settings.rule is InactivityRule.HIATUS:
            return np.full(len(rows), math.ceil(self.settings.hiatus_days * DAY_MS))
        gaps = self.settings.floor_gaps
        usual_days = (span_days(rows) + gaps * self.settings.floor_prior_gap_days) / (
            np.maximum(repeats(rows), 0) + gaps
        )
        floor_days = np.maximum(self.settings.floor_days_min, usual_days)
        return np.asarray(np.ceil(floor_days * DAY_MS), np.int64)

    def signals(self, view: View) -> Signals:
        """Return the probability, or the days of silence under the hiatus."""
        rows = view.rows
        silence = self.read(view.feeds.orders, rows, view.at_ms)
        signals = Signals.quiet(view.at_ms)
        signals.came_back_ms = view.news.good_ms
        long_enough = silence.judged & (silence.ms >= self.floor_ms(rows))
        if self.settings.rule is InactivityRule.HIATUS:
            signals.score = days(silence.ms)
            signals.limit = np.full(len(rows), self.settings.hiatus_days)
            signals.enter = long_enough
            signals.worse = long_enough & (signals.score >= self.settings.hiatus_critical_days)
        else:
            signals.score = np.nan_to_num(silence.probability)
            signals.limit = np.full(len(rows), self.settings.level)
            signals.enter = long_enough & (silence.probability >= self.settings.level)
            signals.worse = long_enough & (silence.probability >= self.settings.critical_level)
        signals.fresh_ms = last_ms(rows)
        return signals

    def next_ms(self, view: View, signals: Signals, _moves: Moves) -> Ints:
        """Return the earliest instant after `at_ms` at which silence could reach a limit.

        First the floor, at which the probability is looked at; then the exact crossing of the
        level, then that of the critical level.
        """
        rows, at_ms, liveness = view.rows, view.at_ms, view.feeds.orders
        since_ms = last_ms(rows)
        silent_ms = liveness.alive_ms(since_ms, np.maximum(at_ms, since_ms))
        needed_ms = self.floor_ms(rows)
        at_floor = np.flatnonzero((silent_ms >= needed_ms) & ~signals.worse)
        if len(at_floor):
            needed_ms[at_floor] = self._reaching(
                rows[at_floor], needed_ms[at_floor], signals.enter[at_floor]
            )
        judged = (repeats(rows) >= 1) & (rows["closed"] == 0) & (self.settings.rule in _RULES)
        reachable = judged & ~signals.worse & (needed_ms < NEVER)
        due_ms = liveness.after(since_ms, np.where(reachable, needed_ms, 0))
        return np.where(reachable, np.maximum(due_ms, at_ms + 1), NEVER)

    def _reaching(self, rows: Rows, floor_ms: Ints, entered: Bools) -> Ints:
        if self.settings.rule is InactivityRule.HIATUS:
            critical_ms = math.ceil(self.settings.hiatus_critical_days * DAY_MS)
            return np.full(len(rows), critical_ms)
        return silence_reaching(
            self._model,
            repeats(rows),
            span_days(rows),
            level=np.where(entered, self.settings.critical_level, self.settings.level),
            horizon_days=self.settings.horizon_days,
            silence_ms_min=floor_ms,
        )
