"""What a worker does with whatever its sources hold, on a real Kafka."""

import json
import signal
import time
from collections import Counter

import msgspec
import numpy as np
import pytest

from agents.settings import load_settings
from agents.shop.settings import ShopSettings
from agents.shop.shop import Shop
from agents.sources import SOURCES
from pipeline.table import ActivityTable
from pipeline.units import DAY_MS
from schemas import log
from schemas.activity import Activity
from schemas.base import milliseconds
from tests.live.kafka import Kafka
from tests.live.shop_floor import KILLED, Floor, Sent
from tests.pipeline.harness import facts
from tests.schemas.records import NO_RECORD

EVENT_TIME = {"clock": "event", "alerts": {"max_age_hours": 0}}
FORMS = {source.topic: source for source in SOURCES}


@pytest.fixture
def kafka(kafka_bootstrap: str) -> Kafka:
    return Kafka(kafka_bootstrap)


def settings_of(floor):
    path = floor.folder / "same.yaml"
    path.write_text(json.dumps(floor.settings))
    return load_settings(path).pipeline()


def shop(customers, days, seed=3):
    """The records of a small shop."""
    return [
        (event.source, event.record)
        for event in Shop(ShopSettings(customers=customers, days=days, seed=seed)).events()
    ]


def folded(settings, records):
    """One table with all records, in the order given; the offline truth of the facts."""
    table = ActivityTable(settings, "offline", 0)
    offsets = Counter()
    activities = []
    for source, record in records:
        it = FORMS[source]
        value = msgspec.convert(record, it.form)
        at_ms = milliseconds(value.occurred_at)
        activities.append(it.to_activity(value, at_ms, source, 0, offsets[source]))
        offsets[source] += 1
    table.step(activities, range(len(activities)))
    return table


def facts_of(tables, at_ms):
    """The facts of all customers, over the tables of all partitions."""
    known = {}
    for table in tables:
        for customer_id, of_customer in facts(table, at_ms).items():
            head = table.store.gather(np.array([table.store.row_of(customer_id)]))[1]["items"]
            of_customer["items"] = open_items(table.pools.items, head, at_ms)
            known[customer_id] = of_customer
    return known


def open_items(pool, head, at_ms):
    """The matters known at an instant; what is forgotten may be there or not."""
    fields = ("key", "opened_ms", "promised_ms", "newest_ms", "matter", "state")
    return sorted(
        tuple(int(pool.records[name][slot]) for name in fields)
        for _, slots in pool.each(head)
        for slot in slots.tolist()
        if pool.records["forget_ms"][slot] > at_ms
    )


def assert_same_facts(tables, offline, at_ms):
    live, truth = facts_of(tables, at_ms), facts_of([offline], at_ms)
    assert live.keys() == truth.keys()
    for customer_id, of_customer in truth.items():
        assert live[customer_id].pop("items") == of_customer.pop("items"), customer_id
        for name, values in of_customer.items():
            assert live[customer_id][name] == pytest.approx(values, rel=1e-6, abs=1e-6), (
                customer_id,
                name,
            )


def keyed(records, field_of):
    for source, record in records:
        key = record[field_of.get(source, "customer_id")]
        yield Sent(source, key.encode(), json.dumps(record).encode())


def test_facts_do_not_depend_on_how_sources_are_keyed(kafka, tmp_path):
    """Orders by order id, tickets by ticket id, over unlike partition counts: the same facts."""
    records = shop(customers=60, days=60)
    partitions = {"orders": 3, "support-tickets": 5, "touchpoints": 2, "customer-activity": 4}
    # Closed matters are remembered for so short that nobody comes near the cap of matters, where
    # what makes room for what does depend on the order of arrival.
    settings = {**EVENT_TIME, "items": {"closed_days": 2}}
    floor = Floor(kafka, tmp_path, partitions, settings)
    floor.send(keyed(records, {"orders": "order_id", "support-tickets": "ticket_id"}))
    with floor.worker() as worker:
        worker.folded()
        assert sum(worker.metric("churnwatch_watch_duplicates_total")) == 0
        assert worker.stop() == 0
    settings = settings_of(floor)
    _, tables = floor.refold(settings)
    logged = [log.decode(record.value) for record in floor.records("customer-activity")]
    assert sum(type(record) is Activity for record in logged) == len(records)
    end_ms = max(record.occurred_at for record in logged if type(record) is Activity)
    assert_same_facts(tables, folded(settings, records), end_ms)


