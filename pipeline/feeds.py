"""The feeds of a partition: when each source was alive, and how far what it tells is known.

Of a source that has fallen silent nobody knows whether it is dead: what it should have said by now
may have happened and not come through. So it is believed for `idle_max` beyond its newest event
heard of, and `jump_max` more, by which reports may lag; within a dead stretch as long from its
start. What falls due after that is not held against anybody before the source is heard again. What
is known at an instant only grows, and is the same whether the end of a dead stretch was already
known or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final

import numpy as np

from pipeline.liveness import Joint, Liveness
from pipeline.settings import PipelineSettings
from pipeline.units import HOUR_MS, NEVER, Ints
from pipeline.vocabulary import Matter
from schemas.activity import Activity
from schemas.progress import Progress, SourceProgress

HEARD: Final = 4  # what is heard of: orders, tickets, touchpoints, and all sources
ORDERS, _ALL = 0, HEARD - 1


@dataclass(frozen=True, slots=True)
class Heard:
    """How far feeds had been heard of before each activity of a run, and at each of its ticks."""

    offset: Ints  # (n,) in the log, rising
    ms: Ints  # (n, 4)

    def at(self, offset: Ints) -> Ints:
        """Return it at places in the log, (m, 4)."""
        return np.asarray(self.ms[self.offset.searchsorted(offset)])


class Feeds:
    """The sources of an installation, and whether the company's reactions can be heard of."""

    def __init__(self, settings: PipelineSettings) -> None:
        names = dict.fromkeys((*settings.sources, settings.orders_topic))
        jump_ms = {name: round(settings.feed(name).jump_hours_max * HOUR_MS) for name in names}
        self.sources = {
            name: Liveness(round(settings.feed(name).idle_hours_max * HOUR_MS), jump_ms[name])
            for name in names
        }
        self.orders = self.sources[settings.orders_topic]
        self.all = Joint(list(self.sources.values()))
        self._touchpoints = self.sources.get(settings.touchpoints_topic)
        tickets = self.sources.get(settings.tickets_topic)
        self._of_matter = {
            Matter.ORDER: self.orders,
            Matter.TICKET: tickets,
            Matter.PROMISE: self._touchpoints,
        }
        self.has_touchpoints = False
        self._place = {name: place for place, name in enumerate(self.sources)}
        topics = settings.orders_topic, settings.tickets_topic, settings.touchpoints_topic
        self._columns = [self._place.get(topic, len(self._place)) for topic in topics]
        self._jump_ms = jump_ms
        self._limit_ms: dict[tuple[str, int], int] = {}  # what moves time, by source partition
        self._newest_ms = np.zeros(len(names) + 1, np.int64)  # heard of by source; a 0 at the end
        self._all_ms = 0

    @property
    def heard_ms(self) -> Ints:
        """How far each feed has been heard of, and all of them, (1, 4); 0 for not at all."""
        return self._take_in(self._newest_ms[None])

    def pass_by(self, activities: Sequence[Activity]) -> Ints:
        """Take in activities of the log; return how far feeds had come before each, (n, 4).

        An event moves its feed as it moves the watermark that its partition will report, so that
        it makes no difference how often that is reported.
        """
        count = len(activities)
        at_ms = np.fromiter(map(attrgetter("occurred_at"), activities), np.int64, count)
        topics = list(map(attrgetter("topic"), activities))
        place_of = {topic: self._place.get(topic, -1) for topic in set(topics)}
        place = np.fromiter(map(place_of.__getitem__, topics), np.int64, count)
        partition = np.fromiter(map(attrgetter("partition"), activities), np.int64, count)
        limit_ms = self._limits_ms(topics, place, partition)
        newest_ms = np.zeros((len(self._newest_ms), count + 1), np.int64)
        newest_ms[:, 0] = self._newest_ms
        newest_ms[place, np.arange(1, count + 1)] = np.where(at_ms <= limit_ms, at_ms, 0)
        newest_ms[-1] = 0
        np.maximum.accumulate(newest_ms, axis=1, out=newest_ms)
        self._newest_ms = newest_ms[:, -1].copy()
        return self._take_in(newest_ms.T)[:-1]

    def _limits_ms(self, topics: list[str], place: Ints, partition: Ints) -> Ints:
        """Return up to which instant each activity moves time, 0 for not at all."""
        # Keys of whole numbers, as tuples of thousands of activities cost more than all the rest.
        _, first, which = np.unique(place << 32 | partition, return_index=True, return_inverse=True)
        sources = [(topics[i], int(partition[i])) for i in first.tolist()]
        limits_ms = [self._limit_ms.get(source, 0) for source in sources]
        return np.array(limits_ms, np.int64)[which]

    def _take_in(self, newest_ms: Ints) -> Ints:
        known_ms = np.where(newest_ms[:, :-1] > 0, newest_ms[:, :-1], NEVER).min(axis=1)
        all_ms = np.where(known_ms < NEVER, known_ms, 0)
        all_ms = np.maximum.accumulate(np.maximum(all_ms, self._all_ms))
        self._all_ms = int(all_ms[-1])
        return np.column_stack([newest_ms[:, self._columns], all_ms])

    def changes(self, progress: Progress) -> bool:
        """Return whether a report says more than that the feeds are alive."""
        return any(
            feed.changes(source.partition, source.gaps) or source.watermark > 0 == feed.newest_ms
            for source in progress.sources
            if (feed := self.sources.get(source.topic))
        )

    def hear(self, progress: Progress) -> tuple[int, int]:
        """Take in a report; return how much of the dead time of orders, and of all, was alive."""
        revived_ms = 0
        for source in progress.sources:
            feed = self.sources.get(source.topic)
            if feed is not None:
                found_ms = feed.report(source.partition, source.watermark, source.gaps)
                revived_ms += found_ms if feed is self.orders else 0
                self._hear_of(source)
        all_ms = self.all.update()
        self._know_touchpoints()
        return revived_ms, all_ms

    def _hear_of(self, source: SourceProgress) -> None:
        key, place = (source.topic, source.partition), self._place[source.topic]
        limit_ms = source.watermark + self._jump_ms[source.topic] if source.watermark else 0
        self._limit_ms[key] = max(self._limit_ms.get(key, 0), limit_ms)
        self._newest_ms[place] = max(self._newest_ms[place], source.watermark)

    def state(self) -> dict[str, Any]:
        """Return what `restore` takes: plain values."""
        return {
            "sources": {name: feed.state() for name, feed in self.sources.items()},
            "limits": [(*key, limit_ms) for key, limit_ms in sorted(self._limit_ms.items())],
            "newest": {name: int(self._newest_ms[place]) for name, place in self._place.items()},
            "heard_of_all": self._all_ms,
        }

    def restore(self, state: dict[str, Any], all_ms: int) -> None:
        """Go on from a `state`; `all_ms` is how far all of them had come."""
        for name, feed in self.sources.items():
            feed.restore(state["sources"].get(name, {"gaps": [], "newest": []}))
        self.all.restore(all_ms)
        self._limit_ms = {(topic, p): limit_ms for topic, p, limit_ms in state["limits"]}
        for name, place in self._place.items():
            self._newest_ms[place] = state["newest"].get(name, 0)
        self._all_ms = state["heard_of_all"]
        self._know_touchpoints()

    def known_ms(self, at_ms: Ints, heard_ms: Ints) -> Ints:
        """Return how far open matters are known at instants, (n, matters).

        Args:
            at_ms: (n,) instants.
            heard_ms: (n, 4) of `heard_ms`, as of then.
        """
        if self._all_heard(at_ms, heard_ms):
            return np.broadcast_to(at_ms[:, None], (len(at_ms), len(Matter)))
        known_ms = np.repeat(at_ms[:, None], len(Matter), axis=1)
        for place, (matter, feed) in enumerate(self._of_matter.items()):
            if feed is not None:
                known_ms[:, matter] = feed.believed_ms(at_ms, heard_ms[:, place])
        return known_ms

    def known_now_ms(self, at_ms: Ints) -> Ints:
        """Return the same, as of what has been heard by now."""
        return self.known_ms(at_ms, np.tile(self.heard_ms, (len(at_ms), 1)))

    def quiet_until_ms(self, at_ms: Ints, heard_ms: Ints) -> Ints:
        """Return how far a silence towards all sources is known at instants, (n,)."""
        all_ms = heard_ms[:, _ALL]
        return np.minimum(at_ms, np.where(all_ms > 0, all_ms + self.all.belief_ms_max, NEVER))

    def _all_heard(self, at_ms: Ints, heard_ms: Ints) -> bool:
        """Return whether nothing is in doubt, which is the rule."""
        if any(len(feed.dead()) for feed in self._of_matter.values() if feed):
            return False
        return bool((at_ms - heard_ms[:, :_ALL].min(axis=1) <= self.all.belief_ms_max).all())

    def _know_touchpoints(self) -> None:
        self.has_touchpoints = self._touchpoints is not None and self._touchpoints.newest_ms > 0
