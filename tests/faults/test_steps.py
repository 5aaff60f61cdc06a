"""Test 7: a step that raises. Nothing of its batch is lost or done twice, but for the culprit."""

import json

import pytest

from schemas import log
from schemas.activity import Activity
from tests.faults.shop import EVENT_TIME, shop
from tests.faults.state import LOG, assert_state_is_the_fold
from tests.live.shop_floor import Floor, Sent


@pytest.fixture
def floor(kafka, tmp_path):
    return Floor(kafka, tmp_path, {}, EVENT_TIME)


def order(customer_id, like):
    """An order of somebody, on the day of another."""
    record = {**json.loads(like.value), "event_id": customer_id, "order_id": customer_id}
    return Sent("orders", b"x", json.dumps({**record, "customer_id": customer_id}).encode())


def with_orders_of(customers, records):
    """Put an order of each customer among records, next to an order there."""
    orders = [place for place, each in enumerate(records) if each.source == "orders"]
    at = orders[len(orders) // 2]
    return [*records[:at], *(order(who, records[at]) for who in customers), *records[at:]]


def places_of(floor, customers):
    """Return the (partition, offset) of these customers' records in the log."""
    return frozenset(
        (record.partition, record.offset)
        for record in floor.records(LOG)
        if isinstance(value := log.decode(record.value), Activity)
        and value.customer_id in customers
    )


def test_the_record_to_blame_becomes_a_dead_letter_and_all_else_is_folded_once(floor):
    floor.send(with_orders_of(["culprit"], shop(customers=60, days=40)))
    with floor.worker("culprit") as worker:
        worker.folded()
        assert sum(worker.metric("churnwatch_watch_left_out_total")) == 1
        assert worker.metric("churnwatch_watch_lives_broken_total", reason="torn") == [2]
        assert worker.stop() == 0
    [place] = places_of(floor, {"culprit"})
    [letter] = floor.records("dead-letters")
    headers = dict(letter.headers)
    assert headers["reason"] == b"not_folded"
    assert headers["source-topic"].decode() == floor.prefix + LOG
    assert (int(headers["source-partition"]), int(headers["source-offset"])) == place
    assert log.decode(letter.value).customer_id == "culprit"
    assert_state_is_the_fold(floor, left_out=frozenset({place}))
    with floor.worker("culprit") as worker:
        worker.folded()
        assert sum(worker.metric("churnwatch_watch_lives_broken_total")) == 0, "it is behind us"
        assert worker.stop() == 0
    assert len(floor.records("dead-letters")) == 1


def test_where_another_record_raises_too_the_worker_ends(floor):
    """Then it is not the record: to leave one out after another would lose them all."""
    floor.send(with_orders_of(["culprit", "other"], shop(customers=60, days=40)))
    with floor.worker("culprit", "other") as worker:
        assert worker.ended() == 1
        [line] = worker.last_words()
        assert "raised ValueError: a bug, after offset" in line
    assert floor.records("dead-letters") == []
    with floor.worker() as mended:
        mended.folded()
        assert mended.stop() == 0
    assert_state_is_the_fold(floor)
