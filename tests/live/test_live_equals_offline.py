"""What a live pipeline says is what a replay of the same events says."""

import json
import os
from hashlib import sha256

import pytest

from agents.sources import ORDERS, TICKETS
from schemas.alert import AlertKind
from tests.live.agreement import assert_agree, said
from tests.live.kafka import Kafka
from tests.live.shop_floor import Floor
from tests.realdata.convert import convert, data_folder, later

# The shop's two years ended before the desk's began: moved, the two end in the same week.
DAYS_LATER = {ORDERS: 1890, TICKETS: 0}
ONE_IN = int(os.environ.get("EVENT_DATA_ONE_IN", "8"))  # customers; 1: all of them

EVENT_TIME = {
    "clock": "event",
    "sources": ["orders", "support-tickets"],
    "alerts": {"max_age_hours": 0},
    # A part of a small shop over several partitions: one of them hears nothing for 36 days, and
    # time in it may not wait until two other customers have confirmed that so much has passed.
    "feeds": {"orders": {"jump_hours_max": 1000}, "support-tickets": {"jump_hours_max": 1000}},
}


@pytest.fixture
def kafka(kafka_bootstrap: str) -> Kafka:
    return Kafka(kafka_bootstrap)


@pytest.fixture(scope="session")
def real_files(tmp_path_factory):
    """Orders of online_retail and tickets of service_desk, of one customer in `ONE_IN`."""
    if not data_folder().is_dir():
        pytest.skip(f"no data in {data_folder()}")  # meant: it is no part of the project
    folder = tmp_path_factory.mktemp("real")
    files = {}
    for source, name in ((ORDERS, "online_retail"), (TICKETS, "service_desk")):
        kept = [
            later(line, DAYS_LATER[source])
            for path in convert(name, folder).values()
            for line in path.read_bytes().splitlines()
            if sha256(json.loads(line)["customer_id"].encode()).digest()[0] % ONE_IN == 0
        ]
        path = folder / f"part-{name}.jsonl"
        path.write_bytes(b"\n".join(kept))
        files[source] = path
    return files


@pytest.mark.parametrize(
    ("partitions", "tick_seconds"),
    [
        pytest.param({}, 0.2, id="one partition everywhere"),
        pytest.param(
            {"orders": 3, "support-tickets": 2, "customer-activity": 4}, 0.1, id="many partitions"
        ),
    ],
)
def test_live_equals_offline(kafka, tmp_path, real_files, partitions, tick_seconds):
    """Whatever the batches, ticks and partitions: the same alerts, with the same ids and dates."""
    intake = {"tick_seconds": tick_seconds, "skew_hours_max": 1.0}
    settings = {**EVENT_TIME, "intake": intake}
    both = said(Floor(kafka, tmp_path, partitions, settings), real_files)
    assert len(both.offline) > 100
    assert both.kinds == {
        AlertKind.FRUSTRATION,
        AlertKind.INACTIVITY,
        AlertKind.QUIET_AFTER_TROUBLE,
        AlertKind.STALLED,
    }
    assert_agree(both)
