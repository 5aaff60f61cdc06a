"""The simulated customer's patience, by hand."""

import math

import pytest

from agents.shop.events import DAY_MS
from agents.shop.patience import Patience


def patience(**changes):
    return Patience(**({"endurance": 2.0, "memory_days": 10.0} | changes))


@pytest.mark.parametrize(
    ("days", "felt"),
    [
        pytest.param(0, 1.0, id="just now"),
        pytest.param(10, 0.367879, id="one memory later, 1/e"),
        pytest.param(1e6, 0.0, id="long forgotten"),
    ],
)
def test_irritation_fades(days, felt):
    one = patience()
    one.suffer(0, 1.0)
    assert one.felt(round(days * DAY_MS)) == pytest.approx(felt, abs=1e-6)


@pytest.mark.parametrize(
    ("good_orders", "limit"),
    [
        pytest.param(0, 2.0, id="none: the bare endurance"),
        pytest.param(5, 3.011393, id="five: 2 (1 + 0.8 (1 - 1/e))"),
        pytest.param(10_000, 3.6, id="no end of them: 1.8 times, no more"),
    ],
)
def test_good_orders_raise_the_limit(good_orders, limit):
    assert patience(good_orders=good_orders).limit == pytest.approx(limit, abs=1e-6)


def test_a_second_trouble_soon_after_the_first_counts_for_more():
    """Two of 0.9 in a row make 0.9 + 1.4 * 0.9 = 2.16, past 2; a month apart they do not."""
    soon, late = patience(), patience()
    for one, days in ((soon, 0), (late, 30)):
        one.suffer(0, 0.9)
        one.suffer(days * DAY_MS, 0.9)
    assert soon.felt(0) == pytest.approx(2.16)
    assert soon.is_over(0)
    assert late.felt(30 * DAY_MS) == pytest.approx(0.9 + 0.9 * math.exp(-3))
    assert not late.is_over(30 * DAY_MS)


def test_making_good_takes_a_share_away():
    one = patience()
    one.suffer(0, 2.5)
    one.soothe(0, 0.3)
    assert one.felt(0) == pytest.approx(1.75)
    assert not one.is_over(0)
