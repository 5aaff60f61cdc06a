"""Windows: is each one closed, once, whatever its partition and whoever restarts?"""

import signal
import time
from contextlib import suppress
from typing import Any

from tests.faults.stock.finding import Finding, scenario
from tests.faults.stock.scene import Scene, Worker
from tests.live.kafka import unique, wait_for

PARTITIONS = 3
SIZE_SECONDS, EXPIRES_SECONDS = 5.0, 1.0
AHEAD_SECONDS = 20.0  # so that no window ends while a worker is started or stopped
CLOSED_SECONDS_MAX = AHEAD_SECONDS + SIZE_SECONDS + EXPIRES_SECONDS + 10.0  # looked at each second


def windowed(scene: Scene) -> dict[str, Any]:
    """Make a topic, and the plan of its worker."""
    topic = scene.kafka.make_topic(unique("events"), PARTITIONS)
    plan = {"id": unique("stock"), "topic": topic, "partitions": PARTITIONS}
    plan |= {"windowed": (SIZE_SECONDS, EXPIRES_SECONDS), "settings": {"table_cleanup_interval": 1}}
    return plan


def ahead_ms() -> int:
    """Return a moment in a window that ends `AHEAD_SECONDS` from now, or a little later."""
    return int((time.time() + AHEAD_SECONDS) * 1000)


@scenario("6a", "the same window in three partitions is closed three times")
def three_partitions(scene: Scene) -> Finding:
    """One event in each partition, all at the same moment."""
    plan = windowed(scene)
    with scene.working(**plan) as worker:
        wait_for("the worker", worker.is_restored)
        moment = ahead_ms()
        for partition in range(PARTITIONS):
            scene.append(plan["topic"], partition, [(b"%d" % partition, b"event")], moment)
        wait_for("the events", lambda: len(worker.done()) == PARTITIONS)
        closed = _closed(worker, PARTITIONS)
    return Finding(closed == PARTITIONS, f"{closed} of {PARTITIONS} closed")


@scenario("6b", "a window that was open at a restart is closed after it")
def restart(scene: Scene) -> Finding:
    """The worker is stopped before the window ends; the next one restores it from its changelog."""
    plan = windowed(scene)
    with scene.working(**plan) as first:
        wait_for("the worker", first.is_restored)
        scene.append(plan["topic"], 0, [(b"a", b"event")], ahead_ms())
        changelog = scene.windows_changelog(plan["id"])
        # Its row, not the event only: a stop at once may lose it, and that is another matter (9).
        rows = wait_for("the row", lambda: scene.records(changelog, PARTITIONS))
        first.process.send(signal.SIGTERM)
        assert first.ends(), "the first worker did not end"
        assert not first.notes("closed"), "the window was closed before the restart"
    with scene.working(**plan) as second:
        wait_for("the worker", second.is_restored)
        closed = _closed(second, 1)
    return Finding(closed == 1, f"{len(rows)} row of a window to restore, {closed} closed")


def _closed(worker: Worker, wanted: int) -> int:
    """Return how many windows were closed, waiting for so many."""
    # That one is never closed shows only as nothing happening for long.
    with suppress(AssertionError):
        wait_for("closed", lambda: len(worker.notes("closed")) == wanted, CLOSED_SECONDS_MAX)
    return len(worker.notes("closed"))
