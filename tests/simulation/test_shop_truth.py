"""The truth beside the events: who left, for what cause, and that the events bear it out."""

import math
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from agents.shop.events import DAY_MS
from agents.shop.kinds import KINDS, LEAVERS
from agents.shop.settings import ShopSettings
from tests.simulation.formats import milliseconds


def by_customer(run, source, **wanted):
    """Return the times of the events with these fields, by customer."""
    found = defaultdict(list)
    for event in run.of(source):
        if all(event.record.get(name) == value for name, value in wanted.items()):
            found[event.record["customer_id"]].append(event.occurred_at)
    return found


def of_kind(run, *kinds):
    return [truth for truth in run.truths.values() if truth.kind in kinds]


def leavers_share(run):
    return len(of_kind(run, *LEAVERS)) / len(run.truths)


def test_truth_covers_every_customer_once(run):
    assert {event.record["customer_id"] for event in run.events} <= run.truths.keys()
    assert {truth.kind for truth in run.truths.values()} == set(KINDS)
    assert len(run.truths) > run.settings.customers


def test_only_leavers_have_left(run):
    for truth in run.truths.values():
        leaves = truth.kind in LEAVERS
        assert (truth.left_at is not None) is leaves
        assert (truth.reason is not None) is leaves
        assert (truth.missed_order_at is not None) is leaves


def test_a_leaver_orders_and_complains_no_more(run):
    """Whatever comes after `left_at` is the shop's doing: deliveries, answers, letters."""
    placed = by_customer(run, "orders", status="placed")
    acts = [by_customer(run, "support-tickets", status=s) for s in ("opened", "reopened", "rated")]
    for truth in of_kind(run, *LEAVERS):
        left = milliseconds(truth.left_at)
        for times in [placed, *acts]:
            assert all(at < left for at in times[truth.customer_id])


def test_orders_are_counted_right(run):
    placed = by_customer(run, "orders", status="placed")
    for truth in run.truths.values():
        assert truth.orders == len(placed[truth.customer_id])


def test_a_leaver_would_have_gone_on(run):
    """The order that never came was due after the leaving, within what her rhythm allows.

    The slowest rate has a mean gap of 30 days of busy time; a gap of 16 times that has a chance
    of e^-16, one in nine million.
    """
    for truth in of_kind(run, *LEAVERS):
        waited = milliseconds(truth.missed_order_at) - milliseconds(truth.left_at)
        assert 0 <= waited < 16 * 30 * DAY_MS


def test_those_who_left_over_trouble_had_it_before(run):
    for truth in of_kind(run, "worn_out", "remorseful", "mishandled"):
        assert truth.troubles >= 1
        assert truth.first_trouble_at < truth.left_at


def test_the_remorseful_ordered_once(run):
    placed = by_customer(run, "orders", status="placed")
    for truth in of_kind(run, "remorseful"):
        (only,) = placed[truth.customer_id]
        assert only < milliseconds(truth.first_trouble_at)


def test_the_silent_said_nothing(run):
    """No ticket in the thirty days before, none after, and none of the wavering either."""
    opened = by_customer(run, "support-tickets", status="opened")
    for truth in of_kind(run, "silent"):
        left = milliseconds(truth.left_at)
        assert all(at < left - 30 * DAY_MS for at in opened[truth.customer_id])


def test_the_mishandled_were_handed_over_with_a_promise_open(run):
    made, kept, due = {}, set(), {}
    for event in run.of("touchpoints"):
        record = event.record
        if record["kind"] == "promise_made":
            made[record["ref"]] = (record["customer_id"], event.occurred_at)
            due[record["ref"]] = milliseconds(record["due_at"])
        elif record["kind"] == "promise_kept":
            kept.add(record["ref"])
    changed = by_customer(run, "touchpoints", kind="owner_changed")
    dropped = defaultdict(list)
    for ref, (customer_id, made_at) in made.items():
        times = changed[customer_id]
        after = bisect_left(times, made_at)
        if ref not in kept and after < len(times) and times[after] < due[ref]:
            dropped[customer_id].append(due[ref])
    for truth in of_kind(run, "mishandled"):
        assert min(dropped[truth.customer_id]) < milliseconds(truth.left_at)


