"""A million customers restored from their changelog: speed, memory, and how long the loop is held.

    python -m benchmarks.restore [customers]

It starts a Kafka node of its own and writes the changelog as live workers do. It is read back in
fresh processes: with nothing but the shards, once for each number of restores at a time, and by a
whole worker. The wall clock is taken, and the processor's beside it: the machine may be shared.
"""

import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from agents import metrics
from agents.broker.choose import local_broker
from agents.connection import runtime_settings
from agents.live import restoring
from agents.live.restoring import Restorer
from agents.live_settings import CHANGELOG
from agents.runtime.collecting import collect_less
from agents.settings import Settings, load_settings
from benchmarks.changelog import fill, new_shard
from benchmarks.figures import Figure, memory_bytes, show
from benchmarks.held import Held
from benchmarks.site import Running, Site

CUSTOMERS, PARTITIONS = 1_000_000, 8
AT_ONCE = (1, 2, 4)
BYTES_MAX = 640


async def restore(settings: Settings, at_once: int) -> list[Figure]:
    """Restore all partitions, so many at a time, as a worker does; return the figures."""
    collect_less()
    restoring.RESTORES_MAX = at_once
    topic, core = settings.kafka.topic(CHANGELOG), settings.pipeline()
    restorer = Restorer(runtime_settings(settings), core, topic)
    shards = [new_shard(settings, partition) for partition in range(PARTITIONS)]
    before, began, processor = memory_bytes("VmRSS"), time.perf_counter(), time.process_time()
    async with Held() as held:
        await asyncio.gather(*map(restorer.restore, shards))
    seconds, busy = time.perf_counter() - began, time.process_time() - processor
    grown = memory_bytes("VmHWM") - before
    records = metrics.REGISTRY.get_sample_value("churnwatch_restore_records_total") or 0
    customers = sum(len(shard.table) for shard in shards)
    said = sum(shard.table.nbytes for shard in shards)
    return [
        Figure(
            f"restored, {at_once} at a time, records/s",
            f"{records / seconds:,.0f}",
            f"{records:,.0f} in {seconds:.1f} s, of them {busy:.1f} s of processor time",
        ),
        Figure(
            "  bytes per customer, as the process grew at most",
            f"{grown / customers:,.0f}",
            f"{said / customers:.0f} by what the tables say; the aim is {BYTES_MAX}",
        ),
        held.figure("  restoring"),
    ]


def figures(broker: str, folder: Path, customers: int) -> Iterator[Figure]:
    """Yield all of them, on one changelog."""
    # By the clock of the data: else all that fell due since would be told, and is not measured.
    site = Site(broker, folder, "restore", PARTITIONS, clock="event")
    yield from asyncio.run(fill(site.settings, customers)).figures()
    for at_once in AT_ONCE:
        command = [sys.executable, "-m", "benchmarks.restore", "read", str(site.path), str(at_once)]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        yield from (Figure(*figure) for figure in json.loads(done.stdout))
    yield from _worker(site, customers)


def _worker(site: Site, customers: int) -> Iterator[Figure]:
    began = time.perf_counter()
    with site.worker() as worker:
        # A worker that holds no partitions yet is ready, too.
        worker.wait("to restore", lambda: _restored(worker) == PARTITIONS, 0.3)
        took = worker.ready() - began
        peak, spent = worker.peak_bytes(), worker.cpu_seconds()
    note = f"{spent:.1f} s of processor time; {restoring.RESTORES_MAX} restores at a time"
    yield Figure("a worker, from its start until it is ready, s", f"{took:.1f}", note)
    note = f"{peak / customers:,.0f} bytes per customer, all of the program included"
    yield Figure("  its peak, MB", f"{peak / 1e6:,.0f}", note)


def _restored(worker: Running) -> int:
    return round(sum(worker.metrics()["churnwatch_restore_seconds_count"]))


def main() -> None:
    """Print the figures for the number of customers given."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS
    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="churnwatch-restore-") as there, local_broker("kafka") as broker:
        title = f"{customers:,} customers restored (load average at the start: {load:.1f})"
        show(title, figures(broker.bootstrap, Path(there), customers))


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    match sys.argv[1:]:
        case ["read", path, at_once]:
            print(json.dumps(asyncio.run(restore(load_settings(Path(path)), int(at_once)))))
        case _:
            main()
