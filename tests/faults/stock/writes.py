"""Rows and offsets: is what is committed on the broker, when the broker is slow or says no?"""

import signal
from typing import Any

from tests.faults.proxy import PRODUCE
from tests.faults.stock.finding import Finding, compare, scenario
from tests.faults.stock.scene import Scene, Worker, fold, settled
from tests.live.kafka import unique, wait_for

WRITE_SECONDS = 2.0  # how long a slow broker takes to take a write


@scenario("3a", "no offset is committed before the rows below it are on the broker: slow writes")
def slow_writes(scene: Scene) -> Finding:
    """Once an offset is ahead of the rows the worker is killed, and another one finishes."""
    count = 5_000
    topic = scene.source(count)
    plan = {"id": unique("stock"), "topic": topic, "table": True}
    plan["settings"] = {"consumer_group_instance_id": "one"}
    changelog = scene.changelog(plan["id"])
    scene.proxy.request_delay_seconds[PRODUCE] = WRITE_SECONDS

    def ahead() -> int:
        # Offsets first: rows that come meanwhile can only make less of the difference.
        committed = sum(scene.committed(plan["id"], topic).values())
        return max(0, committed - scene.counts(changelog).total())

    with scene.working(by_proxy=True, **plan):
        early = wait_for("offsets ahead of rows", ahead, 60)
    scene.proxy.close_all()
    scene.proxy.reset()
    with scene.working(by_proxy=True, **plan) as second:
        end = finish(scene, plan, second)
    left = compare(scene.counts(changelog), fold(count), f"with {end} committed in the end")
    seen = f"writes took {WRITE_SECONDS:g} s: {early} events committed without their rows"
    return Finding(False, f"{seen}; killed then: {left.seen}")


@scenario("3b", "no offset is committed before the rows below it are on the broker: refused writes")
def refused_writes(scene: Scene) -> Finding:
    """The broker refuses rows of one key in fifty for their size; the others are small."""
    count = 1_000
    topic = scene.source(count)
    plan = {"id": unique("stock"), "topic": topic, "table": True, "large_row_of": "-7"}
    changelog = scene.changelog(plan["id"], **{"max.message.bytes": "2000"})
    with scene.working(**plan) as worker:
        end = finish(scene, plan, worker)
    return compare(scene.counts(changelog), fold(count), f"with {end} committed")


@scenario("9", "after SIGTERM, with slow writes, rows and offsets agree")
def stop_with_slow_writes(scene: Scene) -> Finding:
    """Rows of 4 kB, so that four of them fill a batch; the process is given a minute to end."""
    topic = scene.source(1_000)
    plan = {"id": unique("stock"), "topic": topic, "table": True, "large_row_of": ""}
    changelog = scene.changelog(plan["id"])
    scene.proxy.request_delay_seconds[PRODUCE] = WRITE_SECONDS
    with scene.working(by_proxy=True, **plan) as worker:
        wait_for("work", lambda: len(worker.done()) > 100)
        worker.process.send(signal.SIGTERM)
        ended = worker.ends()
        done = len(worker.done())
    committed, rows = sum(scene.committed(plan["id"], topic).values()), scene.counts(changelog)
    seen = f"{done} events done, {committed} committed, {rows.total()} in the rows"
    how = "ended" if ended else "still up after 60 s"
    return Finding(ended and committed == rows.total(), f"{how}: {seen}")


def finish(scene: Scene, plan: dict[str, Any], worker: Worker) -> int:
    """Wait until nothing moves any more, and end the worker; return how many are committed."""
    wait_for("the worker", worker.is_restored, 60)
    settled(lambda: (len(worker.done()), scene.committed(plan["id"], plan["topic"])))
    worker.process.send(signal.SIGTERM)
    worker.ends()
    return sum(scene.committed(plan["id"], plan["topic"]).values())
