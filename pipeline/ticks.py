"""Ticks within a run: reports that say nothing new of dead time, only how far time has come.

Between such ticks the customers stay independent of one another, so a run of activities is folded
at once, however many ticks lie in it: for each customer the ticks are passed one by one, in their
place between the customer's own events.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from pipeline.units import NEVER, Ints


class Ticks:
    """The ticks of a run, counted from 1; at 0 stands how the run begins. (ticks + 1,) each."""

    def __init__(
        self,
        now_ms: Sequence[int] | Ints,
        newest_ms: Sequence[int] | Ints,
        offset: Sequence[int] | Ints,
    ) -> None:
        self.now_ms = np.array(now_ms, np.int64)
        self.newest_ms = np.array(newest_ms, np.int64)  # event of the orders feed
        self.offset = np.array(offset, np.int64)  # in the log
        # Silence is judged only as far as the feed is known to have been alive.
        self.heard_ms = np.minimum(self.now_ms, self.newest_ms)

    @property
    def last(self) -> int:
        """Return the number of the last tick."""
        return len(self.offset) - 1

    def part(self, first: int, last: int) -> "Ticks":
        """Return the ticks after `first` up to `last`."""
        some = slice(first, last + 1)
        return Ticks(self.now_ms[some], self.newest_ms[some], self.offset[some])

    def before(self, offset: Ints) -> Ints:
        """Return how many ticks come before places in the log."""
        return np.searchsorted(self.offset[1:], offset)

    def turns(self, load_ms: Ints, silence_ms: Ints, pending: "Pending") -> tuple[Ints, Ints]:
        """Return by which turn of each customer load and silence are due, given when.

        The turns are the ticks not passed, then, numbered after the last of these, its event's.
        """
        own = pending.until + 1
        load = np.maximum(np.searchsorted(self.now_ms, load_ms), pending.passed + 1)
        load_own = np.where(load_ms <= pending.load_ms, own, NEVER)
        silence = np.maximum(np.searchsorted(self.heard_ms, silence_ms), pending.passed + 1)
        silence_own = np.where(silence_ms <= pending.silence_ms, own, NEVER)
        return np.where(load < own, load, load_own), np.where(silence < own, silence, silence_own)

    def offsets(self, turn: Ints, pending: "Pending") -> Ints:
        """Return the places in the log of turns."""
        of_tick = self.offset[np.minimum(turn, self.last)]
        return np.where(turn > pending.until, pending.offset, of_tick)


@dataclass(slots=True)
class Pending:
    """Customers to settle: by the ticks after `passed` up to `until`, then before an event."""

    row: Ints
    passed: Ints
    until: Ints
    load_ms: Ints  # how far the event lets loads be judged, -1 for not at all
    silence_ms: Ints  # likewise silence
    offset: Ints  # of the event, in the log

    @classmethod
    def ticks_only(cls, row: Ints, passed: Ints, until: Ints | int) -> "Pending":
        """Return customers without an event."""
        none = np.full(len(row), -1)
        return cls(row, passed, np.full(len(row), until), none, none, none)

    def take(self, which: Ints) -> "Pending":
        """Return some of them."""
        return Pending(*(getattr(self, field.name)[which] for field in fields(self)))
