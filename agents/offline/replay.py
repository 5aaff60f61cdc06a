"""Folding a log into one table, from files instead of Kafka: what `churnwatch replay` does."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from agents.files.blocks import Refused
from agents.offline.intake_replay import Log
from agents.offline.tally import Tally
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from pipeline.units import NEVER
from schemas.alert import Alert
from schemas.rejection import Reason

TOPIC: Final = "customer-activity"

Batch = tuple[Log, Sequence[int]]  # records of the log, and their offsets


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
    tally: Tally = field(default_factory=Tally)

    @classmethod
    def of(cls, settings: PipelineSettings) -> "Replay":
        """Return a replay that has not begun."""
        return cls(ActivityTable(settings, TOPIC))

    @property
    def first_ms(self) -> int:
        """Return the earliest event time of any customer, 0 without one."""
        _, rows = self.table.store.gather(self.table.store.everyone())
        first_ms = rows["first_ms"]
        return int(first_ms[first_ms > 0].min(initial=NEVER)) % NEVER

    @property
    def now_ms(self) -> int:
        """Return the instant that the result is as of: the clock of the log."""
        return self.table.clock.now_ms

    def fold(self, records: Log, offsets: Sequence[int]) -> list[Alert]:
        """Fold a batch of the log, in its order; return the alerts."""
        outcome = self.table.step(records, offsets)
        self.tally.hear(records)
        self.alerts += outcome.alerts
        self.applied += outcome.applied
        duplicates = outcome.duplicates_by_position + outcome.duplicates_by_event
        self.duplicates += duplicates
        self.read += outcome.applied + duplicates + outcome.refused
        return outcome.alerts

    def reject(self, refused: Iterable[Refused]) -> None:
        """Count what was refused."""
        self.rejected.update(each.reason for each in refused)


def numbered(batches: Iterable[Log]) -> Iterator[Batch]:
    """Give records the offsets that they would have in a log of their own."""
    offset = 0
    for records in batches:
        yield records, range(offset, offset + len(records))
        offset += len(records)
