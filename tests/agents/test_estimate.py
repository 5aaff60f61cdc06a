"""Estimates that `fit` makes, by hand, and by what they must find again."""

from math import exp, log

import numpy as np
import pytest
from scipy.optimize import brentq

from agents.learning.estimate import fit_intercept, fit_order_model, fit_values, fit_weights
from agents.learning.snapshots import Past, Snapshot
from pipeline.frustration_settings import CAUSES
from pipeline.order_model import OrderModel
from pipeline.units import DAY_MS
from schemas.activity import Activity, Kind
from tests.pipeline.customers import customers, whole_days
from tests.pipeline.harness import at


def snapshot(rows, silence_days=0, day=100.0):
    count = len(rows)
    silent_ms = np.broadcast_to(whole_days(silence_days).ravel(), count)
    return Snapshot(
        at_ms=at(day),
        number=np.arange(1, count + 1),
        rows=rows,
        silent_ms=silent_ms,
        open_now=np.zeros((count, len(CAUSES))),
    )


def test_values_by_moments():
    """Means 20, 40, 60 of two orders each, 10 either way: within 200, between 400 - 200/2."""
    rows = customers(*[[(0, mean - 10.0), (5, mean + 10.0)] for mean in (20.0, 40.0, 60.0)])
    found = fit_values(snapshot(rows), ["", "(other)", "EUR"])
    assert list(found) == ["EUR"]
    assert found["EUR"].mean_amount == pytest.approx(40.0)
    assert found["EUR"].kappa == pytest.approx(200 / 300, rel=1e-3)


def test_an_intercept_makes_the_mean_chance_the_observed_one():
    """Nothing else known and 3 of 4 happened: ln 3 in all, whatever was said before."""
    happened = np.arange(400) < 300
    assert fit_intercept(np.full(400, 0.5), happened) == pytest.approx(log(3) - 0.5, abs=1e-4)


def test_weights_come_out_in_raw_units():
    """Two groups, 100 days apart, a quarter and three quarters: 2 ln 3 a hundred days."""
    count = 80_000
    x = np.repeat([0.0, 100.0], count)[:, None]
    share = np.repeat([0.25, 0.75], count)
    happened = np.tile(np.arange(count), 2) < share * count
    found = fit_weights(x, happened, dates=30)
    assert found.intercept == pytest.approx(-log(3), abs=2e-3)
    assert found.slopes == pytest.approx([2 * log(3) / 100], abs=2e-5)


@pytest.mark.parametrize(("dates", "penalty"), [(60, 10.0), (30, 10.0), (12, 25.0), (6, 50.0)])
def test_few_dates_teach_less(dates, penalty):
    """Of 200 each 3/4 and 1/4 churn, z is +-1: the slope b solves 400 (3/4 - p(b)) = penalty b."""
    x = np.repeat([[1.0], [-1.0]], 200, axis=0)
    happened = np.concatenate([np.arange(200) < 150, np.arange(200) < 50])
    found = fit_weights(x, happened, dates)
    slope = brentq(lambda b: 400 * (0.75 - 1 / (1 + exp(-b))) - penalty * b, 0, 2)
    assert found.slopes == pytest.approx([slope], abs=1e-4)
    assert found.intercept == pytest.approx(0.0, abs=1e-4)


def test_a_term_that_never_varies_has_no_weight():
    x = np.column_stack([np.full(40, 7.0), np.tile([0.0, 1.0], 20)])
    found = fit_weights(x, np.arange(40) < 10, dates=30)
    assert found.slopes[0] == 0.0
    assert np.isfinite(found.slopes).all()


def test_nobody_to_learn_from_leaves_the_defaults():
    """The prior alone: its centre."""
    found, default = fit_order_model(snapshot(customers([]))), OrderModel()
    for name in ("r", "alpha_days", "a", "b"):
        assert getattr(found, name) == pytest.approx(getattr(default, name), rel=1e-3)


def test_a_shop_where_nobody_drops_out_is_told_from_one_where_all_do():
    """Silence after one order, or an order every ten days to the end: the odds a/b show it."""
    lost = fit_order_model(snapshot(customers(*[[(0, 9.0)]] * 80), 400))
    regular = [(day, 9.0) for day in range(0, 101, 10)]
    kept = fit_order_model(snapshot(customers(*[regular] * 80)))
    assert lost.a / lost.b > OrderModel().a / OrderModel().b > kept.a / kept.b
    assert kept.r / kept.alpha_days == pytest.approx(0.1, rel=0.25)  # orders a day


def activity(who, kind, day):
    return Activity(
        customer_id=who,
        kind=int(kind),
        occurred_at=at(day),
        event_id=f"{who}-{day}",
        topic="orders",
        partition=0,
        offset=0,
    )


@pytest.mark.parametrize(
    ("kind", "ask"),
    [(Kind.ORDER_PLACED, Past.ordered_within), (Kind.CLOSED, Past.closed_within)],
    ids=["ordered", "closed"],
)
def test_labels_are_of_what_comes_after_the_date_up_to_the_end(kind, ask):
    """In (100, 110]: not at 100, not beyond 110, which is what P is about."""
    when = {"a": 100.0, "b": 100.001, "c": 110.0, "d": 110.001}
    past = Past([activity(*each) for each in ((w, kind, d) for w, d in when.items())], NUMBERS)
    some = snapshot(customers(*[[]] * 5), day=100.0)
    assert ask(past, some, 10 * DAY_MS).tolist() == [False, True, True, False, False]


NUMBERS = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}


def test_who_is_left_out():
    past = Past(
        [
            activity("a", Kind.CLOSED, 90),
            activity("b", Kind.CLOSED, 120),
            activity("c", Kind.ACKNOWLEDGED, 105),
            activity("d", Kind.SNOOZED, 111),
        ],
        NUMBERS,
    )
    some = snapshot(customers(*[[]] * 5), day=100.0)
    assert past.is_closed(some).tolist() == [True, False, False, False, False]
    assert past.acted_on(some, 10 * DAY_MS).tolist() == [False, False, True, False, False]
