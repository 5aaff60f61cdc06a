"""Frustration told as stories, with instants and figures worked out by hand from the formulas."""

import math
from dataclasses import replace

import pytest

from pipeline.frustration_settings import EpisodeFactors
from pipeline.inactivity_settings import InactivityRule
from pipeline.settings import PipelineSettings
from schemas.activity import Kind
from tests.pipeline.harness import day
from tests.pipeline.story import Story, alone

ORDER, RATED = Kind.ORDER_PLACED, Kind.TICKET_RATED
LN3 = math.log(3)


def only(frustration=None, **parts):
    """Return settings under which silence is not judged."""
    return alone(inactivity={"rule": InactivityRule.OFF}, frustration=frustration or {}, **parts)


def late(days):
    return 1 - math.exp(-days / 5)


@pytest.mark.parametrize(
    ("base", "steps"),
    [
        # Severity after k whole days is 1 - exp(-k/5): .181 .330 .451 .551 .632 .699 .753 .798
        pytest.param(0.15, 1, id="one day will do"),
        pytest.param(0.4, 3, id="three"),
        pytest.param(0.6, 5, id="five"),
        pytest.param(0.75, 7, id="seven"),
        pytest.param(0.79, 8, id="eight"),
    ],
)
def test_an_overdue_order_is_raised_at_the_day_that_is_too_much(base, steps):
    told = Story(only({"base": base, "purchase_buffer": 0.0, "critical_ratio": 9.0}))
    told.tell(0, ORDER, item="o", due=2.25).lives(0, 12)
    assert told.moves() == [("ada", "raised", 2.25 + steps)]
    assert told.moves(tick=False) == [("ada", "raised", 2.25 + steps)]


def test_waiting_steps_up_once_a_day_and_then_becomes_a_delivery():
    """Promised for day 2, open until day 9: raised at the step that passes ln 3 x .6, buffered."""
    settings = only({"base": 0.6, "purchase_buffer": 0.0, "critical_ratio": 1.4})
    story = Story(settings).tell(0, ORDER, item="o", due=2)
    story.tell(9.5, Kind.ORDER_DELIVERED, item="o").lives(0, 80)
    # 1 - exp(-k/5) >= .6 at k = 5 (.632; k = 4: .551); >= .84 at k = 10, never reached: 7 steps.
    # Delivered 7.5 days late it is .777; below .7 x .6 = .42 after 30 log2(.777 / .42) days.
    fading = 30 * math.log2(late(7.5) / 0.42)
    alerts = story.alerts()
    assert [str(a.state) for a in alerts] == ["raised", "eased", "expired"]
    instants = [7.0, 9.5 + fading, 9.5 + fading + 30]
    assert [day(a.occurred_at) for a in alerts] == pytest.approx(instants, abs=1e-6)
    assert [a.causes[0].cause for a in alerts] == ["waiting", "delivery", "delivery"]
    assert alerts[0].score == pytest.approx(late(5))
    assert alerts[1].score == pytest.approx(0.42)
    assert {a.limit for a in alerts} == {0.6}


def test_load_adds_up_in_log_odds_against_a_buffered_endurance():
    """Two failures at once are 2.0; ln 3 = 1.0986 without purchases: entered at once, 1.5 not."""
    story = Story(only())
    story.tell(1, Kind.TICKET_REOPENED, item="t1").tell(1, Kind.TICKET_REOPENED, item="t2")
    [alert] = [a for a in story.lives(0, 2).alerts() if a.customer_id == "ada"]
    assert (alert.score, alert.limit) == (pytest.approx(2.0), pytest.approx(LN3))
    assert alert.churn_probability is None
    assert alert.severity == "critical"  # 2.0 >= 1.5 x ln 3 = 1.648


def test_purchases_buffer():
    """Three orders, the oldest a year ago: endurance is ln 3 (1 + .5 ln(1 + n)), decayed."""
    story = Story(only({"purchase_buffer": 0.5})).orders(0, 182.5, 365)
    for _ in range(3):
        story.tell(365.5, Kind.TICKET_RATED, rating=1.0)
    alert = story.lives(0, 366).alerts()[0]
    n = sum(2 ** (-(365.5 - when) / 365) for when in (0, 182.5, 365))
    assert alert.limit == pytest.approx(LN3 * (1 + 0.5 * math.log(1 + n)))


HARD = only({"base": 0.9, "purchase_buffer": 0.0})


