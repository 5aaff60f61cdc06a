"""Whatever ends a worker, what is stored is the fold of the log, and each alert was sent once."""

import os
import random
import signal

import pytest

from tests.faults.shop import EVENT_TIME, parts, shop
from tests.faults.state import assert_state_is_the_fold
from tests.live.kafka import wait_for
from tests.live.shop_floor import KILLED, Floor

KILLS = int(os.environ.get("FAULT_KILLS", "5"))  # test 10 of the list asks for 50


@pytest.fixture
def floor(kafka, tmp_path):
    return Floor(kafka, tmp_path, {"orders": 2, "customer-activity": 4}, EVENT_TIME)


def restored(worker):
    """How many records of the changelog a worker has read."""
    return sum(worker.metric("churnwatch_restore_records_total"))


def folded(worker):
    return sum(worker.metric("churnwatch_watch_records_total"))


def test_a_restart_goes_on_where_it_was_left(floor):
    """Test 1 and 9 of the list: a clean end leaves nothing to be folded again, and nothing out."""
    first, second = parts(shop(customers=120, days=50), 2)
    floor.send(first)
    with floor.worker() as worker:
        worker.folded()
        before = folded(worker)
        assert worker.stop() == 0
    assert_state_is_the_fold(floor)
    floor.send(second)
    with floor.worker() as worker:
        worker.folded()
        assert restored(worker) > 0
        assert folded(worker) < 1.5 * before, "what is stored is not folded again"
        assert worker.stop() == 0
    assert_state_is_the_fold(floor)


def test_killed_again_and_again(floor):
    """Test 10: kill -9 at seeded moments, wherever that hits it."""
    moments = random.Random(11)
    for part in parts(shop(customers=150, days=60), KILLS):
        floor.send(part)
        with floor.worker(kafka=KILLED) as worker:
            target = folded(worker) + moments.randint(1, len(part))
            worker.wait("some work", lambda t=target, w=worker: folded(w) >= t or restored(w) > 50)
            worker.stop(signal.SIGKILL)
    with floor.worker(kafka=KILLED) as worker:
        worker.folded()
        assert worker.stop() == 0
    assert_state_is_the_fold(floor)


def test_a_worker_that_was_stopped_and_wakes_up_changes_nothing(floor):
    """Test 11: SIGSTOP past the session timeout, another takes over, SIGCONT."""
    first, second, third = parts(shop(customers=120, days=60), 3)
    floor.send(first)
    with floor.worker() as sleeper, floor.worker() as other:
        sleeper.wait("work", lambda: folded(sleeper) > 0 or folded(other) > 0)
        floor.send(second)
        sleeper.process.send_signal(signal.SIGSTOP)
        other.folded()
        sleeper.process.send_signal(signal.SIGCONT)
        floor.send(third)
        wait_for("partitions to be shared again", lambda: floor.held_by(sleeper, other), 90)
        wait_for("all to be folded", lambda: floor.is_folded_by(sleeper, other), 60)
        assert [sleeper.stop(), other.stop()] == [0, 0]
    assert_state_is_the_fold(floor)


def test_a_partition_that_stays_keeps_its_table(floor):
    """A second worker comes and goes: what the first holds all along is not restored again."""
    floor.send(shop(customers=80, days=40))
    with floor.worker() as stays:
        stays.folded()
        assert restored(stays) == 0
        with floor.worker() as guest:
            guest.wait("its share", lambda: sum(guest.metric("churnwatch_watch_customers")) > 0)
            assert restored(guest) > 0
            assert restored(stays) == 0, "two of its four partitions stayed with their tables"
            assert guest.stop() == 0
        stays.folded()
        assert restored(stays) > 0, "those that came back were read"
        assert stays.stop() == 0
    assert_state_is_the_fold(floor)
