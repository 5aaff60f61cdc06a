"""Intake: a batch of source records becomes activities, dead letters and reports of time.

Stateless but for the event time of each source partition, which travels with the committed
offset. The offset is safe once everything made of the batch is acknowledged. What the fold takes
for granted is reported in the log before the activity that relies on it (`pipeline.feed`).
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aiokafka import ConsumerRecord
from faust.types import TP

from agents.alignment import Alignment
from agents.dead_letters import dead_letter
from agents.live_settings import IntakeSettings
from agents.reports import BatchWasRead
from agents.runtime.app import WorkerApp
from agents.runtime.batch import Batch, LogOffsets
from agents.runtime.produce import Outbox, Row, partition_for
from agents.sources import Source
from pipeline.feed import Feed
from pipeline.settings import FeedSettings
from schemas import log
from schemas.activity import Activity
from schemas.decode import decode_many
from schemas.progress import Progress, SourceProgress
from schemas.rejection import Rejection

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """Where intake writes to: topics with their partitions."""

    log: str
    log_partitions: int
    dead_letters: str
    dead_letter_partitions: int
    dead_letter_bytes_max: int


@dataclass(slots=True)
class Reading:
    """One source partition, as far as it has been read and acknowledged."""

    feed: Feed
    next_offset: int
    busy: bool = False
    reported_at: float = -math.inf  # on the monotonic clock


class Intake:
    """The agent of one source."""

    def __init__(
        self,
        source: Source,
        partitions: int,
        feed: FeedSettings,
        outlets: Outlets,
        outbox: Outbox,
        alignment: Alignment,
        settings: IntakeSettings,
    ) -> None:
        self.source = source
        self.readings: dict[TP, Reading] = {}
        self.app: WorkerApp | None = None
        self._partitions = partitions
        self._feed = feed
        self._outlets = outlets
        self._outbox = outbox
        self._alignment = alignment
        self._future_ms_max = round(settings.future_seconds_max * 1000)
        self._tick_seconds = settings.tick_seconds

    async def restore(self, tp: TP, offsets: LogOffsets) -> int:
        """Go on at the committed offset, at the event time that was committed with it."""
        committed = await offsets.committed(tp)
        if committed is None:
            reading = Reading(Feed(self._feed), await offsets.beginning(tp))
        else:
            reading = Reading(Feed(self._feed, _watermark_of(committed.note)), committed.offset)
        self.readings[tp] = reading
        return reading.next_offset

    async def drain(self, tp: TP) -> None:
        """Let go of a partition: all that was read of it is acknowledged."""
        self.readings.pop(tp, None)

    async def handle(self, batch: Batch) -> None:
        """Write what a batch holds to the log and to the dead letters, and wait for it."""
        reading = self.readings[batch.tp]
        await self._alignment.wait(self.source.topic, batch.partition)
        reading.busy = True
        report, rows = self._rows(batch, reading)
        await self._outbox.send(rows)
        reading.next_offset = batch.next_offset
        reading.busy = False
        report.emit()
        assert self.app is not None
        self.app.advance(batch.tp, batch.next_offset, batch.generation, _note(reading.feed))

    def progress(self, tp: TP, live_at_ms: int) -> SourceProgress | None:
        """Return what to report of an idle partition; None while a batch is under way."""
        reading = self.readings.get(tp)
        if reading is None or reading.busy:
            return None
        return self._report(tp.partition, reading, reading.next_offset, live_at_ms)

    def _rows(self, batch: Batch, reading: Reading) -> tuple[BatchWasRead, list[Row]]:
        now_ms = time.time_ns() // 1_000_000
        records = batch.records
        decoded = decode_many(
            [record.value for record in records], self.source.form, now_ms + self._future_ms_max
        )
        rejected = dict(decoded.rejections)
        activities: list[Activity] = []
        accepted = [index for index in range(len(records)) if index not in rejected]
        to_activity, topic, partition = self.source.to_activity, self.source.topic, batch.partition
        for index, value, at_ms in zip(accepted, decoded.records, decoded.at_ms, strict=True):
            mapped = to_activity(value, at_ms, topic, partition, records[index].offset)
            if isinstance(mapped, Rejection):
                rejected[index] = mapped
            else:
                activities.append(mapped)
        letters = [self._dead_letter(records, index, why) for index, why in rejected.items()]
        report = BatchWasRead(
            self.source.topic,
            batch.partition,
            len(records),
            len(activities),
            list(rejected.values()),
            sum(omitted for _, omitted in letters),
        )
        rows = [*self._to_log(activities, batch, reading), *(row for row, _ in letters)]
        report.watermark_ms = reading.feed.watermark_ms
        return report, rows

    def _dead_letter(
        self, records: Sequence[Record], index: int, why: Rejection
    ) -> tuple[Row, bool]:
        to = self._outlets
        return dead_letter(
            records[index],
            why,
            to.dead_letters,
            to.dead_letter_partitions,
            to.dead_letter_bytes_max,
        )

    def _to_log(self, activities: list[Activity], batch: Batch, reading: Reading) -> Iterator[Row]:
        """Yield the rows for the log, with a report wherever one must come first."""
        ids = [activity.customer_id for activity in activities]
        times = [activity.occurred_at for activity in activities]
        done = 0
        while True:
            taken = reading.feed.read(ids[done:], times[done:])
            yield from map(self._row, activities[done : done + taken])
            done += taken
            if done == len(ids):
                break
            report = self._report(batch.partition, reading, activities[done].offset, 0)
            yield from self.everywhere(Progress([report]))
        if time.monotonic() - reading.reported_at >= self._tick_seconds:
            report = self._report(batch.partition, reading, batch.next_offset, 0)
            yield from self.everywhere(Progress([report]))

    def _row(self, activity: Activity) -> Row:
        key = activity.customer_id.encode()
        to = self._outlets
        return Row(to.log, partition_for(key, to.log_partitions), key, log.encode(activity))

    def everywhere(self, progress: Progress) -> list[Row]:
        """Return a report's rows: one for every partition of the log."""
        value = log.encode(progress)
        to = self._outlets
        return [Row(to.log, partition, None, value) for partition in range(to.log_partitions)]

    def _report(
        self, partition: int, reading: Reading, next_offset: int, live_at_ms: int
    ) -> SourceProgress:
        report = reading.feed.report(
            self.source.topic, partition, self._partitions, next_offset, live_at_ms
        )
        self._alignment.hear(report)
        reading.reported_at = time.monotonic()
        return report


def _note(feed: Feed) -> str:
    """Return what is committed beside the offset: the watermark, by which a gap is told."""
    return f"watermark_ms={feed.watermark_ms}"


def _watermark_of(note: str) -> int:
    name, _, value = note.partition("=")
    return int(value) if name == "watermark_ms" and value.isdigit() else 0
