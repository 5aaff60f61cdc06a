"""Ticks within a run: reports that say nothing new of dead time, only how far time has come.

Between such ticks the customers stay independent of one another, so a run of activities is folded
at once, however many ticks lie in it: for each customer the ticks are passed one by one, in their
place between the customer's own events.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from pipeline.feeds import Heard
from pipeline.units import NEVER, Ints
from pipeline.watches import Watch


class Reached(NamedTuple):
    """How far time has come."""

    now_ms: int  # by the clock
    orders_ms: int  # newest event of the orders feed
    all_ms: int  # as far as every feed heard of is known to have been alive


class Ticks:
    """The ticks of a run, counted from 1; at 0 stands how the run begins. (ticks + 1,) each."""

    def __init__(self, reached: Ints, offset: Ints, heard: Heard) -> None:
        self.reached, self.offset = reached, offset  # the offset is that in the log
        self.now_ms, self.newest_ms, all_ms = reached.T
        # By watch: silence is judged only as far as its feed is known to have been alive.
        self.reach_ms = [
            self.now_ms,
            np.minimum(self.now_ms, self.newest_ms),
            np.minimum(self.now_ms, all_ms),
        ]
        self.heard = heard

    @classmethod
    def of(cls, reached: Sequence[Reached], offset: Sequence[int], heard: Heard) -> "Ticks":
        """Return ticks by how far time had come at each; the first stands for the beginning."""
        return cls(np.array(reached, np.int64), np.array(offset, np.int64), heard)

    @property
    def last(self) -> int:
        """Return the number of the last tick."""
        return len(self.offset) - 1

    def part(self, first: int, last: int) -> "Ticks":
        """Return the ticks after `first` up to `last`."""
        some = slice(first, last + 1)
        return Ticks(self.reached[some], self.offset[some], self.heard)

    def before(self, offset: Ints) -> Ints:
        """Return how many ticks come before places in the log."""
        return np.searchsorted(self.offset[1:], offset)

    def turns(self, watch: Watch, due_ms: Ints, pending: "Pending") -> Ints:
        """Return by which turn of each customer a watch is due, given when.

        The turns are the ticks not passed, then, numbered after the last of these, its event's.
        """
        own = pending.until + 1
        turn = np.maximum(np.searchsorted(self.reach_ms[watch], due_ms), pending.passed + 1)
        return np.where(turn < own, turn, np.where(due_ms <= pending.reach_ms[watch], own, NEVER))

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
    reach_ms: Ints  # (watches, n): how far the event lets each be judged, -1 for not at all
    offset: Ints  # of the event, in the log

    @classmethod
    def ticks_only(cls, row: Ints, passed: Ints, until: Ints | int) -> "Pending":
        """Return customers without an event."""
        none = np.full((len(Watch), len(row)), -1)
        return cls(row, passed, np.full(len(row), until), none, none[0])

    def take(self, which: Ints) -> "Pending":
        """Return some of them."""
        return Pending(*(getattr(self, field.name)[..., which] for field in fields(self)))
