"""Restarts, rebalances and kills: is each event counted once?"""

import random
import signal
from collections import Counter

from tests.faults.stock.finding import Finding, scenario
from tests.faults.stock.scene import PARTITIONS, Scene, Worker, fold, settled
from tests.live.kafka import unique, wait_for

BACKLOG = 1_500  # events a partition; they fit one fetch
RESTARTS = 2


@scenario("1", "a clean restart with a backlog and a table skips no event and repeats none")
def restart(scene: Scene) -> Finding:
    """The broker is 20 ms away, an event takes 2 ms; the last worker reads to the end."""
    scene.proxy.delay_seconds = 0.01
    topic = scene.source(BACKLOG)
    plan = {"id": unique("stock"), "topic": topic, "table": True, "event_seconds": 0.002}
    runs: list[Worker] = []
    for _ in range(RESTARTS):
        with scene.working(by_proxy=True, **plan) as worker:
            runs.append(worker)
            wait_for("events", lambda w=worker: len(w.done()) > BACKLOG // 2, 60)
            worker.process.send(signal.SIGTERM)
            assert worker.ends(), "a worker did not end"
    with scene.working(by_proxy=True, **plan) as worker:
        runs.append(worker)
        wait_for("events", worker.done, 60)
        settled(lambda: len(worker.done()))
        committed = scene.committed(plan["id"], topic)
    skipped, repeated = _skipped(*runs), _repeated(*runs)
    seen = f"{RESTARTS} restarts, {BACKLOG * PARTITIONS} events: {sum(skipped.values())} skipped, "
    seen += f"{repeated} done twice ({sum(map(_repeated, runs))} by the same process); "
    seen += f"committed in the end {list(committed.values())}"
    return Finding(not skipped and not repeated, seen)


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
    """A member id of its own lets each new worker take over at once."""
    count, rounds, chance = 5_000, 10, random.Random(10)
    topic = scene.source(count)
    plan = {"id": unique("stock"), "topic": topic, "table": True, "event_seconds": 0.001}
    plan["settings"] = {"consumer_group_instance_id": "one"}
    changelog = scene.changelog(plan["id"])
    for _ in range(rounds):
        with scene.working(**plan) as worker:
            wanted = chance.randrange(1, 1_500)
            wait_for("work, or nothing left", lambda w=worker, n=wanted: len(w.done()) > n, 60)
    with scene.working(**plan) as worker:
        ends = dict.fromkeys(range(PARTITIONS), count)
        wait_for("the end", lambda: scene.committed(plan["id"], topic) == ends, 180)
        worker.process.send(signal.SIGTERM)
        worker.ends()
    return compare(scene.counts(changelog), fold(count), f"after {rounds} kills")


def compare(found: Counter[str], right: Counter[str], when: str) -> Finding:
    """Say how far a table is from the fold of the log."""
    wrong = sum(found[key] != right[key] for key in right)
    doubled, lost = (found - right).total(), (right - found).total()
    seen = f"{wrong} of {len(right)} rows wrong {when}: {doubled} events counted twice, {lost} lost"
    return Finding(not wrong, seen)
