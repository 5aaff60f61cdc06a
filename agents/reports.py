"""Reports: what happened, as one value that becomes one log line and its metrics.

The one place for both. Names are noun and past verb. What is dropped is always counted.
"""

import logging
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import Gauge

from agents import metrics
from agents.live_settings import LOG
from pipeline.outcome import Outcome
from pipeline.table import ActivityTable
from schemas.alert import Alert
from schemas.base import rfc3339
from schemas.rejection import Rejection

log: Final = logging.getLogger("churnwatch")


@dataclass(slots=True)
class BatchWasRead:
    """Intake turned a batch into activities and dead letters, all acknowledged."""

    topic: str
    partition: int
    records: int
    activities: int
    rejected: list[Rejection]
    omitted: int
    watermark_ms: int = 0

    def emit(self) -> None:
        """Count it; tell of rejections, one line a reason."""
        metrics.INTAKE_RECORDS.labels(self.topic).inc(self.records)
        metrics.INTAKE_ACTIVITIES.labels(self.topic).inc(self.activities)
        if self.watermark_ms:
            seconds = self.watermark_ms / 1000
            metrics.INTAKE_WATERMARK.labels(self.topic, self.partition).set(seconds)
        if self.omitted:
            metrics.DEAD_LETTERS_OMITTED.labels(self.topic).inc(self.omitted)
        by_reason = Counter(rejection.reason for rejection in self.rejected)
        examples = {rejection.reason: rejection.detail for rejection in self.rejected}
        for reason, count in by_reason.items():
            metrics.INTAKE_REJECTED.labels(self.topic, reason).inc(count)
            log.warning(
                "Records rejected: %d of %s, such as: %s.",
                count,
                self.topic,
                examples[reason],
                extra={"topic": self.topic, "partition": self.partition, "reason": str(reason)},
            )


@dataclass(frozen=True, slots=True)
class FeedWasDead:
    """A source partition had no event for longer than its idle_max."""

    topic: str
    partition: int
    from_ms: int
    to_ms: int

    def emit(self) -> None:
        """Count the event time; say from when to when."""
        metrics.INTAKE_GAP_SECONDS.labels(self.topic).inc((self.to_ms - self.from_ms) / 1000)
        log.warning(
            "Feed was dead: %s/%d from %s to %s; silence does not count in it.",
            self.topic,
            self.partition,
            rfc3339(self.from_ms),
            rfc3339(self.to_ms),
            extra={"topic": self.topic, "partition": self.partition},
        )


@dataclass(frozen=True, slots=True)
class BatchWasFolded:
    """Watch folded a batch of the log."""

    table: ActivityTable
    outcome: Outcome
    next_offset: int
    records: int
    seconds: float
    unreadable: list[Rejection] = field(default_factory=list)
    muted: list[Alert] = field(default_factory=list)

    def emit(self) -> None:
        """Count it."""
        table, partition = self.table, self.table.partition
        metrics.WATCH_RECORDS.inc(self.records)
        metrics.WATCH_STEP_SECONDS.observe(self.seconds)
        metrics.WATCH_DUPLICATES.labels("position").inc(self.outcome.duplicates_by_position)
        metrics.WATCH_DUPLICATES.labels("event").inc(self.outcome.duplicates_by_event)
        metrics.WATCH_REFUSED.labels(partition).inc(self.outcome.refused)
        metrics.WATCH_EVICTED.inc(self.outcome.evicted)
        metrics.WATCH_NEXT_OFFSET.labels(partition).set(self.next_offset)
        metrics.WATCH_CUSTOMERS.labels(partition).set(len(table))
        metrics.WATCH_TABLE_BYTES.labels(partition).set(table.nbytes)
        metrics.WATCH_CLOCK.labels(partition).set(table.clock.now_ms / 1000)
        metrics.WATCH_FEED_NEWEST.labels(partition).set(table.feeds.orders.newest_ms / 1000)
        for rejection in self.unreadable:
            metrics.WATCH_UNREADABLE.labels(rejection.reason).inc()
            log.error("Log record unreadable: %s.", rejection.detail)
        for digest in self.outcome.digests:
            for kind, count in digest.by_kind.items():
                metrics.ALERTS_HELD_BACK.labels(kind).inc(count)
        for alert in self.muted:
            metrics.ALERTS_MUTED.labels(alert.kind, alert.state).inc()


@dataclass(frozen=True, slots=True)
class PartitionWasGivenUp:
    """A partition is held no more, by this worker."""

    topic: str  # by its name here
    partition: int

    def emit(self) -> None:
        """Forget its series: what they last said is not so for ever."""
        of_topic = (metrics.WORKER_LAG, metrics.INTAKE_WATERMARK, metrics.INTAKE_CAUGHT_UP)
        for series in of_topic:
            _forget(series, self.topic, self.partition)
        if self.topic == LOG:
            for series in metrics.OF_LOG_PARTITIONS:
                _forget(series, self.partition)


def _forget(series: Gauge, *labels: object) -> None:
    with suppress(KeyError):
        series.remove(*labels)