def test_concession_seekers_are_paid_and_keep_buying(run):
    """They complain, get what they ask for, and order like anyone: mean gap about ten days."""
    seekers = of_kind(run, "concession_seeker")
    paid = {
        event.record["customer_id"]
        for event in run.of("support-tickets")
        if event.record.get("compensation")
    }
    here_all_along = [truth for truth in seekers if truth.customer_id <= "c-002000"]
    buyers = [truth for truth in here_all_along if truth.orders >= 6]
    assert len(buyers) / len(here_all_along) > 0.7
    assert sum(truth.customer_id in paid for truth in buyers) / len(buyers) > 0.9
    placed = by_customer(run, "orders", status="placed")
    last_days = run.settings.end_ms - 60 * DAY_MS
    still = [truth for truth in buyers if max(placed[truth.customer_id]) > last_days]
    assert len(still) / len(buyers) > 0.95


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_leaving_is_in_the_stated_bounds(simulate, seed):
    """A fifth leave, give or take, and every kind is there to be found."""
    run = simulate(ShopSettings(seed=seed))
    assert 0.15 <= leavers_share(run) <= 0.25
    counts = Counter(truth.kind for truth in run.truths.values())
    shares = {kind: count / len(run.truths) for kind, count in counts.items()}
    assert 0.07 <= shares["worn_out"] <= 0.16
    assert 0.03 <= shares["silent"] <= 0.07
    assert 0.005 <= shares["remorseful"] <= 0.03
    assert 0.01 <= shares["mishandled"] <= 0.05
    assert 0.025 <= shares["concession_seeker"] <= 0.055


def test_without_trouble_only_the_silent_leave(simulate):
    """Leaving is caused: take the cause away and it is gone."""
    settings = ShopSettings(customers=500, trouble=0, price_rise_every_days=math.inf)
    run = simulate(settings)
    assert {truth.kind for truth in run.truths.values()} == {
        "silent",
        "concession_seeker",
        "loyal",
    }
    assert all(truth.troubles == 0 for truth in run.truths.values())


def test_endless_patience_wears_nobody_out(simulate):
    """The same trouble is met, and borne."""
    run = simulate(ShopSettings(customers=500, endurance=1e6, silent_share_per_100_days=0))
    assert not of_kind(run, *LEAVERS)
    assert sum(truth.troubles for truth in run.truths.values()) > 500


def test_more_trouble_or_less_patience_loses_more(simulate):
    shop = ShopSettings(customers=500)
    usual = leavers_share(simulate(shop))
    assert leavers_share(simulate(replace(shop, trouble=3))) > usual + 0.1
    assert leavers_share(simulate(replace(shop, endurance=0.5))) > usual + 0.05


def test_leavers_met_more_trouble_a_day_than_those_who_stayed(run):
    """A detector can find the worn out: they met more trouble in less time."""
    worn = of_kind(run, "worn_out")
    days = [(milliseconds(one.left_at) - run.settings.start_ms) / DAY_MS for one in worn]
    rate_of_worn = sum(one.troubles for one in worn) / sum(days)
    loyal = of_kind(run, "loyal")
    rate_of_loyal = sum(one.troubles for one in loyal) / (len(loyal) * run.settings.days)
    assert rate_of_worn > 3 * rate_of_loyal


def test_who_closes_says_so_once_and_why(simulate):
    shop = ShopSettings(customers=300)
    silent = simulate(shop)
    assert not by_customer(silent, "touchpoints", kind="closed")
    run = simulate(replace(shop, closes_share=1))
    closed = by_customer(run, "touchpoints", kind="closed")
    left = {one.customer_id: [milliseconds(one.left_at)] for one in of_kind(run, *LEAVERS)}
    assert closed == left
    assert run.truths == silent.truths
    last = {who: max(times) for who, times in by_customer(run, "touchpoints").items()}
    assert {who: [last[who]] for who in left} == left, "they hear no more from the shop"
