"""All real events through a real Kafka: the same alerts as from `churnwatch replay`?

    REAL_EVENT_DATA=path/to/data python -m benchmarks.equality

Orders of online_retail and tickets of service_desk (the data is no part of the project), keyed by
customer and all produced before a worker starts, which goes by the clock of the data. Once with
one partition everywhere, once with several and another tick. Compared are customers, kinds,
states, revisions, dates and scores, up to where the clock of the log ends; and what was sent with
a fold of the log. It ends with 1 if anything differs.
"""

import asyncio
import json
import logging
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from aiokafka import AIOKafkaProducer
from faust.types import TP

from agents.broker.choose import local_broker
from agents.connection import runtime_settings
from agents.runtime.reading import read_to_end
from agents.runtime.rows import partition_for
from benchmarks.figures import Figure, show
from benchmarks.site import Site
from pipeline.table import ActivityTable
from schemas import log
from schemas.alert import Alert, AlertKind
from schemas.base import instant
from tests.realdata.convert import convert, data_folder, later

# The shop's two years ended before the desk's began: moved, the two end in the same week.
DAYS_LATER = {"orders": 1890, "support-tickets": 0}
SOURCES = {"orders": "online_retail", "support-tickets": "service_desk"}
EVENT_TIME: Mapping[str, Any] = {
    "clock": "event",
    "sources": list(SOURCES),
    "alerts": {"max_age_hours": 0},
    # Over several partitions, days without an order in one are usual.
    "feeds": {name: {"jump_hours_max": 400} for name in SOURCES},
}
LAYOUTS = (("one partition everywhere", 1, 1, 0.2), ("several partitions", 3, 4, 1.0))
# The data has no owners, and one-time buyers are not watched: `test_live_kinds.py` has all kinds.
KINDS = {
    AlertKind.FRUSTRATION,
    AlertKind.INACTIVITY,
    AlertKind.QUIET_AFTER_TROUBLE,
    AlertKind.STALLED,
}
FACTS = ("customer_id", "kind", "state", "severity", "occurred_at", "stage")
Alerts = dict[tuple[str, int], Alert]


def equality(broker: str, folder: Path, files: Mapping[str, Path]) -> Iterator[Figure]:
    """Yield what was the same, layout by layout.

    Raises:
        SystemExit: something was not.
    """
    for name, sources, log_partitions, tick_seconds in LAYOUTS:
        settings = {**EVENT_TIME, "intake": {"tick_seconds": tick_seconds}}
        site = Site(broker, folder, "equality", log_partitions, sources, **settings)
        events = asyncio.run(_produce(site, files))
        with site.worker() as worker:
            began = worker.ready()
            took = worker.caught_up() - began
            worker.folded()  # what came of it is written before it ends
        sent = asyncio.run(_alerts(site))
        folded, end = asyncio.run(_fold(site))
        live, offline = _until(end, sent), _until(end, _replayed(site, folder, files))
        yield Figure(f"{name}: events", f"{events:,}", f"{took:.1f} s to catch up")
        kinds = Counter(str(alert.kind) for alert in live.values())
        of_kind = ", ".join(f"{kind} {count:,}" for kind, count in sorted(kinds.items()))
        yield Figure("  alerts live", f"{len(live):,}", f"up to {end:%Y-%m-%d}: {of_kind}")
        yield Figure("  alerts offline", f"{len(offline):,}")
        only_live, only_offline = live.keys() - offline.keys(), offline.keys() - live.keys()
        yield Figure("  only live, only offline", f"{len(only_live)}, {len(only_offline)}")
        both = [(live[key], offline[key]) for key in live.keys() & offline.keys()]
        unlike = sum(_facts(a) != _facts(b) for a, b in both)
        yield Figure("  differ in customer, kind, state, date or stage", f"{unlike}")
        apart = max((_apart(a.score, b.score) for a, b in both), default=0.0)
        yield Figure("  scores differ by at most", f"{apart:.1e}", "of the score")
        bare = [msgspec.structs.replace(each, detected_at=each.occurred_at) for each in sent]
        to_the_bit = _by_transition(bare) == _by_transition(folded)
        yield Figure("  as a fold of the log, to the bit", "yes" if to_the_bit else "no")
        if only_live or only_offline or unlike or apart > 1e-6 or not to_the_bit:
            sys.exit("live and offline differ")
        if missing := KINDS - {alert.kind for alert in live.values()}:
            sys.exit(f"nothing was compared for {', '.join(sorted(missing))}: it did not come")


