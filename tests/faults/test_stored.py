"""Faults in what is stored, or in what it was made with: ready or gone, and never a wrong state."""

import asyncio
import json

import msgspec
import pytest
from aiokafka import AIOKafkaProducer

from agents.live.changelog import HEADER, row_key
from tests.faults.shop import EVENT_TIME, parts, shop
from tests.faults.state import (
    CHANGELOG,
    assert_state_is_the_fold,
    assert_tables_are_the_fold,
    stored,
    tables,
)
from tests.live.kafka import wait_for
from tests.live.shop_floor import Floor, Sent


@pytest.fixture
def floor(kafka, tmp_path):
    return Floor(kafka, tmp_path, {"customer-activity": 2}, EVENT_TIME)


def run(floor, records=()):
    """Send records, have a worker fold all there is, and stop it."""
    floor.send(records)
    with floor.worker() as worker:
        worker.folded()
        assert worker.stop() == 0


def append(floor, topic, partition, key, value):
    async def send():
        async with AIOKafkaProducer(bootstrap_servers=floor.kafka.address) as producer:
            await producer.send_and_wait(floor.prefix + topic, value, key, partition=partition)

    asyncio.run(send())


def test_a_poison_row_is_passed_over_and_counted(floor):
    """Test 4: also as the very last record, behind which stock Faust waits for ever."""
    first, second = parts(shop(customers=60, days=40), 2)
    run(floor, first)
    append(floor, CHANGELOG, 0, row_key("nobody"), b"\x07 is no version")
    append(floor, CHANGELOG, 1, b"?what", b"is this")
    floor.send(second)
    with floor.worker() as worker:
        worker.folded()
        assert sum(worker.metric("churnwatch_restore_unreadable_total")) == 2
        said = worker.said.read_text()
        assert "passed over: row of 'nobody': version 7; this program reads 3." in said
        assert "passed over: a record with the key b'?what'." in said
        assert worker.stop() == 0
    append(floor, CHANGELOG, 0, row_key("nobody"), None)
    assert_state_is_the_fold(floor)


def test_a_header_that_cannot_be_read_ends_the_worker_and_rebuild_mends_it(floor):
    records = shop(customers=60, days=40)
    run(floor, records)
    append(floor, CHANGELOG, 0, HEADER, b"garbage")
    with floor.worker() as worker:
        assert worker.ended() == 2
        [line] = worker.last_words()
        assert f"{floor.prefix}{CHANGELOG}[0]: header of 7 bytes" in line
        assert line.endswith("run `churnwatch rebuild`.")
    assert floor.churnwatch("rebuild", "--yes").returncode == 0
    run(floor)
    assert_state_is_the_fold(floor)


def test_settings_that_shape_state_are_not_changed_under_way(floor):
    """The worker names the way on; after the rebuild nobody is told again, and all is new."""
    run(floor, shop(customers=80, days=60))
    sent = len(floor.alerts())
    assert sent > 10
    floor.settings = {**floor.settings, "windows": {"buckets": 8}}
    with floor.worker() as worker:
        assert worker.ended() == 2
        line = worker.last_words()[0]
        assert "set them back, or run `churnwatch rebuild`." in line
    asked = floor.churnwatch("rebuild")
    assert asked.returncode == 0
    assert "Add --yes to do it." in asked.stdout
    done = floor.churnwatch("rebuild", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Rebuilt. Workers may be started.\n")
    run(floor)
    assert len(floor.alerts()) == sent
    assert_tables_are_the_fold(floor)


def test_settings_that_only_decide_may_change(floor):
    run(floor, shop(customers=60, days=40))
    floor.settings = {**floor.settings, "frustration": {"base": 2.0}}
    run(floor)


def test_a_rebuild_that_was_cut_short_is_not_gone_on_with(floor):
    run(floor, shop(customers=40, days=30))
    [header] = [value for key, value in stored(floor)[0].items() if key == HEADER]
    begun = msgspec.msgpack.decode(header)
    begun[1] = "rebuilding"
    append(floor, CHANGELOG, 0, HEADER, msgspec.msgpack.encode(begun))
    with floor.worker() as worker:
        assert worker.ended() == 2
        assert "a rebuild was begun and not finished" in worker.last_words()[0]
    assert floor.churnwatch("rebuild", "--yes").returncode == 0
    run(floor)
    assert_state_is_the_fold(floor)


def test_no_rebuild_while_a_worker_runs(floor):
    with floor.worker() as worker:
        worker.wait("its partitions", lambda: floor.held_by(worker))
        done = floor.churnwatch("rebuild", "--yes")
        assert done.returncode == 1
        assert f"a worker of group {floor.prefix}churnwatch is running" in done.stderr
        assert worker.stop() == 0


def test_who_is_forgotten_is_gone_from_what_is_stored_and_told_of_no_more(floor):
    run(floor, shop(customers=80, days=60, until_now=True))
    open_alerts = {}
    for alert in floor.alerts():
        open_alerts[alert.customer_id, alert.kind] = alert
    standing = {"raised", "escalated", "eased"}
    (customer_id, kind), _ = next(
        (key, alert) for key, alert in open_alerts.items() if alert.state in standing
    )
    asked = floor.churnwatch("forget", customer_id)
    assert asked.returncode == 0
    assert "It cannot be undone." in asked.stdout
    done = floor.churnwatch("forget", customer_id, "--yes")
    assert done.returncode == 0, done.stderr
    with floor.worker() as worker:
        worker.folded()
        key = f"{customer_id}/{kind}".encode()
        wait_for(
            "the alert to be void",
            lambda: [r.value for r in floor.records("churn-alerts") if r.key == key][-1] is None,
        )
        assert worker.stop() == 0
    assert all(row_key(customer_id) not in compacted for compacted in stored(floor))
    last = [r for r in floor.records(CHANGELOG) if r.key == row_key(customer_id)][-1]
    assert last.value is None, "a tombstone, so that compaction deletes what was there"


def test_a_flood_of_made_up_customers_does_not_kill_the_worker(floor):
    """At the cap nobody new is taken in; that is counted, and who is known goes on."""
    first, second = parts(shop(customers=40, days=30), 2)
    floor.settings = {**floor.settings, "retention": {"customers_max": 100}}
    run(floor, first)
    floor.send([*made_up(2_000), *second])
    with floor.worker() as worker:
        worker.folded()
        assert sum(worker.metric("churnwatch_watch_refused_total")) > 0
        assert max(worker.metric("churnwatch_watch_customers")) == 100
        assert worker.stop() == 0
    assert_state_is_the_fold(floor)
    assert [len(table) for table, _ in tables(floor)] == [100, 100]


def made_up(count):
    """One order each of customers that do not exist, at the shop's first instant."""
    first_ms = json.loads(shop(customers=40, days=30)[0].value)["occurred_at"]
    for number in range(count):
        who = f"made-up-{number}"
        order = {"event_id": who, "order_id": who, "customer_id": who, "status": "placed"}
        value = json.dumps({**order, "occurred_at": first_ms}).encode()
        yield Sent("orders", who.encode(), value)
