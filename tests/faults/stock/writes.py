"""Rows and offsets: is what is committed on the broker, when the broker is slow or says no?"""

import signal
from contextlib import suppress
from typing import Any

from tests.faults.proxy import PRODUCE
from tests.faults.stock.finding import Finding, compare, scenario
from tests.faults.stock.scene import PARTITIONS, Scene, Worker, fold, settled
from tests.live.kafka import unique, wait_for

WRITE_SECONDS = 2.0  # how long a slow broker takes to take a write
ON_THE_WAY_MAX = 4 * PARTITIONS  # rows of 4 kB in the one request aiokafka has under way
AHEAD_SECONDS_MAX = 60.0
END_SECONDS = 15.0  # a worker that has done and committed nothing for so long is at its end


@scenario("3a", "no offset is committed before the rows below it are on the broker: slow writes")
def slow_writes(scene: Scene) -> Finding:
    """Once an offset is ahead of the rows the worker is killed, and another one finishes."""
    count = 5_000
    topic = scene.source(count)
    plan = {"id": unique("stock"), "topic": topic, "table": True}
    plan["settings"] = {"consumer_group_instance_id": "one"}
    changelog = scene.changelog(plan["id"])
    scene.proxy.request_delay_seconds[PRODUCE] = WRITE_SECONDS

    def committed() -> int:
        return sum(scene.committed(plan["id"], topic).values())

    def ahead() -> int:
        # Offsets first: rows that come meanwhile can only make less of the difference.
        return max(0, committed() - scene.counts(changelog).total())

    with scene.working(by_proxy=True, **plan):
        wait_for("commits", committed, 60)
        early = 0
        with suppress(AssertionError):  # that it never happens shows only as nothing for long
            early = wait_for("offsets ahead of rows", ahead, AHEAD_SECONDS_MAX)
    if not early:
        return Finding(True, f"{committed()} events committed, at no time without their rows")
    scene.proxy.close_all()
    scene.proxy.reset()
    with scene.working(by_proxy=True, **plan) as second:
        end = finish(scene, plan, second)
    left = compare(scene.counts(changelog), fold(count), f"with {end} committed in the end")
    seen = f"writes took {WRITE_SECONDS:g} s: {early} events committed without their rows"
    return Finding(False, f"{seen}; killed and cut off then: {left.seen}")


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
    """Rows of 4 kB, so that four of them fill a batch; the process is given a minute to end.

    The proxy drops the request that a process leaves behind, which a broker would still take: rows
    that may have been in it are not held against Faust.
    """
    topic = scene.source(1_000)
    plan = {"id": unique("stock"), "topic": topic, "table": True, "large_row_of": ""}
    changelog = scene.changelog(plan["id"])
    scene.proxy.request_delay_seconds[PRODUCE] = WRITE_SECONDS
    with scene.working(by_proxy=True, **plan) as worker:
        wait_for("work", lambda: len(worker.done()) > 100)
        worker.process.send(signal.SIGTERM)
        ended = worker.ends()
        done = len(worker.done())
    committed = sum(scene.committed(plan["id"], topic).values())
    rows = scene.counts(changelog).total()
    how = "ended" if ended else "still up after 60 s"
    seen = f"{how}: {done} events done, {committed} committed, {rows} in the rows"
    seen += f" (at most {ON_THE_WAY_MAX} more were under way)"
    return Finding(ended and 0 <= committed - rows <= ON_THE_WAY_MAX, seen)


def finish(scene: Scene, plan: dict[str, Any], worker: Worker) -> int:
    """Wait until nothing moves any more, and end the worker; return how many are committed."""
    wait_for("the worker", worker.is_restored, 60)
    settled(lambda: (len(worker.done()), scene.committed(plan["id"], plan["topic"])), END_SECONDS)
    worker.process.send(signal.SIGTERM)
    worker.ends()
    return sum(scene.committed(plan["id"], plan["topic"]).values())
