"""Levels on a history that is counted by hand.

The model here knows silence only: P(no order in 30 days) has odds of 3 to the power of
(days / 10 - 1.05), so a level of 0.75, odds of 3, is reached at 20.5 days and seen on day 21.
"""

from math import log

import pytest

from agents.learning.levels import (
    LEVELS,
    Tried,
    candidates,
    choose,
    told,
    tried,
    with_hiatus,
    with_level,
)
from agents.offline.history import read_history
from agents.problems import UserError
from agents.sources import ORDERS, TOUCHPOINTS
from pipeline.churn_settings import ChurnLabel, ChurnModel, Hinges
from pipeline.inactivity_settings import InactivitySettings
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS
from tests.agents.timeline import START_MS, at, order, regulars, write_lines

SILENCE_ALONE = PipelineSettings(
    sources=("orders", "touchpoints"),
    churn_model=ChurnModel(
        fitted=True,
        step_days=30.0,
        intercept=1.05 * log(3),
        hinges={"silence_days": Hinges(knots=(0.0,), weights=(-log(3) / 10,))},
    ),
    inactivity=InactivitySettings(horizon_days=30.0, floor_days_min=1.0, floor_prior_gap_days=1.0),
)
DAYS = 99 + 2 / 12 - 15  # from day 15 to the last order of the regulars
DORA_IS_CALLED = {
    "event_id": "call",
    "customer_id": "dora",
    "kind": "acknowledged",
    "occurred_at": at(48.5),
}


def daily(customer, *spans):
    return [order(customer, day) for first, last in spans for day in range(first, last + 1)]


def history(tmp_path, orders, touchpoints=()):
    files = {
        ORDERS: [write_lines(tmp_path / "orders.jsonl", [*orders, *regulars(*range(100))])],
        TOUCHPOINTS: [write_lines(tmp_path / "touchpoints.jsonl", touchpoints)],
    }
    return read_history(files, START_MS + 1000 * DAY_MS)


@pytest.fixture(scope="module")
def five_customers(tmp_path_factory):
    """Ann and dora leave on day 9, bob pauses for 25 days then; carl leaves on day 85.

    Gus pauses from day 80 to 96: that he comes back is known before his horizon has passed.
    """
    orders = [
        *daily("ann", (0, 9)),
        *daily("bob", (0, 9), (34, 99)),
        *daily("carl", (0, 85)),
        *daily("dora", (0, 9)),
        *daily("gus", (0, 80), (96, 99)),
    ]
    known = history(tmp_path_factory.mktemp("levels"), orders, [DORA_IS_CALLED])
    rule, since_ms = SILENCE_ALONE.inactivity, START_MS + 15 * DAY_MS
    rules = [with_level(rule, level) for level in (0.95, 0.75, 0.5, 0.4, 0.3)]
    rules += [with_hiatus(rule, days) for days in (38.0, 21.0)]
    return {told(rule): tried(known, SILENCE_ALONE, rule, since_ms) for rule in rules}


@pytest.mark.parametrize(
    ("rule", "raised", "left", "known"),
    [
        pytest.param(
            "level 0.95", 2, 1, 1, id="38 days: ann and dora on day 47; dora is called on 48"
        ),
        pytest.param("level 0.75", 3, 1, 2, id="21 days: bob as well, and he comes back"),
        pytest.param(
            "level 0.5", 5, 1, 2, id="11 days: gus and carl on 91 and 96, too late to know"
        ),
        pytest.param("level 0.4", 5, 2, 3, id="7 days: on day 16; dora had left before the call"),
        pytest.param(
            "level 0.3", 2, 0, 0, id="3 days: on day 12, before what counts; gus and carl"
        ),
        pytest.param("hiatus of 38 days", 2, 1, 1, id="the same days as a hiatus"),
        pytest.param("hiatus of 21 days", 3, 1, 2, id="the same days as another"),
    ],
)
def test_what_a_rule_comes_to(five_customers, rule, raised, left, known):
    found = five_customers[rule]
    assert found.alerts_per_day == pytest.approx(raised / DAYS, abs=5e-4)
    assert (found.left, found.known) == (left, known)


@pytest.mark.parametrize(("level", "critical"), [(0.75, 0.9), (0.5, 0.75), (0.1, 0.25)])
def test_critical_is_at_odds_three_times_as_high(level, critical):
    rule = with_level(InactivitySettings(), level)
    assert (rule.level, rule.critical_level) == (level, critical)


def test_critical_is_a_silence_half_as_long_again():
    rule = with_hiatus(InactivitySettings(), 31.0)
    assert (rule.rule, rule.hiatus_days, rule.hiatus_critical_days) == ("hiatus", 31.0, 46.5)


@pytest.mark.parametrize("label", ChurnLabel)
def test_what_is_tried(label):
    """From the quietest on: levels, or days between two horizons and a fifth of one."""
    rule = InactivitySettings(horizon_days=10.0)
    levels = [each.level for each in candidates(rule, label)]
    assert levels == sorted(LEVELS[label], reverse=True)
    days = [each.hiatus_days for each in candidates(with_hiatus(rule, 5.0), label)]
    assert days == [20, 15, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2]


def at_level(level, *figures):
    return Tried(with_level(InactivitySettings(), level), *figures)


SOME = [at_level(0.9, 1.0, 95, 100), at_level(0.8, 2.0, 70, 100), at_level(0.7, 3.0, 10, 29)]


@pytest.mark.parametrize(
    ("alerts_per_day", "precision", "level"),
    [
        pytest.param(2.0, None, 0.8, id="just as many alerts as wanted"),
        pytest.param(2.9, None, 0.8, id="one level more would be too many"),
        pytest.param(99.0, None, 0.7, id="never below the lowest that was tried"),
        pytest.param(None, 0.95, 0.9, id="just as right as wanted"),
        pytest.param(None, 0.3, 0.8, id="29 outcomes are too few to speak of a share"),
    ],
)
def test_the_lowest_level_that_keeps_to_what_is_wanted(alerts_per_day, precision, level):
    assert choose(SOME, alerts_per_day, precision).rule.level == level


@pytest.mark.parametrize(
    ("some", "alerts_per_day", "precision", "line"),
    [
        pytest.param(
            SOME,
            0.5,
            None,
            "--alerts-per-day is 0.5; accepted is 1 or more, the fewest that any gives",
            id="too few alerts",
        ),
        pytest.param(SOME, None, 0.96, "--precision is 0.96; accepted is 0.95 or less", id="right"),
        pytest.param(
            SOME[2:],
            None,
            0.3,
            "--precision is 0.3; accepted is a history with 30 outcomes or more of alerts that "
            "nobody acted on",
            id="nothing known",
        ),
    ],
)
def test_what_no_level_keeps_to(some, alerts_per_day, precision, line):
    with pytest.raises(UserError) as caught:
        choose(some, alerts_per_day, precision)
    assert str(caught.value) == line


def test_what_is_shown_of_a_level_can_be_asked_for():
    """Two of three show as 0.667, and 4,999 of 5,000 as 1."""
    assert at_level(0.9, 1.0, 2, 3).precision == 0.667
    assert choose([at_level(0.9, 1.0, 4999, 5000)], None, 1.0).rule.level == 0.9
