"""What the shop sends: formats, order in time, and lives of orders and tickets that make sense."""

import math
from collections import Counter, defaultdict
from dataclasses import replace
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.shop.events import SOURCES
from agents.shop.settings import ShopSettings
from agents.shop.shop import Shop
from tests.simulation.formats import VOCABULARIES, check_event, milliseconds

small_shops = st.builds(
    ShopSettings,
    seed=st.integers(0, 2**32),
    customers=st.integers(1, 25),
    newcomers_share_per_day=st.sampled_from([0.0, 0.02]),
    days=st.floats(1, 50),
    gap_days_mean=st.floats(2, 40),
    business_share=st.floats(0, 1),
    currencies=st.sampled_from([("EUR",), ("EUR", "USD")]),
    trouble=st.floats(0, 5),
    endurance=st.floats(0.1, 5),
    silent_share_per_100_days=st.floats(0, 0.9),
    concession_share=st.floats(0, 1),
    closes_share=st.floats(0, 1),
    price_rise_every_days=st.sampled_from([5.0, 90.0, math.inf]),
)

ORDER_MOVES = {
    ("placed", "delivered"),
    ("placed", "cancelled"),
    ("cancelled", "refunded"),
    ("delivered", "returned"),
    ("returned", "refunded"),
}
TICKET_MOVES = {
    ("opened", "replied"),
    ("opened", "abandoned"),
    ("replied", "reassigned"),
    ("replied", "escalated"),
    ("replied", "resolved"),
    ("reassigned", "escalated"),
    ("reassigned", "resolved"),
    ("escalated", "resolved"),
    ("resolved", "reopened"),
    ("reopened", "resolved"),
    ("resolved", "rated"),
}


def check_all(events):
    for event in events:
        check_event(event)
    ids = [event.record["event_id"] for event in events]
    assert len(ids) == len(set(ids))
    assert all(first.sent_at <= second.sent_at for first, second in pairwise(events))


def lives(events, source, id_field):
    """Return the statuses of each item, in the order of the stream."""
    found = defaultdict(list)
    for event in events:
        if event.source == source:
            found[event.record[id_field]].append(event.record["status"])
    return found.values()


def check_lives(events):
    for statuses in lives(events, "orders", "order_id"):
        assert statuses[0] == "placed"
        assert set(pairwise(statuses)) <= ORDER_MOVES
    for statuses in lives(events, "support-tickets", "ticket_id"):
        assert statuses[0] == "opened"
        assert set(pairwise(statuses)) <= TICKET_MOVES


def test_records_follow_the_formats_in_event_time_order(run):
    """Whoever reads the files may trust the formats and the order."""
    check_all(run.events)
    assert all(event.sent_at == event.occurred_at for event in run.events)
    start, end = run.settings.start_ms, run.settings.end_ms
    assert all(start <= event.occurred_at < end for event in run.events)


def test_items_live_consistent_lives(run):
    check_lives(run.events)


@settings(deadline=None, max_examples=40)
@given(small_shops)
def test_any_small_shop_is_well_formed(shop_settings):
    """No mix of knobs may break a format, the order of time, or the life of an item."""
    shop = Shop(shop_settings)
    events = list(shop.events())
    check_all(events)
    check_lives(events)
    again = list(Shop(shop_settings).events())
    assert again == events
    left_at = {truth.customer_id: truth.left_at for truth in shop.truth()}
    for event in events:
        left = left_at[event.record["customer_id"]]
        if left is not None and event.record.get("status") in ("placed", "opened"):
            assert event.occurred_at < milliseconds(left)


def test_every_part_of_the_vocabulary_a_shop_speaks_occurs(run):
    """All but what answers to alerts, and what asks to be forgotten, is there to be tested on."""
    spoken = {(event.source, event.record.get("status")) for event in run.events}
    for source in ("orders", "support-tickets"):
        assert {(source, status) for status in VOCABULARIES[source, "status"]} <= spoken
    kinds = {event.record["kind"] for event in run.of("touchpoints")}
    unspoken = {"acknowledged", "snoozed", "feedback", "forget", "closed"}
    assert kinds == VOCABULARIES["touchpoints", "kind"] - unspoken


def test_a_placed_order_has_an_amount_and_a_promise_after_it(run):
    placed = [event for event in run.of("orders") if event.record["status"] == "placed"]
    for event in placed:
        assert event.record["amount"] > 0
        assert event.record["currency"] == "EUR"
        assert milliseconds(event.record["promised_at"]) > event.occurred_at


def test_a_company_cancels_what_it_lost_and_a_customer_what_she_regrets(run):
    by = Counter(
        event.record["by"] for event in run.of("orders") if event.record["status"] == "cancelled"
    )
    assert by.keys() == {"customer", "company"}


def test_a_promise_is_made_before_it_is_kept_and_kept_before_it_is_due(run):
    due_at = {}
    kept = 0
    for event in run.of("touchpoints"):
        if event.record["kind"] == "promise_made":
            due_at[event.record["ref"]] = milliseconds(event.record["due_at"])
        if event.record["kind"] == "promise_kept":
            assert event.occurred_at < due_at[event.record["ref"]]
            kept += 1
    assert 0 < kept < len(due_at)


def test_two_currencies_go_by_segment(simulate):
    run = simulate(ShopSettings(customers=50, days=30, currencies=("EUR", "USD")))
    seen = {
        (event.record["segment"], event.record["currency"])
        for event in run.of("orders")
        if event.record["status"] == "placed"
    }
    assert seen == {("consumer", "EUR"), ("business", "USD")}


def test_the_seed_decides():
    one, other = (list(Shop(ShopSettings(seed=seed, customers=20)).events()) for seed in (1, 2))
    assert one != other


def test_a_shop_without_end_begins_like_one_with_an_end():
    """A live run goes on where the history of the same shop stops."""
    finite = ShopSettings(customers=40, days=20)
    events = list(Shop(finite).events())
    assert {event.source for event in events} == set(SOURCES)
    endless = Shop(replace(finite, days=math.inf)).events()
    assert list(islice(endless, len(events))) == events
    assert next(endless).occurred_at >= finite.end_ms


def test_events_taken_in_pieces_are_the_events_taken_at_once():
    settings_ = ShopSettings(customers=30, days=30)
    shop = Shop(settings_)
    pieces = [*islice(shop.events(), 50), *shop.events()]
    assert pieces == list(Shop(settings_).events())


@pytest.mark.parametrize(
    ("history_days", "expected"),
    [
        pytest.param(0.0, 1_767_571_200_000, id="no history: live from the start, 2026-01-05"),
        pytest.param(2.5, 1_767_571_200_000 + 216_000_000, id="sixty hours later"),
    ],
)
def test_live_from(history_days, expected):
    assert ShopSettings(history_days=history_days).live_from_ms == expected
