"""How a batch is taken apart: into runs between reports, and a run into rounds.

Customers are independent of one another, so the first event of each is folded at once, then the
second, and so on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.events import Events
from pipeline.feeds import HEARD, Heard
from pipeline.ticks import Reached, Ticks
from pipeline.units import Bools, Ints, nonzero
from schemas.activity import Activity
from schemas.log import Record


@dataclass(slots=True)
class Run:
    """Activities of the log, and the ticks between them."""

    reached: list[Reached]  # by tick, as the next; the first stands for how the run begins
    tick_offsets: list[int] = field(default_factory=lambda: [-1])
    activities: list[Activity] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    heard: list[Ints] = field(default_factory=list)  # (n, 4) of each part, as the next
    heard_offsets: list[int] = field(default_factory=list)

    def add(self, activities: Sequence[Activity], offsets: Sequence[int], heard_ms: Ints) -> None:
        """Add activities, with how far the feeds had been heard of before each."""
        self.activities += activities
        self.offsets += offsets
        self.heard.append(heard_ms)
        self.heard_offsets += offsets

    def tick(self, reached: Reached, offset: int, heard_ms: Ints) -> None:
        """Add a tick after the activities so far."""
        self.reached.append(reached)
        self.tick_offsets.append(offset)
        self.heard.append(heard_ms)
        self.heard_offsets.append(offset)

    @property
    def ticks(self) -> Ticks:
        """The ticks, and how far the feeds had been heard of at each place in the log."""
        heard_ms = np.concatenate(self.heard) if self.heard else np.zeros((0, HEARD), np.int64)
        heard = Heard(np.array(self.heard_offsets, np.int64), heard_ms)
        return Ticks.of(self.reached, self.tick_offsets, heard)


def runs(records: Sequence[Record]) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of each record alone that is no activity, and of those between."""
    begin = 0
    for place in [i for i, record in enumerate(records) if type(record) is not Activity]:
        if begin < place:
            yield begin, place
        yield place, place + 1
        begin = place + 1
    if begin < len(records):
        yield begin, len(records)


def rounds(events: Events) -> Iterator[Events]:
    """Yield the first event of each customer, then the second of each, and so on."""
    nth = _nth_of_row(events.row)
    events = events.take(np.argsort(nth, kind="stable"))
    begin = 0
    for end in np.cumsum(np.bincount(nth)).tolist():
        yield events.take(slice(begin, end))
        begin = end


def _nth_of_row(row: Ints) -> Ints:
    """Return, for each record, how many of the same row come before it."""
    order = np.argsort(row, kind="stable")
    ordered = row[order]
    starts: Bools = np.r_[True, ordered[1:] != ordered[:-1]]
    begin = nonzero(starts)
    nth = np.arange(len(row)) - np.repeat(begin, np.diff(np.r_[begin, len(row)]))
    result = np.empty(len(row), np.int64)
    result[order] = nth
    return result
