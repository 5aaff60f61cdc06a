"""What is said live is what a replay says, for every kind of alert: a simulated shop has them all.

The pipeline promises it for the same events in the same order of each customer. So intake, which
reads a backlog here, lets no source run ahead of another.
"""

import pytest

from agents.shop.settings import ShopSettings
from agents.shop.write import FILES, write_shop
from agents.sources import SOURCES
from schemas.alert import AlertKind
from tests.live.agreement import assert_agree, said
from tests.live.kafka import Kafka
from tests.live.shop_floor import Floor

# Owners change, promises are broken and deliveries late more than usual, and many go quiet.
SHOP = ShopSettings(
    customers=200,
    days=100,
    newcomers_share_per_day=0.005,
    gap_days_mean=45,
    trouble=1.5,
    silent_share_per_100_days=0.2,
)

SETTINGS = {
    "clock": "event",
    "alerts": {"max_age_hours": 0},
    "second_order": {"enabled": True},
    "stalled": {"accomplish_days": 30},
    # A silence is judged when its feed is heard of. By the churn model it then matters what other
    # feeds have told of the customer meanwhile, by the hiatus it does not.
    "inactivity": {"rule": "hiatus", "hiatus_days": 40, "hiatus_critical_days": 60},
    # A small shop over several partitions: days without a ticket in one are usual.
    "feeds": {source.topic: {"jump_hours_max": 400} for source in SOURCES},
}
ABREAST_HOURS = 1e-6  # event by event


@pytest.fixture
def kafka(kafka_bootstrap: str) -> Kafka:
    return Kafka(kafka_bootstrap)


@pytest.fixture(scope="session")
def shop_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    write_shop(SHOP, folder)
    return {source: folder / f"{FILES[source.topic]}.jsonl" for source in SOURCES}


@pytest.mark.parametrize(
    ("partitions", "tick_seconds"),
    [
        pytest.param({}, 0.05, id="one partition everywhere"),
        pytest.param(
            {"orders": 3, "support-tickets": 2, "touchpoints": 2, "customer-activity": 4},
            0.1,
            id="many partitions",
        ),
    ],
)
def test_every_kind_is_said_live_as_offline(kafka, tmp_path, shop_files, partitions, tick_seconds):
    """All eight kinds: the same alerts, with the same ids and dates.

    Which of two troubles is told is decided by what has been found by then. A silence is found
    late where time is told seldom, so both are told it about daily: the replay by its batches,
    the worker by ticks of some ten events.
    """
    intake = {"skew_hours_max": ABREAST_HOURS, "tick_seconds": tick_seconds}
    floor = Floor(kafka, tmp_path, partitions, {**SETTINGS, "intake": intake})
    both = said(floor, shop_files, daily=True)
    assert both.kinds == set(AlertKind)
    assert_agree(both)