def test_a_killed_intake_leaves_duplicates_in_the_log_and_none_in_the_tables(kafka, tmp_path):
    """Killed again and again in mid-batch, and before it could commit."""
    records = shop(customers=150, days=60)
    floor = Floor(kafka, tmp_path, {"orders": 2, "customer-activity": 3}, EVENT_TIME)
    floor.send(keyed(records, {}))
    for share in (0.2, 0.5, 0.8):
        with floor.worker(kafka=KILLED) as worker:
            worker.wait(
                "some of the log",
                lambda share=share: (
                    sum(kafka.log_end(floor.prefix + "customer-activity", p) for p in range(3))
                    > share * len(records)
                ),
            )
            worker.stop(signal.SIGKILL)
    with floor.worker(kafka=KILLED) as worker:
        worker.folded()
        assert worker.stop() == 0
    logged = [log.decode(record.value) for record in floor.records("customer-activity")]
    activities = [record for record in logged if type(record) is Activity]
    positions = {(a.topic, a.partition, a.offset, a.index) for a in activities}
    assert len(positions) == len(records), "nothing is lost"
    assert len(activities) > len(records), "the test must have made duplicates"
    settings = settings_of(floor)
    _, tables = floor.refold(settings)
    end_ms = max(activity.occurred_at for activity in activities)
    assert_same_facts(tables, folded(settings, records), end_ms)


def good_order(number, at_ms):
    return {
        "event_id": f"good-{number}",
        "order_id": f"good-{number}",
        "customer_id": f"c{number % 7}",
        "status": "placed",
        "occurred_at": at_ms,
    }


def test_bad_input_becomes_dead_letters_untouched_and_the_good_goes_on(kafka, tmp_path):
    now_ms = time.time_ns() // 1_000_000
    floor = Floor(kafka, tmp_path, {"orders": 2}, {"alerts": {"max_age_hours": 0}})
    ill = [
        None,
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"[" * 10_000,
        json.dumps({**good_order(0, now_ms), "customer_id": ""}).encode(),
        json.dumps({**good_order(0, now_ms), "customer_id": "x" * 10_000}).encode(),
        json.dumps({**good_order(0, now_ms), "status": "teleported"}).encode(),
        json.dumps({**good_order(0, now_ms), "occurred_at": "1970-01-01T00:00:00Z"}).encode(),
        json.dumps({**good_order(0, now_ms), "occurred_at": "2999-01-01T00:00:00Z"}).encode(),
        json.dumps({**good_order(0, now_ms), "occurred_at": now_ms + DAY_MS}).encode(),
        json.dumps({**good_order(0, now_ms), "amount": -1}).encode(),
        b'{"amount": NaN}',
        b'{"pad": "' + b"x" * 1_000_000 + b'"}',
        *(value if isinstance(value, bytes) else value.encode() for value in _no_records()),
    ]
    sent = []
    for number, value in enumerate(ill):
        headers = (("h" * 100, b"v" * 1_000),) * 300 if number == 2 else ()
        sent.append(Sent("orders", b"ill-%d" % number, value, headers))
        sent.append(Sent("orders", b"c", json.dumps(good_order(number, now_ms)).encode()))
    floor.send(sent)
    with floor.worker() as worker:
        worker.folded()
        assert sum(worker.metric("churnwatch_intake_rejected_total")) == len(ill)
        assert worker.stop() == 0
    letters = {record.key: record for record in floor.records("dead-letters")}
    sources = {record.key: record for record in floor.records("orders")}
    assert letters.keys() == {each.key for each in sent if each.key.startswith(b"ill")}
    for key, letter in letters.items():
        headers, source = dict(letter.headers), sources[key]
        assert letter.value == source.value
        assert headers["source-topic"].decode() == source.topic
        assert int(headers["source-partition"]) == source.partition
        assert int(headers["source-offset"]) == source.offset
        assert headers["reason"]
        assert headers["failed-at"]
    logged = [log.decode(record.value) for record in floor.records("customer-activity")]
    good = [record for record in logged if type(record) is Activity]
    assert {activity.event_id for activity in good} == {f"good-{n}" for n in range(len(ill))}


def _no_records():
    return [case.values[0] if hasattr(case, "values") else case for case in NO_RECORD]


def test_a_value_too_large_for_the_dead_letters_is_left_out_and_said_so(kafka, tmp_path):
    floor = Floor(kafka, tmp_path, {})
    kafka_topic = floor.prefix + "touchpoints"
    kafka.delete_topic(kafka_topic)
    kafka.make_topic(kafka_topic, 1, **{"max.message.bytes": "3000000"})
    floor.send([Sent("touchpoints", b"big", b"x" * 2_000_000)])
    with floor.worker() as worker:
        worker.folded()
        assert worker.stop() == 0
    [letter] = floor.records("dead-letters")
    assert letter.key == b"big"
    assert letter.value is None
    assert dict(letter.headers)["value-omitted"] == b"value of 2000000 bytes"


