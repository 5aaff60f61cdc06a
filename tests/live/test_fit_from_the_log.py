"""What `churnwatch fit` learns from the log in Kafka is what it learns from files."""

import json

import pytest

from tests.agents.timeline import plain_shop, write_lines
from tests.live.kafka import Kafka
from tests.live.shop_floor import Floor, Sent

SETTINGS = {
    "clock": "event",
    "sources": ["orders"],
    "inactivity": {"horizon_days": 30},
    # A part of a small shop over several partitions: days without an order in one are usual.
    "feeds": {"orders": {"idle_hours_max": 400, "jump_hours_max": 400}},
}


@pytest.fixture
def kafka(kafka_bootstrap: str) -> Kafka:
    return Kafka(kafka_bootstrap)


def test_the_log_teaches_what_the_files_teach(kafka, tmp_path):
    """Over three partitions of orders and four of the log: the same settings, to the letter."""
    floor = Floor(kafka, tmp_path, {"orders": 3, "customer-activity": 4}, SETTINGS)
    orders = plain_shop()
    floor.send(
        Sent("orders", each["customer_id"].encode(), json.dumps(each).encode()) for each in orders
    )
    with floor.worker() as worker:
        worker.folded()
        assert worker.stop() == 0
    by_log, by_files = tmp_path / "log.yaml", tmp_path / "files.yaml"
    path = write_lines(tmp_path / "orders.jsonl", orders)
    told = floor.churnwatch("fit", "--log", "--out", str(by_log))
    assert (told.returncode, told.stderr) == (0, "")
    assert "Learnt from 48 customers, 2025-01-01 to 2025-04-11" in told.stdout
    assert floor.churnwatch("fit", "--orders", str(path), "--out", str(by_files)).returncode == 0
    assert by_log.read_text() == by_files.read_text()
