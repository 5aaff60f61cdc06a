"""Ticks within a run: reports that say nothing new of dead time, only how far time has come.

Between such ticks the customers stay independent of one another, so a run of activities is folded
at once, however many ticks lie in it: for each customer the ticks are passed one by one, in their
place between the customer's own events.
"""

import numpy as np

from pipeline.units import Ints


class Ticks:
    """The ticks of a run, counted from 1; at 0 stands how the run begins. (ticks + 1,) each."""

    def __init__(self, now_ms: list[int], newest_ms: list[int], offset: list[int]) -> None:
        self.now_ms = np.array(now_ms, np.int64)
        self.newest_ms = np.array(newest_ms, np.int64)  # event of the orders feed
        self.offset = np.array(offset, np.int64)  # in the log
        # Silence is judged only as far as the feed is known to have been alive.
        self.heard_ms = np.minimum(self.now_ms, self.newest_ms)

    @property
    def last(self) -> int:
        """Return the number of the last tick."""
        return len(self.offset) - 1

    def before(self, offset: Ints) -> Ints:
        """Return how many ticks come before places in the log."""
        return np.searchsorted(self.offset[1:], offset)

    def load_due(self, due_ms: Ints, passed: Ints) -> Ints:
        """Return the first tick, of those not passed, that finds a load due."""
        return np.maximum(np.searchsorted(self.now_ms, due_ms), passed + 1)

    def silence_due(self, due_ms: Ints, passed: Ints) -> Ints:
        """Return the first tick, of those not passed, that finds a silence due."""
        return np.maximum(np.searchsorted(self.heard_ms, due_ms), passed + 1)
