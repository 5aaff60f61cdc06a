"""A worker that slept through its session, and wakes: does it still write?"""

import json
import signal
from collections.abc import Iterable

from aiokafka import ConsumerRecord

from tests.faults.proxy import JOIN_GROUP
from tests.faults.stock.finding import Finding, scenario
from tests.faults.stock.scene import Scene, Worker, settled
from tests.live.kafka import unique, wait_for

JOIN_SECONDS = 600.0  # so that all the woken one writes is written while it is no member


@scenario("11", "a worker that wakes after its session has ended changes nothing")
def zombie(scene: Scene) -> Finding:
    """It is stopped (SIGSTOP) at work; another one does the rest; then it goes on (SIGCONT)."""
    topic = scene.source(1_000)
    alerts = scene.kafka.make_topic(unique("alerts"), 1)
    plan = {"id": unique("stock"), "topic": topic, "table": True, "alerts": alerts}
    plan |= {"event_seconds": 0.002, "settings": {"broker_session_timeout": 6}}
    changelog = scene.changelog(plan["id"])
    scene.proxy.delay_seconds = 0.01
    with scene.working(by_proxy=True, **plan) as first:
        wait_for("work", lambda: len(first.done()) > 500)
        first.process.send(signal.SIGSTOP)
        with scene.working(**plan) as second:
            wait_for("a take-over", second.done, 60)
            settled(lambda: len(second.done()))
            rows, sent = scene.records(changelog), scene.records(alerts, 1)
            scene.proxy.request_delay_seconds[JOIN_GROUP] = JOIN_SECONDS
            first.process.send(signal.SIGCONT)
            joins = first.said.read_text().count("(Re-)joining")
            wait_for("news", lambda: first.said.read_text().count("(Re-)joining") > joins, 60)
            settled(lambda: (len(scene.records(changelog)), len(scene.records(alerts, 1))))
            new_rows = by(first, scene.records(changelog))
            new_alerts = by(first, scene.records(alerts, 1))
    # A partition's records come in order, partitions do not: what is new is so by its place.
    old = {(record.partition, record.offset) for record in rows}
    new_rows = [record for record in new_rows if (record.partition, record.offset) not in old]
    new_alerts = [alert for alert in new_alerts if alert.offset >= len(sent)]
    known = set(map(event_of, sent))
    doubled = sum(event_of(alert) in known for alert in new_alerts)
    seen = f"the woken one wrote {len(new_rows)} rows over those of the new owner, and "
    seen += f"{len(new_alerts)} alerts, {doubled} of which the new owner had sent"
    return Finding(not new_rows and not new_alerts, seen)


def by(worker: Worker, records: Iterable[ConsumerRecord]) -> list[ConsumerRecord]:
    """Return what this worker wrote."""
    return [record for record in records if worker.name.encode() in record.value]


def event_of(alert: ConsumerRecord) -> tuple[int, int]:
    """Return the partition and offset of an alert's event."""
    partition, offset, _ = json.loads(alert.value)
    return partition, offset
