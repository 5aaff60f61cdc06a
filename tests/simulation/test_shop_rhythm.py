"""How often, and when in the week, people buy."""

import math
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.shop.events import DAY_MS, instant, rfc3339
from agents.shop.settings import ShopSettings
from agents.shop.week import Week

MONDAY_MS = 1_767_571_200_000  # 2026-01-05
WEEK_MS = 7 * DAY_MS

instants = st.integers(MONDAY_MS, MONDAY_MS + 10 * 365 * DAY_MS)


@pytest.fixture(scope="module")
def placed(simulate):
    """Orders of 2,000 customers in seventeen whole weeks, nobody coming or going."""
    calm = ShopSettings(
        days=119,
        trouble=0,
        silent_share_per_100_days=0,
        newcomers_share_per_day=0,
        price_rise_every_days=math.inf,
    )
    return [
        event.occurred_at
        for event in simulate(calm).of("orders")
        if event.record["status"] == "placed"
    ]


def test_orders_come_at_the_gamma_poisson_rate(placed):
    """The mean rate is E[max(G, m)], G ~ Gamma(3, mean 1/10 d), m a third of that.

    In units of m it is 3 + int_0^1 P(G <= t) dt = 3 + 1 - (.63212 + .26424 + .08030) = 3.02334,
    so 0.100778 a day. A customer's count has variance 12 + 119^2 * 0.1^2 / 3 = 59: the sum over
    2,000 has a standard deviation of 344, and four of them are allowed.
    """
    assert len(placed) == pytest.approx(2_000 * 119 * 0.100778, abs=4 * 344)


def test_orders_follow_the_week(placed):
    """Monday's weight is 1.15 of 7, Sunday's 0.75 (a share's standard deviation is 0.0024)."""
    days = Counter((at - MONDAY_MS) // DAY_MS % 7 for at in placed)
    assert days[0] / len(placed) == pytest.approx(1.15 / 7, abs=0.01)
    assert days[6] / len(placed) == pytest.approx(0.75 / 7, abs=0.01)


@pytest.mark.parametrize(
    ("busy_share_of_week", "days"),
    [
        pytest.param(0.0, 0, id="no time"),
        pytest.param(1.15 / 7, 1, id="Monday's share ends on Tuesday"),
        pytest.param(6.25 / 7, 6, id="all but Sunday's"),
        pytest.param(1.0, 7, id="a week is a week"),
    ],
)
def test_busy_time_by_hand(busy_share_of_week, days):
    got = Week().later(MONDAY_MS, busy_share_of_week * WEEK_MS)
    assert got == pytest.approx(MONDAY_MS + days * DAY_MS, abs=1)


@given(instants, st.integers(0, 50))
def test_whole_weeks_of_busy_time_are_weeks(at, weeks):
    assert Week().later(at, weeks * WEEK_MS) == pytest.approx(at + weeks * WEEK_MS, abs=1)


@given(instants, st.floats(0, 30 * DAY_MS), st.floats(0, 30 * DAY_MS))
def test_two_waits_are_one_long_wait(at, first, second):
    """To 50 ms: half a millisecond of rounding, times the busiest over the quietest hour (77)."""
    week = Week()
    in_two = week.later(week.later(at, first), second)
    assert in_two == pytest.approx(week.later(at, first + second), abs=50)
    assert in_two >= at


def test_times_are_written_in_utc():
    assert rfc3339(MONDAY_MS) == "2026-01-05T00:00:00.000Z"
    assert rfc3339(MONDAY_MS + 3_723_004) == "2026-01-05T01:02:03.004Z"
    assert instant(datetime(2026, 1, 5, tzinfo=UTC)) == MONDAY_MS