def orders_of(customers, begin_ms, end_ms, every_ms):
    """Orders of customers in turn, one each `every_ms`."""
    return [
        ("orders", {**good_order(n, at_ms), "customer_id": f"c{n % customers}"})
        for n, at_ms in enumerate(range(begin_ms, end_ms, every_ms))
    ]


def test_a_source_that_stops_raises_nobody_and_the_metric_shows_it(kafka, tmp_path):
    """Forty customers order every other day until 60 days ago; then the feed is dead."""
    now_ms = time.time_ns() // 1_000_000
    stopped_ms = now_ms - 60 * DAY_MS
    records = orders_of(40, stopped_ms - 100 * DAY_MS, stopped_ms, DAY_MS // 20)
    settings = {
        "alerts": {"max_age_hours": 0},
        "sources": ["orders"],
        "inactivity": {"rule": "hiatus", "hiatus_days": 14, "hiatus_critical_days": 30},
    }
    floor = Floor(kafka, tmp_path, {"orders": 2}, settings)
    floor.send(keyed(records, {}))
    with floor.worker() as worker:
        worker.folded()
        [clock_s] = worker.metric("churnwatch_watch_clock_timestamp_seconds")
        [newest_s] = worker.metric("churnwatch_watch_feed_newest_timestamp_seconds")
        assert clock_s * 1000 > now_ms, "the clock has gone on"
        assert newest_s * 1000 == max(record["occurred_at"] for _, record in records)
        assert worker.stop() == 0
    assert floor.alerts() == []


def test_a_worker_far_behind_on_one_topic_lets_nobody_look_silent(kafka, tmp_path):
    """Orders of one partition come at the end of a long one: the clock stands at the slowest."""
    now_ms = time.time_ns() // 1_000_000
    begin_ms = now_ms - 100 * DAY_MS
    records = orders_of(40, begin_ms, now_ms, DAY_MS // 20)
    settings = {
        "alerts": {"max_age_hours": 0},
        "sources": ["orders", "support-tickets"],
        "inactivity": {"rule": "hiatus", "hiatus_days": 14, "hiatus_critical_days": 30},
    }
    floor = Floor(kafka, tmp_path, {"orders": 3, "customer-activity": 2}, settings)
    tickets = [
        Sent("support-tickets", b"t", json.dumps(_ticket(n, begin_ms + n * 1000)).encode())
        for n in range(20_000)
    ]
    floor.send([*tickets, *keyed(records, {})])
    with floor.worker() as worker:
        worker.folded()
        assert worker.stop() == 0
    assert [alert for alert in floor.alerts() if alert.kind == "inactivity"] == []


def _ticket(number, at_ms):
    return {
        "event_id": f"t{number}",
        "ticket_id": f"t{number}",
        "customer_id": f"c{number % 40}",
        "status": "resolved",
        "occurred_at": at_ms,
    }


def test_one_wrong_date_moves_no_clock(kafka, tmp_path):
    """Within what the wall clock allows, but far ahead of its feed: time waits for others."""
    now_ms = time.time_ns() // 1_000_000
    records = orders_of(5, now_ms - 30 * DAY_MS, now_ms - 20 * DAY_MS, DAY_MS // 4)
    wrong = ("orders", {**good_order(0, now_ms - DAY_MS), "event_id": "x", "customer_id": "x"})
    floor = Floor(kafka, tmp_path, {}, {**EVENT_TIME, "sources": ["orders"]})
    floor.send(keyed([*records[:-1], wrong, records[-1]], {}))
    with floor.worker() as worker:
        worker.folded()
        [clock_s] = worker.metric("churnwatch_watch_clock_timestamp_seconds")
        assert clock_s * 1000 == records[-1][1]["occurred_at"]
        assert worker.stop() == 0


def test_a_gap_across_a_restart_is_no_silence(kafka, tmp_path):
    """The event time is committed with the offset: whoever goes on knows how long nothing came."""
    now_ms = time.time_ns() // 1_000_000
    stopped_ms = now_ms - 60 * DAY_MS
    before = orders_of(10, stopped_ms - 60 * DAY_MS, stopped_ms, DAY_MS // 4)
    after = [
        ("orders", {**record, "event_id": f"again-{n}", "order_id": f"again-{n}"})
        for n, (_, record) in enumerate(orders_of(10, now_ms - DAY_MS, now_ms, DAY_MS // 40))
    ]
    settings = {
        "alerts": {"max_age_hours": 0},
        "sources": ["orders"],
        "inactivity": {"rule": "hiatus", "hiatus_days": 14, "hiatus_critical_days": 30},
    }
    floor = Floor(kafka, tmp_path, {}, settings)
    floor.send(keyed(before, {}))
    with floor.worker() as worker:
        worker.folded()
        assert worker.stop() == 0
    floor.send(keyed(after, {}))
    with floor.worker() as worker:
        worker.folded()
        assert worker.stop() == 0
    assert floor.alerts() == []
