"""A million customers restored from their changelog: speed, memory, and how long the loop is held.

    python -m benchmarks.restore [customers]

It starts a Kafka node of its own and writes the changelog first, the way live workers do. Read
back is it by processes of their own: one with nothing but the shards, one for each number of
restores at a time, and a whole worker. The wall clock is taken, and beside it, for how long
the loop is held, the processor's: the machine may be shared.
"""

import asyncio
import json
import logging
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from agents import metrics
from agents.broker.choose import local_broker
from agents.connection import runtime_settings
from agents.live import restoring
from agents.live.restoring import Restorer
from agents.live_settings import CHANGELOG
from agents.settings import Settings, load_settings
from benchmarks.changelog import fill, new_shard
from benchmarks.figures import Figure, show
from benchmarks.site import Site

CUSTOMERS, PARTITIONS = 1_000_000, 8
AT_ONCE = (1, 2, 4)
LOOK_SECONDS = 0.001
BYTES_MAX = 640


@dataclass
class Restored:
    """What restoring all partitions came to."""

    at_once: int
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    records: int = 0
    customers: int = 0
    held_bytes: int = 0  # by the tables, as they say
    grown_bytes: int = 0  # the peak of the process, over what it was before
    late_ms: list[float] = field(default_factory=list)  # how long others waited for the loop
    busy_ms: list[float] = field(default_factory=list)  # the processor's time in that

    def figures(self) -> Iterator[Figure]:
        """Yield them."""
        spent = f"{self.seconds:.1f} s, of them {self.cpu_seconds:.1f} s of processor time"
        name = f"restored, {self.at_once} at a time, records/s"
        yield Figure(name, f"{self.records / self.seconds:,.0f}", f"{self.records:,} in {spent}")
        each = f"{self.held_bytes / self.customers:.0f} by what the tables say"
        grown = f"{self.grown_bytes / self.customers:,.0f}"
        yield Figure("  bytes per customer, as the process grew at most", grown, each)
        late, busy = (np.percentile(each, (99, 100)) for each in (self.late_ms, self.busy_ms))
        note = f"p99 {late[0]:.0f}; of the processor: max {busy[1]:.0f}, p99 {busy[0]:.0f}"
        yield Figure("  the loop is held, max, ms", f"{late[1]:.0f}", note)


async def restore(settings: Settings, at_once: int) -> Restored:
    """Restore all partitions, so many at a time, as a worker does."""
    restoring.RESTORES_MAX = at_once  # type: ignore[misc]
    topic, core = settings.kafka.topic(CHANGELOG), settings.pipeline()
    restorer = Restorer(runtime_settings(settings), core, topic)
    shards = [new_shard(settings, partition) for partition in range(PARTITIONS)]
    restored, before = Restored(at_once), _peak_bytes()
    watching = asyncio.create_task(_watch_loop(restored))
    began, processor = time.perf_counter(), time.process_time()
    headers = await asyncio.gather(*map(restorer.restore, shards))
    restored.seconds = time.perf_counter() - began
    restored.cpu_seconds = time.process_time() - processor
    watching.cancel()
    for shard, header in zip(shards, headers, strict=True):
        shard.begin(header, 0)
    records = metrics.REGISTRY.get_sample_value("churnwatch_restore_records_total")
    restored.records = round(records or 0)
    restored.customers = sum(len(shard.table) for shard in shards)
    restored.held_bytes = sum(shard.table.nbytes for shard in shards)
    restored.grown_bytes = _peak_bytes() - before
    return restored


async def _watch_loop(restored: Restored) -> None:
    """Note how much later than asked, and after how much work, the loop comes round."""
    while True:
        began, processor = time.perf_counter(), time.process_time()
        await asyncio.sleep(LOOK_SECONDS)
        late = time.perf_counter() - began - LOOK_SECONDS
        restored.late_ms.append(1e3 * late)
        restored.busy_ms.append(1e3 * (time.process_time() - processor))


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def figures(broker: str, folder: Path, customers: int) -> Iterator[Figure]:
    """Yield all of them, on one changelog."""
    # By the clock of the data: what a restored worker does next is not measured.
    site = Site(broker, folder, "restore", PARTITIONS, clock="event")
    yield from asyncio.run(fill(site.settings, customers)).figures()
    for at_once in AT_ONCE:
        yield from _in_a_process(site, at_once).figures()
    began = time.perf_counter()
    with site.worker() as worker:
        took = worker.ready() - began
        peak, spent = worker.peak_bytes(), worker.cpu_seconds()
    note = f"{spent:.1f} s of processor time; {restoring.RESTORES_MAX} restores at a time"
    yield Figure("a worker, from its start until it is ready, s", f"{took:.1f}", note)
    each = f"{peak / customers:,.0f} bytes per customer; the aim for the table is {BYTES_MAX}"
    yield Figure("  its peak, MB", f"{peak / 1e6:,.0f}", each)


def _in_a_process(site: Site, at_once: int) -> Restored:
    command = [sys.executable, "-m", "benchmarks.restore", "read", str(site.path), str(at_once)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Restored(**json.loads(done.stdout))


def main() -> None:
    """Print the figures for the number of customers given."""
    logging.disable(logging.WARNING)
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS
    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="churnwatch-restore-") as there, local_broker("kafka") as broker:
        title = f"{customers:,} customers restored (load average at the start: {load:.1f})"
        show(title, figures(broker.bootstrap, Path(there), customers))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["read", path, at_once]:
            logging.disable(logging.WARNING)
            found = asyncio.run(restore(load_settings(Path(path)), int(at_once)))
            print(json.dumps(asdict(found)))
        case _:
            main()
