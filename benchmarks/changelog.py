"""A changelog as live workers leave it, written the way they write: for the benchmark of restores.

Each partition's customers are folded from a synthetic load. A tenth of the rows is written before
its end and again after it, and a hundredth of the customers is forgotten at last: what a topic not
fully compacted holds.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from agents.connection import send_settings, transactional_id
from agents.live.muting import Muting
from agents.live.shard import Shard, ShardOutlets
from agents.live_settings import ALERTS, CHANGELOG, LOG
from agents.runtime.collecting import collect_less
from agents.runtime.transactions import Transactor
from agents.settings import Settings
from benchmarks.figures import Figure
from benchmarks.held import Held
from benchmarks.load import TOPICS, Load, fold, make_load
from pipeline.table import ActivityTable
from pipeline.units import DAY_MS, Ints
from schemas.activity import Activity, Kind
from schemas.reset import Reset

ROWS_AT_ONCE = 10_000  # as `flush.rows_max`
TWICE, FORGOTTEN = 10, 100  # one customer of so many
SECONDS_MAX = 60.0


@dataclass
class Filling:
    """What writing came to."""

    customers: int = 0
    records: int = 0
    seconds: float = 0.0  # in snapshots and transactions
    take_ms: list[float] = field(default_factory=list)  # processor time of a full snapshot
    commit_ms: list[float] = field(default_factory=list)  # of its transaction
    held: Held = field(default_factory=Held)

    def figures(self) -> Iterator[Figure]:
        """Yield them."""
        note = f"of {self.customers:,} customers, those twice and gone, and headers"
        yield Figure("records in the changelog", f"{self.records:,}", note)
        note = f"in transactions of {ROWS_AT_ONCE:,} rows, one after another"
        yield Figure("written, rows/s", f"{self.records / self.seconds:,.0f}", note)
        for what, taken, of in (
            ("a transaction", self.commit_ms, "wall clock"),
            ("a snapshot", self.take_ms, "processor time"),
        ):
            if taken:
                note = f"median by the {of}; max {max(taken):.0f}"
                yield Figure(f"  {what}, ms", f"{statistics.median(taken):.0f}", note)
        yield self.held.figure("  writing")


async def fill(settings: Settings, customers: int) -> Filling:
    """Write the changelog of so many customers, partition by partition."""
    collect_less()  # as a worker does
    filling, partitions = Filling(), settings.topics.log_partitions
    for partition in range(partitions):
        transactor = Transactor(send_settings(settings), transactional_id(settings, partition))
        await transactor.start()
        writer = _Writer(new_shard(settings, partition), transactor, filling)
        await writer.write(_load(customers // partitions, partition, partitions))
        await transactor.close()
    return filling


def new_shard(settings: Settings, partition: int) -> Shard:
    """Return an empty shard."""
    kafka = settings.kafka
    outlets = ShardOutlets(
        alerts=kafka.topic(ALERTS),
        alert_partitions=settings.topics.alert_partitions,
        changelog=kafka.topic(CHANGELOG),
    )
    return Shard(settings.pipeline(), outlets, kafka.topic(LOG), partition, Muting(0))


def _load(customers: int, partition: int, partitions: int) -> Load:
    """Return the events of one partition; no customer is in two."""
    load = make_load(customers, customers * 11 // 10, seed=partition)
    return replace(load, customer=load.customer * partitions + partition)


@dataclass
class _Writer:
    """Folds and writes one shard; the log itself stays empty, so its next offset stays 0."""

    shard: Shard
    transactor: Transactor
    filling: Filling
    offset: int = 0

    async def write(self, load: Load) -> None:
        """Fold a load, and write what comes of it."""
        table, cut = self.shard.table, len(load) * 9 // 10
        self._fold(load, 0, cut)
        await self._write(table.store.everyone()[::TWICE])
        self._fold(load, cut, len(load))
        await self._write(table.store.everyone())
        self._forget(table, table.store.everyone()[::FORGOTTEN])
        # The sources are as empty as the log: a worker must not take them for made anew.
        self.offset = fold(table, [Reset(topic) for topic in TOPICS], self.offset)
        await self._write(np.zeros(0, np.int64))
        self.filling.customers += len(table)

    def _fold(self, load: Load, begin: int, end: int) -> None:
        for log in load.batches(begin, end):
            self.offset = fold(self.shard.table, log, self.offset)
        self.shard.table.store.take_changed()

    def _forget(self, table: ActivityTable, row: Ints) -> None:
        at_ms = table.clock.now_ms + DAY_MS
        ids = [table.store.ids[number] for number in row.tolist()]
        self.offset = fold(
            table,
            [
                Activity(who, int(Kind.FORGET), at_ms, f"forget-{who}", "touchpoints", 0, place)
                for place, who in enumerate(ids)
            ],
            self.offset,
        )

    async def _write(self, row: Ints) -> None:
        """Write rows as if they had just changed, and who is gone."""
        store = self.shard.table.store
        for begin in range(0, max(len(row), 1), ROWS_AT_ONCE):
            some = row[begin : begin + ROWS_AT_ONCE]
            store.put(some, store.gather(some)[0])
            async with self.filling.held:
                await self._flush()

    async def _flush(self) -> None:
        filling, began, processor = self.filling, time.perf_counter(), time.process_time()
        snapshot = self.shard.take()
        taken, take_seconds = time.perf_counter(), time.process_time() - processor
        await self.transactor.commit(snapshot.rows, SECONDS_MAX)
        done = time.perf_counter()
        filling.seconds += done - began
        filling.records += len(snapshot.rows)
        if len(snapshot.rows) > ROWS_AT_ONCE:  # with its header
            filling.take_ms.append(1e3 * take_seconds)
            filling.commit_ms.append(1e3 * (done - taken))
