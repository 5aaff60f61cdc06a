"""What topics must be, as tables: no Kafka."""

import pytest

from agents.settings import Settings
from agents.topics.plans import Found, Rule, Wanted, differences, plans


@pytest.mark.parametrize(
    ("wanted", "found", "fits"),
    [
        pytest.param(Wanted("delete"), "delete", True, id="the same"),
        pytest.param(Wanted("delete"), "compact", False, id="another"),
        pytest.param(Wanted("delete"), None, False, id="not set"),
        pytest.param(Wanted("8"), "12", False, id="more partitions than the log was made with"),
        pytest.param(Wanted("8", Rule.AT_LEAST), "12", True, id="more"),
        pytest.param(Wanted("8", Rule.AT_LEAST), "7", False, id="fewer"),
        pytest.param(Wanted("1000", Rule.AT_LEAST), "-1", True, id="kept for ever"),
        pytest.param(Wanted("-1", Rule.AT_LEAST), "1000", False, id="limited, must be for ever"),
        pytest.param(Wanted("1000", Rule.AT_MOST), "1001", False, id="too much"),
        pytest.param(Wanted("8", Rule.ANY), "1", True, id="the user's own"),
    ],
)
def test_fits(wanted, found, fits):
    assert wanted.fits(found) is fits


def test_every_topic_carries_the_prefix():
    settings = Settings(kafka={"prefix": "shop."})
    assert all(plan.name.startswith("shop.") for plan in plans(settings))


def test_only_the_sources_that_are_read_are_wanted():
    settings = Settings(sources=["orders"])
    assert [plan.name for plan in plans(settings) if plan.is_source] == ["orders"]


@pytest.mark.parametrize(("copies", "insync"), [(1, "1"), (2, "1"), (3, "2"), (5, "2")])
def test_one_copy_may_be_away_and_writing_goes_on(copies, insync):
    own = [plan for plan in plans(Settings(), copies) if not plan.is_source]
    assert {plan.configs["min.insync.replicas"].value for plan in own} == {insync}


def test_a_missing_topic_is_one_difference():
    [plan, *_] = plans(Settings())
    [difference] = differences(plan, None)
    assert (difference.topic, difference.found) == ("orders", "missing")


def test_a_source_with_larger_records_than_dead_letters_have_room_for():
    [orders, *_] = plans(Settings(topics={"source_bytes_max": 2_000_000}))
    found = Found(1, 1, {"max.message.bytes": "2000001"})
    [difference] = differences(orders, found)
    assert (difference.what, difference.wanted) == ("max.message.bytes", "at most 2000000")
