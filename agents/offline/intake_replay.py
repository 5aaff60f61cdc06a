"""Intake's part in a replay: from a history to the log that intake would have written.

Each source is one partition, read through a `Feed`, so that what the fold takes for granted is
reported before the activity that relies on it. A source that has no more to say is read to its
end, and the clock does not wait for it: `live_at` is then how far time has come in the others,
and at the end of all `until`. That is the only wall clock of a replay.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Final

import numpy as np

from agents.offline.history import History
from pipeline.feed import Feed
from pipeline.settings import PipelineSettings
from schemas.activity import Activity
from schemas.log import Record
from schemas.progress import Progress, SourceProgress

BATCH: Final = 32_768
Log = list[Record]

_PARTITION, _PARTITIONS = 0, 1
_WINDOW: Final = 1024  # events shown to a feed at once: it may stop at any, and is shown the rest


class Intake:
    """Turns a history into batches of log records."""

    def __init__(
        self, history: History, settings: PipelineSettings, until_ms: int | None = None
    ) -> None:
        every = history.activities
        end = len(every)
        if until_ms is not None:
            end = bisect_right(every, until_ms, key=attrgetter("occurred_at"))
        self._activities = every[:end] if end < len(every) else every
        self.left_out = len(every) - end  # after `until`
        self._until_ms = until_ms
        self._topics = settings.sources
        self._feeds = {topic: Feed(settings.feed(topic)) for topic in self._topics}
        self._taken = dict.fromkeys(self._topics, 0)
        codes = {topic: code for code, topic in enumerate(self._topics)}
        self._codes = np.array([codes.get(a.topic, -1) for a in self._activities], np.int64)
        self._times = np.array([a.occurred_at for a in self._activities], np.int64)
        last = {c: int(np.flatnonzero(self._codes == c).max(initial=-1)) for c in codes.values()}
        self._last = {topic: last[code] for topic, code in codes.items()}

    def batches(self, size: int = BATCH, cuts_ms: Sequence[int] = ()) -> Iterator[Log]:
        """Yield the log in batches: at most `size` activities, then a report on every source.

        No batch goes on beyond one of the instants `cuts_ms`.
        """
        end = len(self._activities)
        cuts = np.searchsorted(self._times, np.array(cuts_ms, np.int64), side="right").tolist()
        bounds = sorted({*range(0, end, size), *(cut for cut in cuts if cut < end), end})
        for begin, until in pairwise(bounds):
            batch = self._activities[begin:until]
            reports = self._read(batch, begin)
            yield [*_with_reports(batch, reports), self._report_all(begin + len(batch))]

    def _read(self, batch: list[Activity], begin: int) -> list[tuple[int, Progress]]:
        """Take a batch in; return reports, each with the place in the batch it must precede."""
        reports = []
        codes = self._codes[begin : begin + len(batch)]
        times = self._times[begin : begin + len(batch)]
        ended = [topic for topic in self._topics if self._last[topic] < begin]
        for code, topic in enumerate(self._topics):
            feed, places = self._feeds[topic], np.flatnonzero(codes == code)
            ids = [batch[place].customer_id for place in places.tolist()]
            its_times = times[places]
            done = 0
            while done < len(ids):
                until = done + _WINDOW
                taken = feed.read(ids[done:until], its_times[done:until])
                done += taken
                self._taken[topic] += taken
                if taken < _WINDOW and done < len(ids):
                    # Time goes on for who has no more to say as well.
                    others = [self._report(other, feed.watermark_ms) for other in ended]
                    progress = Progress([self._report(topic), *others])
                    reports.append((int(places[done]), progress))
        return sorted(reports, key=lambda report: report[0])

    def _report(self, topic: str, live_at_ms: int = 0) -> SourceProgress:
        feed = self._feeds[topic]
        return feed.report(topic, _PARTITION, _PARTITIONS, self._taken[topic], live_at_ms)

    def _report_all(self, end: int) -> Progress:
        now_ms = max(feed.watermark_ms for feed in self._feeds.values())
        if end == len(self._activities):
            now_ms = max(now_ms, self._until_ms or 0)
        ended = {topic: last < end for topic, last in self._last.items()}
        return Progress([self._report(t, now_ms if ended[t] else 0) for t in self._topics])


def _with_reports(batch: list[Activity], reports: list[tuple[int, Progress]]) -> Log:
    records: Log = []
    begin = 0
    for place, progress in reports:
        records += batch[begin:place]
        records.append(progress)
        begin = place
    records += batch[begin:]
    return records
