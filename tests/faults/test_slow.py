"""A broker that is slow, silent or gone: what is stored is so, and the worker is ready or gone."""

import time

import pytest

from tests.faults.proxy import PRODUCE
from tests.faults.shop import EVENT_TIME, parts, shop
from tests.faults.state import assert_state_is_the_fold
from tests.live.kafka import wait_for
from tests.live.shop_floor import Floor


@pytest.fixture
def floor(proxied, tmp_path):
    kafka, _ = proxied
    return Floor(kafka, tmp_path, {"orders": 2, "customer-activity": 4}, EVENT_TIME)


@pytest.fixture
def proxy(proxied):
    return proxied[1]


def by_proxy(proxy, **more):
    return {"kafka": {"brokers": f"127.0.0.1:{proxy.port}", **more}}


def folded(worker):
    return sum(worker.metric("churnwatch_watch_records_total"))


def test_ended_while_writes_are_slow(floor, proxy):
    """Test 3 and 9: what was not acknowledged is not passed over, and the end is in time."""
    first, second = parts(shop(customers=100, days=50), 2)
    floor.send(first)
    proxy.request_delay_seconds[PRODUCE] = 0.5
    with floor.worker(**by_proxy(proxy)) as worker:
        worker.wait("some work", lambda: folded(worker) > 100)
        floor.send(second)
        began = time.monotonic()
        assert worker.stop() == 0
        assert time.monotonic() - began < 25 + 5
    assert_state_is_the_fold(floor)
    proxy.reset()
    with floor.worker(**by_proxy(proxy)) as worker:
        worker.folded()
        assert worker.stop() == 0
    assert_state_is_the_fold(floor)


def test_restarts_with_a_backlog_and_the_broker_far_away(floor, proxy):
    """Test 1: a round trip of 20 ms; nothing is skipped, and nothing folded twice."""
    records = shop(customers=100, days=50)
    floor.send(records)
    proxy.delay_seconds = 0.01
    done = 0.0
    for share in (0.3, 0.6):
        with floor.worker(**by_proxy(proxy)) as worker:
            target = share * len(records) - done
            worker.wait("a part of it", lambda t=target, w=worker: folded(w) > t)
            assert worker.stop() == 0
        done += target
    with floor.worker(**by_proxy(proxy)) as worker:
        worker.folded()
        assert sum(worker.metric("churnwatch_watch_duplicates_total")) == 0
        assert worker.stop() == 0
    assert_state_is_the_fold(floor)


def test_a_restore_that_hears_nothing_goes_on_when_it_does(floor, proxy):
    """Test 4: silent past every request's timeout, in the middle of a restore."""
    floor.send(shop(customers=100, days=50))
    with floor.worker(**by_proxy(proxy)) as worker:
        worker.folded()
        assert worker.stop() == 0
    proxy.delay_seconds = 0.1
    with floor.worker(**by_proxy(proxy)) as worker:
        worker.wait("a restore", lambda: "restoring" in worker.get("/ready")[1] or restored(worker))
        proxy.pause()
        wait_for("not ready, and known", lambda: worker.get("/ready")[0] == 503, 60)
        wait_for("no answer for a while", lambda: "no broker" in worker.get("/ready")[1], 90)
        proxy.reset()
        worker.wait("to be ready", lambda: worker.get("/ready")[0] == 200, 120)
        worker.folded()
        assert worker.stop() == 0
    assert_state_is_the_fold(floor)


def restored(worker):
    return sum(worker.metric("churnwatch_restore_records_total"))


def test_a_broker_that_stays_away_ends_the_worker_with_one_line(floor, proxy):
    floor.send(shop(customers=60, days=30))
    with floor.worker(**by_proxy(proxy, broker_away_seconds_max=20)) as worker:
        worker.wait("some work", lambda: folded(worker) > 100)
        proxy.refuse()
        wait_for("not ready", lambda: worker.get("/ready")[0] != 200, 60)
        assert worker.ended(90) == 1
        [line] = worker.last_words()
        assert "no broker answered for" in line
        assert "Traceback" not in worker.said.read_text()
    proxy.reset()
    with floor.worker(**by_proxy(proxy)) as worker:
        worker.folded()
        assert worker.stop() == 0
    assert_state_is_the_fold(floor)
