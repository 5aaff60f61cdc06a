"""Test 6: what ends by time alone ends in every partition, once, across a restart too."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from agents.runtime.rows import partition_for
from tests.faults.shop import EVENT_TIME
from tests.faults.state import assert_state_is_the_fold
from tests.live.shop_floor import Floor, Sent

PARTITIONS = 3
START = datetime(2026, 3, 2, tzinfo=UTC)
HIATUS_DAYS = 14


@pytest.fixture
def floor(kafka, tmp_path):
    hiatus = {"rule": "hiatus", "hiatus_days": HIATUS_DAYS, "hiatus_critical_days": 60}
    settings = {**EVENT_TIME, "sources": ["orders"], "inactivity": hiatus}
    return Floor(kafka, tmp_path, {"customer-activity": PARTITIONS}, settings)


def order(who, at):
    number = f"{who}-{at.isoformat()}"
    record = {"event_id": number, "order_id": number, "customer_id": who, "status": "placed"}
    value = json.dumps({**record, "occurred_at": at.isoformat()}).encode()
    return Sent("orders", who.encode(), value)


def quiet():
    """One customer for each partition of the log."""
    names = [f"quiet-{number}" for number in range(100)]
    return [
        next(name for name in names if partition_for(name.encode(), PARTITIONS) == partition)
        for partition in range(PARTITIONS)
    ]


def orders(first_day, last_day):
    """The others order every six hours: the feed is alive all the time."""
    for step in range(first_day * 4, last_day * 4):
        yield order(f"busy-{step % 5}", START + timedelta(hours=6 * step))


def test_a_silence_ends_in_every_partition_once_also_across_a_restart(floor):
    last = START + timedelta(days=1, minutes=7)
    quiet_orders = [order(who, START + timedelta(minutes=5)) for who in quiet()]
    quiet_orders += [order(who, last) for who in quiet()]
    days_0_to_2 = list(orders(0, 2))
    floor.send([*days_0_to_2[:1], *quiet_orders[:3], *days_0_to_2[1:5], *quiet_orders[3:]])
    for first_day, last_day in ((2, 10), (10, 20)):
        floor.send(orders(first_day, last_day))
        with floor.worker() as worker:
            worker.folded()
            assert worker.stop() == 0
    found = [alert for alert in floor.alerts() if alert.customer_id in quiet()]
    assert sorted(alert.customer_id for alert in found) == sorted(quiet())
    for alert in found:
        assert (alert.state, alert.revision) == ("raised", 1)
        assert alert.occurred_at == last + timedelta(days=HIATUS_DAYS)
    assert_state_is_the_fold(floor)
