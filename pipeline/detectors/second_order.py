"""Second order: a one-time buyer who does not come back.

Off by default: of most shops the larger part of one-time buyers never does, called or not, and an
order model says little of a single order. It is a matter of days, not of probability.
"""

import math
from typing import Final

import numpy as np

from pipeline.detector_settings import SecondOrderSettings
from pipeline.detectors.view import Ceases, View
from pipeline.episodes import Moves
from pipeline.kinds import SECOND_ORDER
from pipeline.orders import last_ms, repeats
from pipeline.signals import Signals
from pipeline.units import DAY_MS, NEVER, Bools, Ints, days
from pipeline.watches import Watch


class SecondOrder(Ceases):
    """The detector of second orders overdue."""

    kind: Final = SECOND_ORDER
    watch: Final = Watch.SILENCE

    def __init__(self, settings: SecondOrderSettings) -> None:
        self._settings = settings
        self._enter_ms = math.ceil(settings.days * DAY_MS)
        self._critical_ms = math.ceil(settings.critical_days * DAY_MS)

    def concerns(self, view: View) -> Bools:
        """Return who has ordered on one day only."""
        return np.asarray(repeats(view.rows) == 0)

    def signals(self, view: View) -> Signals:
        """Return the silence in days."""
        silent_ms = self._silent_ms(view)
        signals = Signals.quiet(view.at_ms)
        signals.score = days(silent_ms)
        signals.limit = np.full(len(view), self._settings.days)
        signals.enter = silent_ms >= self._enter_ms
        signals.worse = silent_ms >= self._critical_ms
        signals.came_back_ms = view.news.good_ms
        signals.fresh_ms = last_ms(view.rows)
        return signals

    def next_ms(self, view: View, signals: Signals, _moves: Moves) -> Ints:
        """Return when the silence reaches its limit, then the critical one."""
        waits = (repeats(view.rows) == 0) & ~signals.worse
        wanted_ms = np.where(signals.enter, self._critical_ms, self._enter_ms)
        since_ms = last_ms(view.rows)
        due_ms = view.feeds.orders.after(since_ms, np.where(waits, wanted_ms, 0))
        return np.where(waits, due_ms, NEVER)

    @staticmethod
    def _silent_ms(view: View) -> Ints:
        since_ms = last_ms(view.rows)
        silent_ms = view.feeds.orders.alive_ms(since_ms, np.maximum(view.at_ms, since_ms))
        return np.where(repeats(view.rows) == 0, silent_ms, 0)
