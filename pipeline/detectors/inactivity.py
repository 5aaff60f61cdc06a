"""Inactivity: when a customer has been quiet for too long, her feed being alive.

By probability: the level on the churn probability and a personal floor of silence, so that nobody
is called the day after buying. It may fall as well as rise, so it is looked at on whole days of
silence. By the order model alone, and by hiatus (so many days, whoever it is), a score only rises
with silence, so each crossing is found beforehand, to the millisecond. Only repeat buyers are
judged: whether a first order is ever followed by a second is another question.
"""

import math
from typing import Final

import numpy as np

from pipeline import episodes
from pipeline.detectors.view import Ceases, View
from pipeline.episodes import Moves
from pipeline.inactivity_settings import InactivityRule, InactivitySettings
from pipeline.kinds import INACTIVITY
from pipeline.order_model import OrderModel, silence_reaching
from pipeline.orders import last_ms, repeats, span_days
from pipeline.phases import Phase
from pipeline.plain import plain
from pipeline.prospects import Prospects
from pipeline.records import take_records
from pipeline.rows import Rows
from pipeline.signals import Signals
from pipeline.units import DAY_MS, NEVER, Bools, Floats, Ints, days, nonzero
from pipeline.watches import Watch

_PHASE: Final = plain(Phase)

_HIATUS: Final = InactivityRule.HIATUS
_OFF: Final = InactivityRule.OFF


class Inactivity(Ceases):
    """The detector of silence."""

    kind: Final = INACTIVITY
    watch: Final = Watch.SILENCE

    def __init__(
        self, settings: InactivitySettings, model: OrderModel, prospects: Prospects
    ) -> None:
        self.settings = settings
        self._model = model
        self._prospects = prospects

    def concerns(self, view: View) -> Bools:
        """Return who has ordered on two days or more."""
        return np.asarray((repeats(view.rows) >= 1) & (self.settings.rule is not _OFF))

    def floor_ms(self, rows: Rows) -> Ints:
        """Return the silence below which nobody is alarmed: two gaps of one's own, shrunk."""
        if self.settings.rule is _HIATUS:
            return np.full(len(rows), math.ceil(self.settings.hiatus_days * DAY_MS))
        gaps = self.settings.floor_gaps
        usual_days = (span_days(rows) + gaps * self.settings.floor_prior_gap_days) / (
            np.maximum(repeats(rows), 0) + gaps
        )
        floor_days = np.maximum(self.settings.floor_days_min, usual_days)
        return np.asarray(np.ceil(floor_days * DAY_MS), np.int64)

    def signals(self, view: View) -> Signals:
        """Return the probability, or the days of silence under the hiatus."""
        rows, rule = view.rows, self.settings.rule
        silent_ms = self._silent_ms(view)
        signals = Signals.quiet(view.at_ms)
        signals.came_back_ms = view.news.good_ms
        signals.fresh_ms = last_ms(rows)
        floor_ms = self.floor_ms(rows)
        long_enough = _judged(rows) & (silent_ms >= floor_ms)
        if rule is _HIATUS:
            signals.score = days(silent_ms)
            signals.limit = np.full(len(rows), self.settings.hiatus_days)
            signals.enter = long_enough
            signals.worse = long_enough & (signals.score >= self.settings.hiatus_critical_days)
            return signals
        if rule is InactivityRule.PROBABILITY:
            long_enough &= _on_grid(view, silent_ms, floor_ms)
        signals.limit = np.full(len(rows), self.settings.level)
        told = nonzero(long_enough | episodes.have(rows, INACTIVITY))
        if len(told):
            signals.score[told] = self._probability(view, told, silent_ms)
        signals.enter = long_enough & (signals.score >= self.settings.level)
        signals.worse = long_enough & (signals.score >= self.settings.critical_level)
        return signals

    def next_ms(self, view: View, signals: Signals, moves: Moves) -> Ints:
        """Return the earliest instant at which silence could reach a limit.

        First the floor, at which the probability is looked at; then by the order model, which
        only rises, the exact crossings, by the churn model every whole day of silence.
        """
        rows, at_ms, liveness = view.rows, view.at_ms, view.feeds.orders
        since_ms, silent_ms = last_ms(rows), self._silent_ms(view)
        needed_ms = self.floor_ms(rows)
        done = signals.worse | (moves.alarmed & moves.critical)
        at_floor = nonzero((silent_ms >= needed_ms) & ~done)
        if len(at_floor):
            needed_ms[at_floor] = self._reaching(
                take_records(rows, at_floor),
                needed_ms[at_floor],
                silent_ms[at_floor],
                signals.enter[at_floor],
            )
        reachable = _judged(rows) & ~done & (needed_ms < NEVER)
        reachable &= (moves.phase != _PHASE.LOST) | (since_ms > moves.onset_ms)
        due_ms = liveness.after(since_ms, np.where(reachable, needed_ms, 0))
        return np.where(reachable, np.maximum(due_ms, at_ms + 1), NEVER)

    def _probability(self, view: View, which: Ints, silent_ms: Ints) -> Floats:
        rows = take_records(view.rows, which)
        at_ms, known_ms = view.at_ms[which], view.known_ms(view.at_ms)
        open_now = self._prospects.open_now(view.pools.items, rows, at_ms, known_ms[which])
        p = self._prospects.probability(rows, silent_ms[which], at_ms, open_now)
        return np.nan_to_num(p)

    def _reaching(self, rows: Rows, floor_ms: Ints, silent_ms: Ints, entered: Bools) -> Ints:
        if self.settings.rule is _HIATUS:
            critical_ms = math.ceil(self.settings.hiatus_critical_days * DAY_MS)
            return np.full(len(rows), critical_ms)
        if self.settings.rule is InactivityRule.PROBABILITY:
            return (silent_ms // DAY_MS + 1) * DAY_MS
        return silence_reaching(
            self._model,
            repeats(rows),
            span_days(rows),
            level=np.where(entered, self.settings.critical_level, self.settings.level),
            horizon_days=self.settings.horizon_days,
            silence_ms_min=floor_ms,
        )

    @staticmethod
    def _silent_ms(view: View) -> Ints:
        since_ms = last_ms(view.rows)
        silent_ms = view.feeds.orders.alive_ms(since_ms, np.maximum(view.at_ms, since_ms))
        return np.where(repeats(view.rows) >= 0, silent_ms, 0)


def _judged(rows: Rows) -> Bools:
    return np.asarray((repeats(rows) >= 1) & (rows["closed"] == 0))


def _on_grid(view: View, silent_ms: Ints, floor_ms: Ints) -> Bools:
    """Return for whom it is time to look: a score that may fall has no crossing of its own."""
    event = view.news.at_ms < NEVER
    return np.asarray(event | (silent_ms % DAY_MS == 0) | (silent_ms == floor_ms))
