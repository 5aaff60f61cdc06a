"""A worker that slept through its session, and wakes: does it still write?"""

import json
import signal
from collections import Counter

from tests.faults.stock.finding import Finding, scenario
from tests.faults.stock.restarts import compare
from tests.faults.stock.scene import PARTITIONS, Scene, Worker, fold
from tests.faults.stock.writes import finish
from tests.live.kafka import unique, wait_for


@scenario("11", "a worker that wakes after its session has ended changes nothing")
def zombie(scene: Scene) -> Finding:
    """It is stopped (SIGSTOP) at work; another one does the rest; then it goes on (SIGCONT)."""
    count = 1_000
    topic = scene.source(count)
    alerts = scene.kafka.make_topic(unique("alerts"), 1)
    plan = {"id": unique("stock"), "topic": topic, "table": True, "alerts": alerts}
    plan |= {"event_seconds": 0.002, "settings": {"broker_session_timeout": 6}}
    changelog = scene.changelog(plan["id"])
    scene.proxy.delay_seconds = 0.01
    with scene.working(by_proxy=True, **plan) as first:
        wait_for("work", lambda: len(first.done()) > count // 2)
        first.process.send(signal.SIGSTOP)
        with scene.working(**plan) as second:
            ends = dict.fromkeys(range(PARTITIONS), count)
            wait_for("the rest", lambda: scene.committed(plan["id"], topic) == ends, 120)
            before = written(scene, changelog, alerts, first)
            first.process.send(signal.SIGCONT)
            wait_for("both", lambda: first.said.read_text().count("Worker ready") > 1, 60)
            after = written(scene, changelog, alerts, first)
            finish(scene, plan, second, count)
    rows, sent = (new - old for new, old in zip(after, before, strict=True))
    twice = Counter(tuple(json.loads(alert.value)[:2]) for alert in scene.records(alerts, 1))
    doubled = twice.total() - len(twice)
    left = compare(scene.counts(changelog), fold(count), "in the end")
    seen = f"the woken one wrote {rows} rows and {sent} alerts; {doubled} alerts sent twice; {left.seen}"
    return Finding(not rows and not sent, seen)


def written(scene: Scene, changelog: str, alerts: str, worker: Worker) -> tuple[int, int]:
    """Return how many rows and alerts are a worker's."""
    name = worker.name.encode()
    rows = sum(name in record.value for record in scene.records(changelog))
    return rows, sum(name in record.value for record in scene.records(alerts, 1))
