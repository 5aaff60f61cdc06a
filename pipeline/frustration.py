"""Frustration: the load a customer carries, against what she can endure.

Load is in log-odds of leaving: decayed events and open matters overdue, by cause. Endurance is
base x stage x (1 + buffer x ln(1 + n)), n the purchases, decayed. The direction of each term is
published (Knox & van Oest 2014), the sizes are settings. Between instants known beforehand the
load only falls against endurance, so a crossing upwards can only come at one of those.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.loads import decayed, half_lives, weights
from pipeline.pool import Pool
from pipeline.rows import PURCHASES, Rows
from pipeline.settings import CAUSES, FrustrationSettings
from pipeline.signals import Signals
from pipeline.stages import factors
from pipeline.units import DAY_MS, NEVER, Bools, Floats, Ints
from pipeline.waiting import overdue

_FADED_MS: Final = 20 * 365 * DAY_MS


@dataclass(slots=True)
class Reading:
    """What customers carry and can carry at an instant, (n, ...) each."""

    parts: Floats  # (n, causes): they sum to the load
    load: Floats
    endurance: Floats
    overdue: Floats  # (n, causes): the severities that stand open
    change_ms: Ints  # when something open weighs more next


class Frustration:
    """The detector of load against endurance."""

    def __init__(self, settings: FrustrationSettings) -> None:
        self.settings = settings
        self.half_life_days = half_lives(settings)
        self._weights = weights(settings)
        self._factors = factors(settings)

    def read(self, items: Pool, rows: Rows, at_ms: Ints) -> Reading:
        """Return load and endurance of rows at an instant."""
        open_now, change_ms = overdue(self.settings, items, rows, at_ms)
        parts, load, endurance = self._weigh(rows, at_ms, open_now)
        return Reading(parts, load, endurance, open_now, change_ms)

    def signals(self, reading: Reading, at_ms: Ints) -> Signals:
        """Return what the episode machine needs to know; events add what they bring."""
        signals = Signals.quiet(at_ms)
        signals.score = reading.load
        signals.limit = reading.endurance * self.settings.enter_ratio
        signals.enter = reading.load >= signals.limit
        signals.worse = reading.load >= reading.endurance * self.settings.critical_ratio
        signals.below = reading.load < reading.endurance * self.settings.exit_ratio
        signals.settled = np.asarray(~reading.overdue.any(axis=1))
        return signals

    def fading_ms(self, rows: Rows, at_ms: Ints, reading: Reading, until_ms: Ints) -> Ints:
        """Return the first instant at which the load is below the exit level.

        Searched by bisection up to `until_ms`, as the load over endurance only falls until then;
        `NEVER` where it does not get there.
        """
        low, high = at_ms.copy(), np.minimum(until_ms, at_ms + _FADED_MS)
        reached = self._below(rows, high, reading.overdue)
        while (open_ := reached & (high - low > 1)).any():
            middle = np.where(open_, low + (high - low) // 2, high)
            below = self._below(rows, middle, reading.overdue)
            high = np.where(open_ & below, middle, high)
            low = np.where(open_ & ~below, middle, low)
        return np.where(reached, high, NEVER)

    def _below(self, rows: Rows, at_ms: Ints, open_now: Floats) -> Bools:
        _, load, endurance = self._weigh(rows, at_ms, open_now)
        return np.asarray(load < endurance * self.settings.exit_ratio)

    def _weigh(self, rows: Rows, at_ms: Ints, open_now: Floats) -> tuple[Floats, Floats, Floats]:
        sums = decayed(rows, self.half_life_days, at_ms)
        parts = (sums[:, :PURCHASES] + open_now) * self._weights
        # Added one by one, so that a row's sum does not depend on how many rows there are.
        load = np.zeros(len(rows))
        for cause in range(len(CAUSES)):
            load += parts[:, cause]
        # A purchase taken back leaves a rounding error, which may be below 0.
        purchases = np.maximum(sums[:, PURCHASES], 0.0)
        buffer = 1.0 + self.settings.purchase_buffer * np.log1p(purchases)
        endurance = self.settings.base * self._factors[rows["stage"]] * buffer
        return parts, load, endurance
