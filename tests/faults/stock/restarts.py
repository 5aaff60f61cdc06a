"""Restarts, rebalances and kills: is each event counted once?"""

import random
import signal
from collections import Counter
from typing import Any

from tests.faults.stock.finding import Finding, compare, scenario
from tests.faults.stock.scene import PARTITIONS, Scene, Worker, fold, settled
from tests.faults.stock.writes import finish
from tests.live.kafka import unique, wait_for

BACKLOG = 1_000  # events a partition; they fit one fetch
# The race needs the first fetch to arrive while offsets are asked for: so several distances.
ROUND_TRIPS_MS = (4, 2, 8, 20) * 2


@scenario("1", "a clean restart with a backlog and a table skips no event and repeats none")
def restart(scene: Scene) -> Finding:
    """Restarts, each of a new app with a broker at another distance, until one goes wrong."""
    for number, round_trip_ms in enumerate(ROUND_TRIPS_MS, 1):
        scene.proxy.delay_seconds = round_trip_ms / 2_000
        topic = scene.source(BACKLOG)
        plan = {"id": unique("stock"), "topic": topic, "table": True, "event_seconds": 0.002}
        runs, committed = _restarted(scene, plan)
        skipped, repeated = sum(_skipped(*runs).values()), _repeated(*runs)
        seen = f"restart {number}, round trip {round_trip_ms} ms: of {BACKLOG * PARTITIONS} events "
        seen += f"{skipped} skipped, {repeated} done twice; committed in the end {committed}"
        if skipped or repeated:
            break
    return Finding(not skipped and not repeated, seen)


def _restarted(scene: Scene, plan: dict[str, Any]) -> tuple[list[Worker], list[int]]:
    """Work a while, restart, work until all stands still; return the workers and commits."""
    with scene.working(by_proxy=True, **plan) as first:
        wait_for("work", lambda: len(first.done()) > BACKLOG // 2, 60)
        first.process.send(signal.SIGTERM)
        assert first.ends(), "the first worker did not end"
    with scene.working(by_proxy=True, **plan) as second:
        wait_for("work", second.done, 60)
        settled(lambda: len(second.done()))
        committed = scene.committed(plan["id"], plan["topic"])
    return [first, second], list(committed.values())


def _skipped(*workers: Worker) -> dict[int, int]:
    """Return how many events below the last one done were left out, where there are any."""
    done: dict[int, set[int]] = {}
    for partition, offset in _times(*workers):
        done.setdefault(partition, set()).add(offset)
    left_out = {partition: max(seen) + 1 - len(seen) for partition, seen in done.items()}
    return {partition: count for partition, count in left_out.items() if count}


def _repeated(*workers: Worker) -> int:
    times = _times(*workers)
    return times.total() - len(times)


@scenario("2", "what is done when partitions are revoked is committed, and not done again")
def revoke(scene: Scene) -> Finding:
    """A second worker joins while the first one works; the commit interval is Faust's own."""
    count = 800
    topic = scene.source(count)
    plan = {"id": unique("stock"), "topic": topic, "event_seconds": 0.005}
    with scene.working(**plan) as first:
        wait_for("work", lambda: len(first.done()) > 200)
        with scene.working(**plan) as second:
            workers = (first, second)
            wait_for("all", lambda: len(_times(*workers)) == count * PARTITIONS, 120)
            repeated = _repeated(*workers)
    return Finding(not repeated, f"{repeated} events done twice in one rebalance")


def _times(*workers: Worker) -> Counter[tuple[int, int]]:
    return Counter(event for worker in workers for event in worker.done())


@scenario("10", "after kill -9 at random points the table is the fold of the log")
def kills(scene: Scene) -> Finding:
    """Ten workers are killed at work, and one works to the end."""
    count, rounds, chance = 5_000, 10, random.Random(10)
    topic = scene.source(count)
    plan = {"id": unique("stock"), "topic": topic, "table": True, "event_seconds": 0.001}
    # A member id of its own lets each new worker take over at once.
    plan["settings"] = {"consumer_group_instance_id": "one"}
    changelog = scene.changelog(plan["id"])
    workers = []
    for _ in range(rounds):
        with scene.working(**plan) as worker:
            workers.append(worker)
            wanted = chance.randrange(1, 1_500)
            wait_for("work", lambda w=worker, n=wanted: len(w.done()) > n, 60)
    with scene.working(**plan) as worker:
        workers.append(worker)
        end = finish(scene, plan, worker)
    never = count * PARTITIONS - len(_times(*workers))
    when = f"after {rounds} kills, {never} events never done, {end} committed"
    return compare(scene.counts(changelog), fold(count), when)
