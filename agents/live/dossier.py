"""A dossier: what the log says of one customer, folded from that customer's records alone."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from pipeline.census import Census, census
from pipeline.frustration_settings import CAUSES
from pipeline.items import OPEN
from pipeline.outcome import Voided
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from pipeline.units import DAY_MS
from pipeline.vocabulary import Matter
from schemas import log
from schemas.activity import Activity
from schemas.alert import Alert
from schemas.rejection import Rejection

EVENTS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class OpenMatter:
    """An order, ticket or promise that stands open."""

    what: str
    opened_ms: int
    promised_ms: int  # 0: no promise


@dataclass(slots=True)
class Dossier:
    """One customer, as one partition of the log has it."""

    customer_id: str
    table: ActivityTable
    events: deque[Activity] = field(default_factory=lambda: deque(maxlen=EVENTS_SHOWN))
    count: int = 0
    alerts: dict[str, Alert] = field(default_factory=dict)  # the last of each episode, by its id

    @classmethod
    def of(
        cls, customer_id: str, settings: PipelineSettings, topic: str, partition: int
    ) -> "Dossier":
        """Return a dossier with nothing in it."""
        return cls(customer_id, ActivityTable(settings, topic, partition))

    def concerns(self, key: bytes | None) -> bool:
        """Say whether a record with this key is needed: the customer's own, and reports of time."""
        return key is None or key == self.customer_id.encode()

    def fold(self, values: Sequence[bytes | None], offsets: Sequence[int]) -> None:
        """Take in records of the log, in its order."""
        records: list[log.Record] = []
        kept: list[int] = []
        for value, offset in zip(values, offsets, strict=True):
            record = log.decode(value)
            if isinstance(record, Rejection):
                continue
            if isinstance(record, Activity):
                if record.customer_id != self.customer_id:
                    continue
                self.events.append(record)
                self.count += 1
            records.append(record)
            kept.append(offset)
        for told in self.table.step(records, kept).in_order():
            if isinstance(told, Voided):
                self.alerts.pop(told.alert_id, None)
            elif isinstance(told, Alert):
                self.alerts[told.alert_id] = told

    @property
    def is_known(self) -> bool:
        """Say whether there is anything of the customer, forgotten ones not."""
        return bool(self.table.store.row_of(self.customer_id))

    @property
    def now_ms(self) -> int:
        """Return the instant that the dossier is as of."""
        newest_ms = max((event.occurred_at for event in self.events), default=0)
        return max(self.table.clock.now_ms, newest_ms)

    def census(self) -> Census:
        """Return the customer's row of the census."""
        return census(self.table, self.now_ms)

    def causes(self) -> Iterator[tuple[str, float]]:
        """Yield what the frustration comes from, the heaviest first; the parts sum to it."""
        table = self.table
        _, rows = table.store.gather(np.array([table.store.row_of(self.customer_id)]))
        at_ms = np.maximum(rows["seen_ms"], self.now_ms)
        known_ms = table.feeds.known_now_ms(at_ms)
        reading = table.judge.frustration.read(table.pools.items, rows, at_ms, known_ms)
        parts = zip(CAUSES, reading.parts[0].tolist(), strict=True)
        yield from sorted(parts, key=lambda part: -part[1])

    def endurance(self) -> dict[str, float]:
        """Return what endurance is made of, by name: their product."""
        table = self.table
        _, rows = table.store.gather(np.array([table.store.row_of(self.customer_id)]))
        at_ms = np.maximum(rows["seen_ms"], self.now_ms)
        found = table.judge.frustration.factors(rows, at_ms)
        return {name: float(factor[0]) for name, factor in found.items()}

    def open_matters(self) -> list[OpenMatter]:
        """Return what stands open, the oldest first."""
        pool = self.table.pools.items
        _, rows = self.table.store.gather(np.array([self.table.store.row_of(self.customer_id)]))
        found = []
        for _, slots in pool.each(rows["items"]):
            item = pool.records[slots[0]]
            if item["state"] == OPEN and item["forget_ms"] > self.now_ms:
                what = Matter(int(item["matter"])).name.lower()
                found.append(OpenMatter(what, int(item["opened_ms"]), int(item["promised_ms"])))
        return sorted(found, key=lambda matter: matter.opened_ms)

    def overdue_days(self, matter: OpenMatter) -> float:
        """Return for how long a matter is overdue, 0 if it is not."""
        late_ms = self.now_ms - matter.promised_ms if matter.promised_ms else 0
        return max(late_ms, 0) / DAY_MS
