"""Folding a log into one table, from files instead of Kafka: what `churnwatch replay` does."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from agents.intake_replay import Log
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from schemas.alert import Alert
from schemas.rejection import Reason

TOPIC: Final = "customer-activity"

Batch = tuple[Log, "range | list[int]"]  # records of the log, and their offsets


@dataclass(slots=True)
class Replay:
    """What a replay came to."""

    table: ActivityTable
    alerts: list[Alert] = field(default_factory=list)  # every transition, in the order found
    read: int = 0  # activities of the log
    applied: int = 0
    duplicates: int = 0
    rejected: Counter[Reason] = field(default_factory=Counter)
    after_until: int = 0

    @classmethod
    def of(cls, settings: PipelineSettings) -> "Replay":
        """Return a replay that has not begun."""
        return cls(ActivityTable(settings, TOPIC))

    def fold(
        self,
        batches: Iterable[Batch],
        told: Callable[[list[Alert]], None] = lambda _: None,
        advance: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Fold batches of the log.

        Args:
            batches: of one partition, in its order.
            told: takes the alerts of each batch.
            advance: takes how many records more have been folded.
        """
        for records, offsets in batches:
            outcome = self.table.step(records, offsets)
            self.alerts += outcome.alerts
            self.applied += outcome.applied
            duplicates = outcome.duplicates_by_position + outcome.duplicates_by_event
            self.duplicates += duplicates
            self.read += outcome.applied + duplicates
            told(outcome.alerts)
            advance(len(records))


def numbered(batches: Iterable[Log]) -> Iterator[Batch]:
    """Give records the offsets that they would have in a log of their own."""
    offset = 0
    for records in batches:
        yield records, range(offset, offset + len(records))
        offset += len(records)
