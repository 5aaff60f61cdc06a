"""Restarts, rebalances and kills: is each event counted once?"""

import random
import signal
from collections import Counter

from tests.faults.stock.finding import Finding, scenario
from tests.faults.stock.scene import PARTITIONS, Scene, Worker, fold
from tests.live.kafka import unique, wait_for

BACKLOG = 10_000  # events a partition


@scenario("1", "a clean restart with a backlog and a table skips no event and repeats none")
def restart(scene: Scene) -> Finding:
    """The broker is 20 ms away, and a fetch holds thousands of events."""
    scene.proxy.delay_seconds = 0.01
    topic = scene.source(BACKLOG)
    plan = {"id": unique("stock"), "topic": topic, "table": True}
    with scene.working(by_proxy=True, **plan) as first:
        wait_for("a part of the backlog", lambda: len(first.done()) > BACKLOG, 120)
        first.process.send(signal.SIGTERM)
        assert first.ends(), "the first worker did not end"
    before = scene.committed(plan["id"], topic)
    with scene.working(by_proxy=True, **plan) as second:
        wait_for("more of it", lambda: len(second.done()) > BACKLOG // 2, 120)
        done = first.done() + second.done()
        times = Counter(done)
        ends = {p: max(offset for q, offset in done if q == p) for p in range(PARTITIONS)}
        skipped = {p: sum((p, offset) not in times for offset in range(ends[p])) for p in ends}
        repeated = sum(count - 1 for count in times.values())
        now = scene.committed(plan["id"], topic)
    seen = f"skipped after the restart, by partition: {list(skipped.values())}; repeated {repeated}"
    moved = f"committed moved from {sum(before.values())} to {sum(now.values())}"
    return Finding(not any(skipped.values()) and not repeated, f"{seen}; {moved}")


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
            repeated = sum(_times(*workers).values()) - count * PARTITIONS
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
