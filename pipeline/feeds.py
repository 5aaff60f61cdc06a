"""The feeds of a partition: when each source was alive, and how far what it tells is known.

Of a source that has fallen silent nobody knows whether it is dead: what it should have said by now
may have happened and not come through. So it is believed for `idle_max` beyond its newest event,
and within a dead stretch for as long from its start; what falls due after that is not held against
anybody before the source is heard again. What is known at an instant only grows, and is the same
whether the end of a dead stretch was already known or not.
"""

import numpy as np

from pipeline.liveness import Joint, Liveness
from pipeline.settings import PipelineSettings
from pipeline.units import HOUR_MS, NEVER, Ints
from pipeline.vocabulary import Matter
from schemas.progress import Progress

ORDERS, ALL = 0, 3  # places in what is heard: orders, tickets, touchpoints, and all of them


class Feeds:
    """The sources of an installation, and whether the company's reactions can be heard of."""

    def __init__(self, settings: PipelineSettings) -> None:
        names = dict.fromkeys((*settings.sources, settings.orders_topic))
        self.sources = {
            name: Liveness(round(settings.feed(name).idle_hours_max * HOUR_MS)) for name in names
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

    def heard_ms(self) -> tuple[int, ...]:
        """Return the newest event of each source by matter, then how far all have come; 0: none."""
        newest = [feed.newest_ms if feed else 0 for feed in self._of_matter.values()]
        return (*newest, self.all.newest_ms)

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
        all_ms = self.all.update()
        self._know_touchpoints()
        return revived_ms, all_ms

    def restored(self, all_ms: int) -> None:
        """Go on once the sources do; `all_ms` is how far all of them had come."""
        self.all.restore(all_ms)
        self._know_touchpoints()

    def known_ms(self, at_ms: Ints, heard_ms: Ints) -> Ints:
        """Return how far open matters are known at instants, (n, matters).

        Args:
            at_ms: (n,) instants.
            heard_ms: (n, 4) of `heard_ms`, as of then.
        """
        known_ms = np.repeat(at_ms[:, None], len(Matter), axis=1)
        for place, (matter, feed) in enumerate(self._of_matter.items()):
            if feed is not None:
                known_ms[:, matter] = feed.believed_ms(at_ms, heard_ms[:, place])
        return known_ms

    def known_now_ms(self, at_ms: Ints) -> Ints:
        """Return the same, as of what has been heard by now."""
        return self.known_ms(at_ms, np.tile(np.array(self.heard_ms()), (len(at_ms), 1)))

    def quiet_until_ms(self, at_ms: Ints, heard_ms: Ints) -> Ints:
        """Return how far a silence towards all sources is known at instants, (n,)."""
        all_ms = heard_ms[:, ALL]
        return np.minimum(at_ms, np.where(all_ms > 0, all_ms + self.all.idle_ms_max, NEVER))

    def _know_touchpoints(self) -> None:
        self.has_touchpoints = self._touchpoints is not None and self._touchpoints.newest_ms > 0
