"""A synthetic load of any size: orders with promises, deliveries, some of them late, and tickets.

Made by vectors, so that a million customers take seconds. Every customer orders once before
anybody does again at random; the log is in event time, a report after each day and each batch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from pipeline.units import DAY_MS, HOUR_MS
from schemas.activity import Activity, Kind
from schemas.log import Record
from schemas.progress import Progress, SourceProgress

START_MS = 1_767_225_600_000  # 2026-01-01
DAYS = 60
BATCH = 8192
TOPICS = {"orders": 0, "support-tickets": 1, "touchpoints": 2}

Log = list[Record]
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Load:
    """Events as columns, in event time."""

    customer: Array
    kind: Array
    at_ms: Array
    due_ms: Array
    item: Array
    topic: Array

    def __len__(self) -> int:
        return len(self.at_ms)

    def batches(self, begin: int = 0, end: int | None = None, size: int = BATCH) -> Iterator[Log]:
        """Yield a part of the log, in batches of `size` activities."""
        end = len(self) if end is None else end
        for first in range(begin, end, size):
            yield self._log(first, min(first + size, end))

    def progress(self, at_ms: int, next_offset: int) -> Progress:
        """Return a report that every source has been read to an instant."""
        gaps = [(0, START_MS)] if next_offset == 0 else []
        return Progress(
            [SourceProgress(topic, 0, 1, next_offset, at_ms, gaps=gaps) for topic in TOPICS]
        )

    def _log(self, begin: int, end: int) -> Log:
        activities = self._activities(begin, end)
        days = self.at_ms[begin:end] // DAY_MS
        cuts = [begin, *(np.flatnonzero(np.diff(days)) + 1 + begin).tolist(), end]
        records: Log = [] if begin else [self.progress(START_MS, 0)]
        for first, after in pairwise(cuts):
            records += activities[first - begin : after - begin]
            records.append(self.progress(int(self.at_ms[after - 1]), after))
        return records

    def _activities(self, begin: int, end: int) -> list[Activity]:
        part = slice(begin, end)
        names = list(TOPICS)
        placed = (self.kind[part] == Kind.ORDER_PLACED).tolist()
        return list(
            map(
                Activity,
                map("c{:09d}".format, self.customer[part].tolist()),
                self.kind[part].tolist(),
                self.at_ms[part].tolist(),
                map("event-{:010d}".format, range(begin, end)),
                (names[code] for code in self.topic[part].tolist()),
                repeat(0),
                range(begin, end),
                repeat(0),
                map("item-{:010d}".format, self.item[part].tolist()),
                (40.0 + place % 50 if is_order else None for place, is_order in enumerate(placed)),
                ("EUR" if is_order else "" for is_order in placed),
                self.due_ms[part].tolist(),
            )
        )


def make_load(customers: int, orders: int, seed: int = 7) -> Load:
    """Return the events of so many customers and orders: about 2.2 for each order."""
    rng = np.random.default_rng(seed)
    placed_ms = START_MS + np.sort(rng.integers(0, DAYS * DAY_MS, orders))
    customer = np.r_[rng.permutation(customers), rng.integers(0, customers, orders - customers)]
    promised_ms = placed_ms + 5 * DAY_MS
    delivered_ms = placed_ms + (rng.lognormal(1.1, 0.4, orders) * DAY_MS).astype(np.int64)
    ticket = np.flatnonzero(rng.random(orders) < 0.1)
    opened_ms = placed_ms[ticket] + rng.integers(HOUR_MS, 6 * DAY_MS, len(ticket))
    resolved_ms = opened_ms + (rng.lognormal(0.3, 0.8, len(ticket)) * DAY_MS).astype(np.int64)
    number, no = np.arange(orders), np.zeros(orders, np.int64)
    parts = [
        (customer, no + Kind.ORDER_PLACED, placed_ms, promised_ms, number, no),
        (customer, no + Kind.ORDER_DELIVERED, delivered_ms, no, number, no),
    ]
    of, nil = customer[ticket], np.zeros(len(ticket), np.int64)
    for kind, at_ms in ((Kind.TICKET_OPENED, opened_ms), (Kind.TICKET_RESOLVED, resolved_ms)):
        parts.append((of, nil + kind, at_ms, nil, orders + ticket, nil + 1))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    kept = np.flatnonzero(columns[2] < START_MS + DAYS * DAY_MS)
    order = kept[np.argsort(columns[2][kept], kind="stable")]
    return Load(*(column[order] for column in columns))


def new_table() -> ActivityTable:
    """Return an empty table of the default settings."""
    return ActivityTable(PipelineSettings(), "customer-activity")


def fold(table: ActivityTable, log: Log, offset: int = 0) -> int:
    """Fold a batch; return the offset that follows."""
    table.step(log, range(offset, offset + len(log)))
    return offset + len(log)
