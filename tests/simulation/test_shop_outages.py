"""Feeds that fail: what is missing, what is late, and that nothing else changes."""

from dataclasses import replace
from itertools import pairwise

import pytest

from agents.shop.events import DAY_MS, Event
from agents.shop.outages import Outage, through_outages
from agents.shop.problems import ShopSettingError
from agents.shop.settings import ShopSettings

SHOP = ShopSettings(customers=150, days=30)
FROM_MS = SHOP.start_ms + 10 * DAY_MS
TO_MS = SHOP.start_ms + 13 * DAY_MS


def event(source, day, sent_day=None):
    sent_at = round((day if sent_day is None else sent_day) * DAY_MS)
    return Event(source, round(day * DAY_MS), sent_at, {})


def is_hit(one):
    return one.source == "orders" and FROM_MS <= one.occurred_at < TO_MS


def test_lost_events_never_come(simulate):
    """The interval is empty for that source; all else is to the bit as without the outage."""
    whole = simulate(SHOP)
    outage = Outage(source="orders", begins_day=10, ends_day=13)
    broken = simulate(replace(SHOP, outages=(outage,)))
    assert any(is_hit(one) for one in whole.events)
    assert broken.events == [one for one in whole.events if not is_hit(one)]
    assert broken.truths == whole.truths


def test_delayed_events_come_when_the_feed_is_back(simulate):
    whole = simulate(SHOP)
    outage = Outage(source="orders", begins_day=10, ends_day=13, kind="delayed")
    broken = simulate(replace(SHOP, outages=(outage,)))
    held = [one for one in broken.events if one.sent_at != one.occurred_at]
    assert [replace(one, sent_at=one.occurred_at) for one in held] == [
        one for one in whole.events if is_hit(one)
    ]
    assert {one.sent_at for one in held} == {TO_MS}
    assert all(first.sent_at <= second.sent_at for first, second in pairwise(broken.events))
    assert len(broken.events) == len(whole.events)
    assert broken.truths == whole.truths


@pytest.mark.parametrize(
    ("outages", "expected"),
    [
        pytest.param([], [1, 2, 3, 4], id="none"),
        pytest.param([("lost", 2, 3)], [1, 3, 4], id="begins included, ends not"),
        pytest.param([("delayed", 1, 3)], [1, 2, 3, 4], id="late ones first, then what follows"),
        pytest.param([("lost", 1, 2), ("delayed", 3, 4)], [2, 3, 4], id="two apart"),
        pytest.param([("delayed", 4, 9)], [1, 2, 3, 4], id="what is held at the end still comes"),
    ],
)
def test_a_failing_feed_by_hand(outages, expected):
    events = [event("orders", day) for day in (1, 2, 3, 4)]
    failing = [
        Outage(source="orders", begins_day=begins, ends_day=ends, kind=kind)
        for kind, begins, ends in outages
    ]
    got = [one.occurred_at // DAY_MS for one in through_outages(events, failing, 0)]
    assert got == expected


def test_two_feeds_that_come_back_apart_send_in_the_order_they_come_back():
    outages = (
        Outage(source="orders", begins_day=1, ends_day=6, kind="delayed"),
        Outage(source="touchpoints", begins_day=1, ends_day=5, kind="delayed"),
    )
    events = [event("orders", 2), event("touchpoints", 3), event("support-tickets", 8)]
    assert list(through_outages(events, outages, 0)) == [
        event("touchpoints", 3, sent_day=5),
        event("orders", 2, sent_day=6),
        event("support-tickets", 8),
    ]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source": "order"}, r"`outage source` is 'order'; accepted: one of \('orders', "),
        ({"kind": "slow"}, r"`outage kind` is 'slow'; accepted: one of \('lost', 'delayed'\)"),
        ({"ends_day": 1.0}, r"`outage days` is \(1.0, 1.0\); accepted: 0 <= begins_day < ends_day"),
    ],
)
def test_an_outage_that_cannot_be_is_refused(fields, message):
    with pytest.raises(ShopSettingError, match=message):
        Outage(**({"source": "orders", "begins_day": 1.0, "ends_day": 2.0} | fields))
