"""Intake: a batch of source records becomes activities, dead letters and reports of time.

Stateless but for the event time of each source partition, which travels with the committed
offset. The offset is safe once everything made of the batch is acknowledged. What the fold takes
for granted is reported in the log before the activity that relies on it (`pipeline.feed`).
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from faust.types import TP

from agents.live.alignment import Alignment
from agents.live.dead_letters import DeadLetters
from agents.live_settings import IntakeSettings
from agents.reports import BatchWasRead, PartitionWasGivenUp
from agents.reports_state import RecordsWereLost
from agents.runtime.app import WorkerApp
from agents.runtime.batch import Batch, Jump, LogOffsets
from agents.runtime.errors import OffsetsLost, place
from agents.runtime.produce import Outbox
from agents.runtime.rows import Row, partition_for
from agents.sources import Source
from pipeline.feed import Feed
from pipeline.settings import FeedSettings
from pipeline.units import HOUR_MS
from schemas import log
from schemas.activity import Activity
from schemas.decode import decode_many
from schemas.progress import Progress, SourceProgress
from schemas.rejection import Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """Where intake writes to: topics with their partitions."""

    log: str
    log_partitions: int
    dead_letters: DeadLetters


@dataclass(slots=True)
class Reading:
    """One source partition, as far as it has been read and acknowledged."""

    feed: Feed
    next_offset: int
    acknowledged_ms: int = 0  # watermark up to which all is in the log
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
        *,
        accept_loss: bool,
    ) -> None:
        self.source = source
        self.readings: dict[TP, Reading] = {}
        self.app: WorkerApp | None = None
        self._partitions = partitions
        self._feed = feed
        self._outlets = outlets
        self._accept_loss = accept_loss
        self._outbox = outbox
        self._alignment = alignment
        self._future_ms_max = round(settings.future_seconds_max * 1000)
        self._tick_seconds = settings.tick_seconds
        self._idle_ms = round(feed.idle_hours_max * HOUR_MS)
        # Below idle_max, or what another partition has not said yet could look like dead time.
        self._skew_ms = min(round(settings.skew_hours_max * HOUR_MS), self._idle_ms // 2)

    async def restore(self, tp: TP, offsets: LogOffsets) -> int:
        """Go on at the committed offset, at the event time that was committed with it."""
        committed = await offsets.committed(tp)
        if committed is None:
            reading = Reading(Feed(self._feed), await offsets.beginning(tp))
        else:
            reading = Reading(Feed(self._feed, _watermark_of(committed.note)), committed.offset)
        self.readings[tp] = reading
        self._alignment.read(self.source.topic, tp.partition, reading.feed.watermark_ms)
        return reading.next_offset

    def ending(self, tp: TP) -> None:
        """Wait for nobody any more."""
        self._alignment.ending(self.source.topic, tp.partition)

    async def drain(self, tp: TP) -> None:
        """Let go of a partition; what was read of it and is not acknowledged is read again."""
        self.readings.pop(tp, None)
        self._alignment.leave(self.source.topic, tp.partition)
        PartitionWasGivenUp(self.source.topic, tp.partition).emit()

    def expect(self, tp: TP, known: int, end: int) -> None:
        """Take in how far a partition is known to have been read, and where it ends.

        Kafka forgets what was committed of a topic when it is deleted. What the fold knows of
        it remains, and by that all that the new one holds would pass for copies.

        Raises:
            OffsetsLost: it ends before: it was made anew.
        """
        if end < known:
            raise OffsetsLost(
                f"{place(tp)}: read up to offset {known}, it ends at {end}: the topic was deleted "
                f"and made anew; run `churnwatch topics reset-source {self.source.topic}`"
            )

    def on_jump(self, jump: Jump) -> int:
        """Say where to go on in a source that is not what it was.

        Raises:
            OffsetsLost: it was made anew, or records were deleted unread and that is not accepted.
        """
        where = place(jump.tp)
        self.expect(jump.tp, jump.expected, jump.log_end)
        if jump.log_start <= jump.expected:
            return max(jump.found, jump.expected)  # a hole, or read again
        lost = jump.log_start - jump.expected
        if not self._accept_loss:
            raise OffsetsLost(
                f"{where}: read up to offset {jump.expected}, it starts at {jump.log_start}: "
                f"{lost} records were deleted unread; set kafka.accept_loss to go on without them"
            )
        RecordsWereLost(self.source.topic, jump.tp.partition, lost).emit()
        return jump.log_start

    async def handle(self, batch: Batch) -> None:
        """Write what a batch holds to the log and to the dead letters, and wait for it."""
        reading = self.readings[batch.tp]
        reading.busy = True
        activities, rejected = self._decode(batch)
        to = self._outlets.dead_letters
        letters = [to.letter(batch.records[index], why) for index, why in rejected]
        await self._outbox.send([row for row, _ in letters])
        for span in self._spans(activities, reading.feed.watermark_ms):
            if not await self._send(span, batch, reading):
                return  # given up: whoever reads it next goes on after the last span
            if span:
                self._advance(batch, span[-1].offset + 1, reading)
        reading.next_offset = batch.next_offset
        reading.busy = False
        BatchWasRead(
            self.source.topic,
            batch.partition,
            len(batch.records),
            len(activities),
            [why for _, why in rejected],
            sum(omitted for _, omitted in letters),
            reading.feed.watermark_ms,
        ).emit()
        self._advance(batch, batch.next_offset, reading)

    def _advance(self, batch: Batch, next_offset: int, reading: Reading) -> None:
        assert self.app is not None
        self.app.advance(batch.tp, next_offset, batch.generation, _note(reading.feed))

    def progress(self, tp: TP, live_at_ms: int) -> SourceProgress | None:
        """Return what to report of an idle partition; None while a batch is under way."""
        reading = self.readings.get(tp)
        if reading is None or reading.busy:
            return None
        return self._report(tp.partition, reading, reading.next_offset, live_at_ms)

    def _decode(self, batch: Batch) -> tuple[list[Activity], list[tuple[int, Rejection]]]:
        """Return the activities of a batch, and what is rejected, by its place."""
        records = batch.records
        latest_ms = time.time_ns() // 1_000_000 + self._future_ms_max
        decoded = decode_many([record.value for record in records], self.source.form, latest_ms)
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
        return activities, sorted(rejected.items())

    def _spans(self, activities: list[Activity], watermark_ms: int) -> Iterator[list[Activity]]:
        """Yield activities in steps of event time, so that each step can wait for the others."""
        span: list[Activity] = []
        begin_ms = newest_ms = watermark_ms
        for activity in activities:
            at_ms = activity.occurred_at
            if span and (
                at_ms > begin_ms + self._skew_ms // 2 or at_ms > newest_ms + self._idle_ms
            ):
                yield span
                span = []
                begin_ms = at_ms
            newest_ms = max(newest_ms, at_ms)
            span.append(activity)
        yield span

    async def _send(self, span: list[Activity], batch: Batch, reading: Reading) -> bool:
        """Write a span to the log once the other sources have come near enough.

        Returns:
            Whether it was written; not, if the partition is to be given up before.
        """
        source, partition = self.source.topic, batch.partition
        if span:
            first_ms = span[0].occurred_at
            # What ends a dead stretch waits until all others have come as far.
            ends_a_gap = first_ms - reading.feed.watermark_ms > self._idle_ms
            skew_ms = 0 if ends_a_gap else self._skew_ms
            if not await self._alignment.wait(source, partition, first_ms, skew_ms):
                return False
        await self._outbox.send(self._to_log(span, batch, reading))
        reading.acknowledged_ms = reading.feed.watermark_ms
        newest_ms = max((activity.occurred_at for activity in span), default=0)
        self._alignment.read(source, partition, newest_ms)
        return True

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
            yield from self.everywhere(Progress([*self._others(batch.tp), report]))
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

    def _others(self, tp: TP) -> list[SourceProgress]:
        """Return how far the source's other partitions have come: they may have been alive."""
        return [
            SourceProgress(
                self.source.topic,
                other.partition,
                self._partitions,
                reading.next_offset,
                reading.acknowledged_ms,
            )
            for other, reading in self.readings.items()
            if other != tp and reading.acknowledged_ms
        ]

    def _report(
        self, partition: int, reading: Reading, next_offset: int, live_at_ms: int
    ) -> SourceProgress:
        report = reading.feed.report(
            self.source.topic, partition, self._partitions, next_offset, live_at_ms
        )
        self._alignment.report(report)
        reading.reported_at = time.monotonic()
        return report


def _note(feed: Feed) -> str:
    """Return what is committed beside the offset: the watermark, by which a gap is told."""
    return f"watermark_ms={feed.watermark_ms}"


def _watermark_of(note: str) -> int:
    name, _, value = note.partition("=")
    return int(value) if name == "watermark_ms" and value.isdigit() else 0