@pytest.mark.parametrize(
    ("story", "states"),
    [
        pytest.param([], ["raised", "expired"], id="nothing is done: it fades, and expires"),
        pytest.param(
            [(2, Kind.FOLLOW_UP)], ["raised", "eased", "expired"], id="a word, and no answer"
        ),
        pytest.param(
            [(2, Kind.FOLLOW_UP), (30, ORDER)],
            ["raised", "eased", "resolved"],
            id="a word, and then an order",
        ),
        pytest.param([(5, Kind.CLOSED)], ["raised", "lost"], id="she closes her account"),
        pytest.param(
            [(2, Kind.FOLLOW_UP), (50, Kind.TICKET_RATED)],
            ["raised", "eased", "raised", "eased", "expired"],
            id="eased, and then it happens again",
        ),
        pytest.param(
            [(2, Kind.TICKET_RATED)],
            ["raised", "escalated", "expired"],
            id="a second failure soon after",
        ),
    ],
)
def test_how_a_frustration_ends(story, states):
    """Rated 1 of 5 weighs 1 against .9; it is below .63 after 30 log2(1 / .63) = 20 days."""
    told = Story(HARD).tell(1, Kind.TICKET_RATED, rating=1.0)
    for when, kind in story:
        told.tell(when, kind, rating=1.0 if kind == Kind.TICKET_RATED else None)
    assert [state for _, state, _ in told.lives(0, 130).moves()] == states


TAUGHT = {"soothed": 1.25, "let_down": 0.8}


@pytest.mark.parametrize(
    ("story", "limits"),
    [
        pytest.param(
            [(1, RATED), (2, Kind.FOLLOW_UP), (121, RATED)],
            [0.9, 0.9 * 1.25],
            id="put out: she bears more",
        ),
        pytest.param([(1, RATED), (121, RATED)], [0.9, 0.9 * 0.8], id="nobody came: less"),
        pytest.param(
            [(1, RATED), (1, RATED), (3, RATED), (121, RATED)],
            [0.9, 0.9 * 0.8],
            id="one episode, however much there was in it",
        ),
        pytest.param(
            [(1 + 120 * n, RATED) for n in range(6)],
            [0.9, *(0.9 * 0.8 ** min(n, 3) for n in range(1, 6))],
            id="three are remembered",
        ),
    ],
)
def test_past_episodes_teach(story, limits):
    """A rating weighs 1. Twice at once they are too much, and long gone 120 days later."""
    taught = EpisodeFactors(**TAUGHT)
    settings = only({"base": 0.9, "purchase_buffer": 0.0, "episode_factors": taught})
    settings = replace(settings, sources=("orders", "touchpoints"))
    told = Story(settings)
    for when, kind in story:
        for _ in range(2):
            told.tell(when, kind, rating=1.0 if kind == RATED else None)
    raised = [alert.limit for alert in told.lives(0, 610).alerts() if alert.state == "raised"]
    assert raised == pytest.approx(limits)


def test_past_episodes_teach_nothing_by_default():
    assert PipelineSettings().frustration.episode_factors == EpisodeFactors(soothed=1, let_down=1)


def test_a_fading_load_is_dated_to_the_millisecond():
    raised, expired = Story(HARD).tell(1, Kind.TICKET_RATED, rating=1.0).lives(0, 30).alerts()
    assert day(raised.occurred_at) == 1
    assert day(expired.occurred_at) == pytest.approx(1 + 30 * math.log2(1 / 0.63), abs=2e-8)


def test_cooldown():
    """After an end none is raised for seven days; then what still stands is."""
    settings = replace(HARD, episodes=replace(HARD.episodes, cooldown_days=7.0))
    ends = 1 + 30 * math.log2(1 / 0.63)
    told = Story(settings).tell(1, Kind.TICKET_RATED, rating=1.0)
    told.tell(ends + 1, Kind.TICKET_RATED, rating=1.0).lives(0, 40)
    assert told.moves() == [
        ("ada", "raised", 1.0),
        ("ada", "expired", round(ends, 6)),
        ("ada", "raised", round(ends + 7, 6)),
    ]


def test_an_order_returned_weeks_after_it_came_was_not_delivered_late():
    """Its record still names the promised day; by then the order itself is forgotten."""
    told = Story(only({"base": 0.2, "purchase_buffer": 0.0}))
    told.tell(0, ORDER, item="o", due=3).tell(2, Kind.ORDER_DELIVERED, item="o", due=3)
    told.tell(40, Kind.ORDER_RETURNED, item="o", due=3).lives(0, 41)
    assert told.alerts() == []