def _events(source: str, folder: Path) -> Path:
    (path,) = convert(SOURCES[source], folder / source).values()
    lines = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join(later(line, DAYS_LATER[source]) for line in lines))
    return path


async def _produce(site: Site, files: Mapping[str, Path]) -> int:
    partitions, acks = site.partitions["source"], []
    async with AIOKafkaProducer(bootstrap_servers=site.broker, linger_ms=20) as producer:
        for source, path in files.items():
            for line in path.read_bytes().splitlines():
                key = json.loads(line)["customer_id"].encode()
                topic, partition = site.prefix + source, partition_for(key, partitions)
                acks.append(await producer.send(topic, line, key, partition=partition))
        for ack in acks:
            await ack
    return len(acks)


async def _alerts(site: Site) -> list[Alert]:
    runtime, topic, found = runtime_settings(site.settings), f"{site.prefix}churn-alerts", []
    for partition in range(site.partitions["alert"]):
        async for chunk in read_to_end(runtime, TP(topic, partition)):
            found += [msgspec.json.decode(r.value, type=Alert) for r in chunk.records if r.value]
    return found


async def _fold(site: Site) -> tuple[list[Alert], datetime]:
    """Fold what the log holds; return the alerts, and where the earliest clock ends."""
    runtime, topic = runtime_settings(site.settings), f"{site.prefix}customer-activity"
    found, ends = [], []
    for partition in range(site.partitions["log"]):
        table = ActivityTable(site.settings.pipeline(), topic, partition)
        async for chunk in read_to_end(runtime, TP(topic, partition)):
            values: list[Any] = [log.decode(record.value) for record in chunk.records]
            found += table.step(values, [record.offset for record in chunk.records]).alerts
        ends.append(table.clock.now_ms)
    return found, instant(min(ends))


def _replayed(site: Site, folder: Path, files: Mapping[str, Path]) -> list[Alert]:
    """Return the alerts of a replay, as a user would run it."""
    out = folder / "offline.jsonl"
    words = ["--settings", str(site.path), "--alerts", str(out)]
    words += ["--orders", str(files["orders"]), "--tickets", str(files["support-tickets"])]
    command = [sys.executable, "-m", "agents", "replay", *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return [msgspec.json.decode(line, type=Alert) for line in out.read_bytes().splitlines()]


def _by_transition(alerts: Iterable[Alert]) -> Alerts:
    return {(alert.alert_id, alert.revision): alert for alert in alerts}


def _until(end: datetime, alerts: list[Alert]) -> Alerts:
    found = _by_transition(alert for alert in alerts if alert.occurred_at <= end)
    assert len(found) == sum(alert.occurred_at <= end for alert in alerts), "each transition once"
    return found


def _facts(alert: Alert) -> tuple[object, ...]:
    return tuple(getattr(alert, field) for field in FACTS)


def _apart(a: float, b: float) -> float:
    return 0.0 if a == b else abs(a - b) / max(abs(a), abs(b))


def main() -> None:
    """Print the figures."""
    if not data_folder().is_dir():
        sys.exit(f"no data in {data_folder()}; set REAL_EVENT_DATA to the folder that has it")
    logging.disable(logging.WARNING)
    load = os.getloadavg()[0]
    with TemporaryDirectory(prefix="churnwatch-equal-") as there, local_broker("kafka") as broker:
        folder = Path(there)
        files = {source: _events(source, folder) for source in SOURCES}
        title = f"Live against offline, on all real events (load average at the start: {load:.1f})"
        show(title, equality(broker.bootstrap, folder, files))


if __name__ == "__main__":
    main()
