"""The pipeline on a real Kafka: throughput beside stock Faust, alert latency, idle processor time.

    python -m benchmarks.live [throughput | latency | idle]

It starts a Kafka node of its own, and a worker for each figure. The wall clock is taken: a worker
shares the machine with the broker, as here with the stock app that does the same job.
"""

import asyncio
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from agents.broker.choose import local_broker
from agents.shop.settings import ShopSettings
from benchmarks.figures import Figure, show
from benchmarks.latency import alert_latency
from benchmarks.site import Site

CUSTOMERS, DAYS = 10_000, 60
STOCK_RECORDS = 40_000
LATENCY_SECONDS, EVENTS_PER_SECOND = 60.0, 1_000
IDLE_SECONDS = 30.0


def throughput(broker: str, folder: Path) -> Iterator[Figure]:
    """Yield records per second of a worker, from the source to folded, and of the stock app."""
    # All alerts are sent, old ones too: so does the stock app.
    site = Site(broker, folder, "throughput", 4, alerts={"max_age_hours": 0})
    records = site.fill(_shop(CUSTOMERS, DAYS))
    yield Figure("records in the sources", f"{records:,}", f"{CUSTOMERS:,} customers, {DAYS} days")
    before = _stock(site)
    with site.worker() as worker:
        began = worker.ready()
        processor = worker.cpu_seconds()
        took = worker.caught_up() - began
        processor = worker.cpu_seconds() - processor
        alerts = sum(worker.metrics()["churnwatch_alerts_total"])
    note = f"{took:.1f} s, {processor / took:.0%} of a core, {alerts:,.0f} alerts"
    yield Figure("a worker, source to folded, records/s", f"{records / took:,.0f}", note)
    after = _stock(site)
    stock = (before + after) / 2
    note = f"{before:,.0f} before and {after:,.0f} after, {STOCK_RECORDS:,} records each"
    yield Figure("stock Faust, records/s", f"{stock:,.0f}", note)
    yield Figure("ratio", f"{records / took / stock:.1f}")


def latency(broker: str, folder: Path) -> Iterator[Figure]:
    """Yield the distribution of alert latency under a steady load."""
    site = Site(broker, folder, "latency", 4)
    with site.worker() as worker:
        worker.ready()
        asyncio.run(alert_latency(site, 5.0, EVENTS_PER_SECOND))  # warms up
        began = worker.cpu_seconds()
        run = asyncio.run(alert_latency(site, LATENCY_SECONDS, EVENTS_PER_SECOND))
        processor = (worker.cpu_seconds() - began) / run.spent_seconds
    pace = f"at {run.events / run.spent_seconds:,.0f} events/s for {run.spent_seconds:.0f} s"
    answered = f"{len(run.seconds):,} of {len(run.sent_at):,}"
    yield Figure("alerts read back", answered, f"{pace}, the worker at {processor:.0%} of a core")
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)):
        yield Figure(f"produce to alert read back, {name}, ms", f"{run.at(share):,.0f}")


def idle(broker: str, folder: Path) -> Iterator[Figure]:
    """Yield the processor time of a worker with nothing to do."""
    site = Site(broker, folder, "idle", 8)
    site.fill(_shop(500, 10))
    with site.worker() as worker:
        worker.ready()
        worker.caught_up()
        worker.folded()
        began, processor = time.perf_counter(), worker.cpu_seconds()
        time.sleep(IDLE_SECONDS)  # meant: the stretch itself is what is measured
        used = worker.cpu_seconds() - processor
        share = used / (time.perf_counter() - began)
    note = f"{used:.2f} s in {IDLE_SECONDS:.0f} s; 3 x 4 source partitions, 8 of the log"
    yield Figure("an idle worker, share of a core", f"{share:.1%}", note)


def _shop(customers: int, days: int) -> ShopSettings:
    start = datetime.now(UTC) - timedelta(days=days, minutes=1)
    return ShopSettings(customers=customers, days=days, history_days=days, start=start)


def _stock(site: Site) -> float:
    words = [site.broker, site.prefix, str(STOCK_RECORDS)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.stock_app", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=120,
        check=False,
    )
    said = json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])
    return float(said["records"] / said["seconds"])


PARTS: dict[str, Callable[[str, Path], Iterator[Figure]]] = {
    "throughput": throughput,
    "latency": latency,
    "idle": idle,
}


def main() -> None:
    """Print the figures of the parts given, or of all."""
    logging.disable(logging.WARNING)
    names = sys.argv[1:] or list(PARTS)
    if not set(names) <= PARTS.keys():
        sys.exit(__doc__)
    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="churnwatch-live-") as folder, local_broker("kafka") as broker:
        for name in names:
            show(
                f"Live, {name} (load average at the start: {load:.1f})",
                PARTS[name](broker.bootstrap, Path(folder)),
            )


if __name__ == "__main__":
    main()
