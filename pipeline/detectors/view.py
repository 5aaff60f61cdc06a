"""What a detector sees of customers at an instant, and what it has to answer."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol

import numpy as np

from pipeline import matters
from pipeline.episodes import Moves
from pipeline.feeds import Feeds
from pipeline.matters import Matters
from pipeline.pools import Pools
from pipeline.records import take_records
from pipeline.rows import Rows
from pipeline.signals import Signals
from pipeline.units import NEVER, Bools, Floats, Ints
from pipeline.waiting import Overdue
from pipeline.watches import Watch


@dataclass(slots=True)
class Reading:
    """What customers carry and can carry at an instant, (n, ...) each."""

    parts: Floats  # (n, causes): they sum to the load
    load: Floats
    endurance: Floats
    overdue: Overdue

    def take(self, which: Ints) -> "Reading":
        """Return some of them."""
        return Reading(
            self.parts[which], self.load[which], self.endurance[which], self.overdue.take(which)
        )


@dataclass(slots=True)
class News:
    """What an event brings to the episodes of its row, (n,) each."""

    at_ms: Ints  # event time, NEVER without an event
    good_ms: Ints  # event time of an order that ends the silence, NEVER without
    own: Bools  # the customer's own doing
    pleased: Bools  # a good sign: an order, or a good rating
    acted: Bools  # the company did something

    @classmethod
    def none(cls, count: int) -> "News":
        """Return no news."""
        no = [np.zeros(count, np.bool_) for _ in range(3)]
        return cls(np.full(count, NEVER), np.full(count, NEVER), *no)

    def take(self, which: Ints | Bools) -> "News":
        """Return some of them."""
        return News(*(getattr(self, each.name)[which] for each in fields(self)))


@dataclass(slots=True)
class View:
    """Customers at an instant, (n, ...) each."""

    row: Ints
    rows: Rows
    at_ms: Ints
    news: News
    pools: Pools
    feeds: Feeds
    heard_ms: Ints  # (n, 4) of `Feeds.heard_ms`, as of then
    reading: Reading | None = None  # of the load watch
    _matters: Matters | None = None
    _known_at_ms: Ints | None = None
    _known_ms: Ints = field(default_factory=lambda: np.zeros((0, 0), np.int64))

    def __len__(self) -> int:
        """Return how many customers."""
        return len(self.row)

    @property
    def matters(self) -> Matters:
        """What stands open."""
        if self._matters is None:
            self.read_matters()
        assert self._matters is not None
        return self._matters

    def read_matters(self) -> None:
        """Read at once what stands open, where more than one detector wants to know."""
        known_ms = self.known_ms(self.at_ms)
        self._matters = matters.read(self.pools.items, self.rows, self.at_ms, known_ms)

    def known_ms(self, at_ms: Ints) -> Ints:
        """Return how far open matters are known at instants, (n, matters)."""
        if at_ms is self._known_at_ms:
            return self._known_ms
        known_ms = self.feeds.known_ms(at_ms, self.heard_ms)
        self._known_at_ms, self._known_ms = at_ms, known_ms
        return known_ms

    @property
    def load(self) -> Reading:
        """What they carry; of the load watch."""
        assert self.reading is not None, "only the load watch reads loads"
        return self.reading

    def quiet_ms(self, since_ms: Ints) -> Ints:
        """Return how long it has been since then, in which every feed is believed alive."""
        until_ms = self.feeds.quiet_until_ms(self.at_ms, self.heard_ms)
        return self.feeds.all.alive_ms(since_ms, np.maximum(until_ms, since_ms))

    def not_before(self, at_ms: Ints) -> "View":
        """Return them, each at that instant if it is later."""
        if not (at_ms > self.at_ms).any():
            return self
        return replace(self, at_ms=np.maximum(self.at_ms, at_ms), _matters=None)

    def take(self, which: Ints) -> "View":
        """Return some of them."""
        reading: Any = self.reading
        return View(
            self.row[which],
            take_records(self.rows, which),
            self.at_ms[which],
            self.news.take(which),
            self.pools,
            self.feeds,
            self.heard_ms[which],
            None if reading is None else reading.take(which),
            None if self._matters is None else self._matters.take(which),
        )


class Detector(Protocol):
    """One kind of trouble. It keeps nothing: what it finds is a function of the view."""

    @property
    def kind(self) -> int:
        """Which kind of alert it raises."""
        ...

    @property
    def watch(self) -> Watch:
        """Whose time counts."""
        ...

    def concerns(self, view: View, /) -> Bools:
        """Return whom it could concern at all, cheaply: nobody else is looked at."""
        ...

    def signals(self, view: View, /) -> Signals:
        """Return what the episode machine needs to know, but for what every kind has in common."""
        ...

    def unmade(self, view: View, signals: Signals, onset_ms: Ints, /) -> Bools:
        """Return for whom an event that is older than the onset shows that there was no cause."""
        ...

    def next_ms(self, view: View, signals: Signals, moves: Moves, /) -> Ints:
        """Return when something could change with no further event, `NEVER` if it cannot."""
        ...


class Ceases:
    """For detectors of what stands until something ends it: by what is older, it never was."""

    def unmade(self, _view: View, signals: Signals, _onset_ms: Ints) -> Bools:
        """Return for whom an event that is older than the onset shows that there was no cause."""
        return np.asarray(signals.below | (signals.came_back_ms < NEVER))


class Care(Ceases, ABC):
    """For detectors of the care watch.

    What they look for comes only some time after the event that it comes of, so an event need not
    be judged by them: it is enough to know when.
    """

    @abstractmethod
    def soonest_ms(self, rows: Rows, waits: Overdue, at_ms: Ints, /) -> Ints:
        """Return the earliest instant at which an alarm could be raised with no further event.

        Args:
            rows: (n,) rows; no episode of this kind is open.
            waits: (n,) what is open at the instant.
            at_ms: (n,) the instant.

        Returns:
            (n,): no later than that, `NEVER` if none could, the instant or before it to look now.
        """
