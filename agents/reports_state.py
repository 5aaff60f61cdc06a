"""Reports of the state: what was written, restored, lost and left out."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agents import metrics
from agents.runtime.errors import StartOver
from agents.runtime.rows import Row
from schemas.alert import Alert, Outcome

log: Final = logging.getLogger("churnwatch")


@dataclass(frozen=True, slots=True)
class FlushWasCommitted:
    """What had changed of a partition is written, its alerts with it."""

    partition: int
    next_offset: int
    rows: Sequence[Row]
    alerts: Sequence[Alert]
    seconds: float

    def emit(self) -> None:
        """Count it; of each alert, how long it took to be found."""
        metrics.FLUSH_SECONDS.observe(self.seconds)
        metrics.FLUSH_RECORDS.inc(len(self.rows))
        metrics.FLUSH_BYTES.inc(
            sum(len(row.key or b"") + len(row.value or b"") for row in self.rows)
        )
        metrics.FLUSH_NEXT_OFFSET.labels(self.partition).set(self.next_offset)
        for alert in self.alerts:
            if alert.outcome is not None:
                _count_closing(alert, alert.outcome)
                continue
            metrics.ALERTS.labels(alert.kind, alert.state, alert.severity).inc()
            delay = (alert.detected_at - alert.occurred_at).total_seconds()
            metrics.ALERT_DELAY_SECONDS.observe(max(delay, 0.0))


@dataclass(frozen=True, slots=True)
class RestoreHasMoved:
    """Some of the changelog of a partition has been read."""

    partition: int
    records: int
    left: int
    unreadable: Sequence[str]

    def emit(self) -> None:
        """Count it; name what cannot be read."""
        metrics.RESTORE_RECORDS.inc(self.records)
        metrics.RESTORE_LEFT.labels(self.partition).set(self.left)
        for what in self.unreadable:
            metrics.RESTORE_UNREADABLE.labels(self.partition).inc()
            log.error("Stored record unreadable, passed over: %s.", what)

    def tell(self) -> None:
        """Say how far it is."""
        log.info(
            "Restoring: partition %d has %d records left.",
            self.partition,
            self.left,
            extra={"partition": self.partition},
        )


@dataclass(frozen=True, slots=True)
class RestoreWasDone:
    """A partition is as it was left."""

    partition: int
    customers: int
    records: int
    seconds: float

    def emit(self) -> None:
        """Measure it, and say so."""
        metrics.RESTORE_LEFT.labels(self.partition).set(0)
        metrics.RESTORE_SECONDS.observe(self.seconds)
        log.info(
            "Restored: partition %d, %d customers from %d records in %.1f s.",
            self.partition,
            self.customers,
            self.records,
            self.seconds,
            extra={"partition": self.partition},
        )


@dataclass(frozen=True, slots=True)
class ShardWasTakenUp:
    """A partition goes on from what is stored of it, or from nothing."""

    partition: int
    next_offset: int

    def emit(self) -> None:
        """Say up to where it is written, and let its counters begin at 0: a rate needs that."""
        metrics.FLUSH_NEXT_OFFSET.labels(self.partition).set(self.next_offset)
        metrics.WATCH_NEXT_OFFSET.labels(self.partition).set(self.next_offset)
        for counter in (metrics.WATCH_REFUSED, metrics.RESTORE_UNREADABLE, metrics.LEFT_OUT):
            counter.labels(self.partition)
        for kind in StartOver.__subclasses__():
            metrics.LIVES_BROKEN.labels(self.partition, _reason(kind))


@dataclass(frozen=True, slots=True)
class LifeWasBroken:
    """A partition starts over from what is stored."""

    partition: int
    why: StartOver

    def emit(self) -> None:
        """Count it; the runtime says why."""
        metrics.LIVES_BROKEN.labels(self.partition, _reason(type(self.why))).inc()


@dataclass(frozen=True, slots=True)
class RecordWasLeftOut:
    """A record of the log at which the fold raises became a dead letter."""

    topic: str
    partition: int
    offset: int

    def emit(self) -> None:
        """Count it, and say which."""
        metrics.LEFT_OUT.labels(self.partition).inc()
        log.error(
            "Record left out: folding offset %d of %s/%d raises; it becomes a dead letter.",
            self.offset,
            self.topic,
            self.partition,
            extra={"topic": self.topic, "partition": self.partition, "offset": self.offset},
        )


@dataclass(frozen=True, slots=True)
class RecordsWereLost:
    """Records were deleted before they were read, which the settings accept."""

    topic: str
    partition: int
    count: int

    def emit(self) -> None:
        """Count them, and say so."""
        metrics.RECORDS_LOST.labels(self.topic, self.partition).inc(self.count)
        log.error(
            "Records lost: %d of %s/%d were deleted before they were read.",
            self.count,
            self.topic,
            self.partition,
            extra={"topic": self.topic, "partition": self.partition},
        )


def _reason(kind: type[StartOver]) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in kind.__name__).lstrip("_")


def _count_closing(alert: Alert, outcome: Outcome) -> None:
    acted = "no" if alert.acted_at is None else "yes"
    metrics.ALERTS_CLOSED.labels(alert.kind, outcome, acted).inc()
    if alert.feedback is not None:
        metrics.ALERTS_JUDGED.labels(alert.kind, "right" if alert.feedback else "wrong").inc()
