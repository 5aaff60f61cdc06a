"""What a live pipeline says is what a replay of the same events says."""

import json
import os
from hashlib import sha256

import msgspec
import pytest

from agents.offline.history import read_history
from agents.offline.intake_replay import Intake
from agents.offline.replay import Replay, numbered
from agents.settings import load_settings
from agents.sources import ORDERS, TICKETS
from schemas.alert import Alert, AlertKind
from schemas.base import instant
from tests.live.kafka import Kafka
from tests.live.shop_floor import Floor, Sent
from tests.realdata.convert import convert, data_folder, later

# The shop's two years ended before the desk's began: moved, the two end in the same week.
DAYS_LATER = {ORDERS: 1890, TICKETS: 0}
ONE_IN = int(os.environ.get("EVENT_DATA_ONE_IN", "8"))  # customers; 1: all of them

EVENT_TIME = {
    "clock": "event",
    "sources": ["orders", "support-tickets"],
    "alerts": {"max_age_hours": 0},
    # A part of a small shop over several partitions: days without an order in one are usual.
    "feeds": {"orders": {"jump_hours_max": 400}, "support-tickets": {"jump_hours_max": 400}},
}


@pytest.fixture
def kafka(kafka_bootstrap: str) -> Kafka:
    return Kafka(kafka_bootstrap)


@pytest.fixture(scope="session")
def real_files(tmp_path_factory):
    """Orders of online_retail and tickets of service_desk, of one customer in `ONE_IN`."""
    if not data_folder().is_dir():
        pytest.skip(f"no data in {data_folder()}")
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


def replayed(files, settings_path) -> list[Alert]:
    core = load_settings(settings_path).pipeline()
    history = read_history({source: [path] for source, path in files.items()}, 4_000_000_000_000)
    replay = Replay.of(core)
    for records, offsets in numbered(Intake(history, core).batches()):
        replay.fold(records, offsets)
    return replay.alerts


def by_transition(alerts):
    """By what happened and when; of a closing by what came of it.

    A closing falls due by the orders feed and not by the clock, so for an episode that outlives its
    horizon its place among the revisions is a matter of which of them was read further.
    """
    found = {
        (alert.alert_id, alert.state, alert.occurred_at)
        if alert.outcome is None
        else (alert.alert_id, alert.outcome): alert
        for alert in alerts
    }
    assert len(found) == len(alerts), "each transition once"
    return found


@pytest.mark.parametrize(
    ("partitions", "tick_seconds"),
    [
        pytest.param({}, 0.2, id="one partition everywhere"),
        pytest.param(
            {"orders": 3, "support-tickets": 2, "customer-activity": 4}, 1.0, id="many partitions"
        ),
    ],
)
def test_live_equals_offline(kafka, tmp_path, real_files, partitions, tick_seconds):
    """Whatever the batches, ticks and partitions: the same alerts, with the same ids and dates."""
    settings = {**EVENT_TIME, "intake": {"tick_seconds": tick_seconds}}
    floor = Floor(kafka, tmp_path, partitions, settings)
    for source, path in real_files.items():
        floor.send(
            Sent(source.topic, json.loads(line)["customer_id"].encode(), line)
            for line in path.read_bytes().splitlines()
        )
    offline = by_transition(replayed(real_files, _settings_file(tmp_path)))
    assert len(offline) > 100
    with floor.worker() as worker:
        worker.folded()
        assert worker.stop() == 0
    sent = floor.alerts()
    live = by_transition(sent)
    # Where the last events of the partitions differ, the clock ends at the earliest of them.
    _, tables = floor.refold(load_settings(_settings_file(tmp_path)).pipeline())
    end = instant(min(table.clock.now_ms for table in tables))
    offline = {key: alert for key, alert in offline.items() if alert.occurred_at <= end}
    live = {key: alert for key, alert in live.items() if alert.occurred_at <= end}
    assert {alert.kind for alert in live.values()} == {
        AlertKind.FRUSTRATION,
        AlertKind.INACTIVITY,
        AlertKind.QUIET_AFTER_TROUBLE,
        AlertKind.STALLED,
    }
    assert live.keys() == offline.keys()
    for transition, alert in live.items():
        same = offline[transition]
        if alert.outcome is not None:
            continue
        for field in ("customer_id", "kind", "state", "severity", "occurred_at", "stage"):
            assert getattr(alert, field) == getattr(same, field), field
        assert alert.score == pytest.approx(same.score, rel=1e-6)
        assert alert.limit == pytest.approx(same.limit, rel=1e-6)
    _same_to_the_bit(floor, sent, tmp_path)


def _same_to_the_bit(floor, sent, tmp_path):
    """A fold of the log gives the alerts that were sent, `detected_at` aside."""
    alerts, _ = floor.refold(load_settings(_settings_file(tmp_path)).pipeline())
    bare = [msgspec.structs.replace(alert, detected_at=alert.occurred_at) for alert in sent]
    order = {"key": lambda alert: (alert.alert_id, alert.revision)}
    assert sorted(bare, **order) == sorted(alerts, **order)


def _settings_file(folder):
    path = folder / "event-time.yaml"
    path.write_text(json.dumps(EVENT_TIME))
    return path
