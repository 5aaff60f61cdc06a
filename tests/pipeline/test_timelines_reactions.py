"""What people do with alerts, what is heard too late, and what becomes of customers, as stories."""

import pytest

from pipeline.alert_ids import alert_id
from schemas.activity import Kind
from tests.pipeline.harness import at, day
from tests.pipeline.story import only, states, told

ORDER, DELIVERED, FOLLOW_UP = Kind.ORDER_PLACED, Kind.ORDER_DELIVERED, Kind.FOLLOW_UP
OPENED, RESOLVED, ABANDONED = Kind.TICKET_OPENED, Kind.TICKET_RESOLVED, Kind.TICKET_ABANDONED
OWNER, CLOSED, RATED = Kind.OWNER_CHANGED, Kind.CLOSED, Kind.TICKET_RATED
SEEN, SNOOZED, FEEDBACK = Kind.ACKNOWLEDGED, Kind.SNOOZED, Kind.FEEDBACK
HARD = {"base": 0.9, "purchase_buffer": 0.0}  # a rating of 1, which weighs 1, is too much


def heard(*kinds, **parts):
    """Return settings under which these kinds are judged, and reactions can be heard of."""
    return only(*kinds, sources=("orders", "touchpoints"), **parts)


ALL = {"item": ""}  # no alert is named


@pytest.mark.parametrize(
    ("reaction", "moves"),
    [
        # Raised on day 15; three days without a reaction; critical on day 31.
        pytest.param(
            [], [("raised", 15), ("escalated", 18), ("escalated", 31)], id="nobody reacts"
        ),
        pytest.param([(16, FOLLOW_UP)], [("raised", 15), ("escalated", 31)], id="a call"),
        pytest.param([(16, SEEN, ALL)], [("raised", 15), ("escalated", 31)], id="acknowledged"),
        pytest.param(
            [(16, SEEN, {"item": "quiet_after_trouble"})],
            [("raised", 15), ("escalated", 31)],
            id="acknowledged by its kind",
        ),
        pytest.param(
            [(16, SEEN, {"item": alert_id("ada", "quiet_after_trouble", at(15))})],
            [("raised", 15), ("escalated", 31)],
            id="acknowledged by its id",
        ),
        pytest.param(
            [(16, SEEN, {"item": alert_id("ada", "quiet_after_trouble", at(14))})],
            [("raised", 15), ("escalated", 18), ("escalated", 31)],
            id="another alert is acknowledged",
        ),
        pytest.param(
            [(16, SEEN, {"item": "neglect"})],
            [("raised", 15), ("escalated", 18), ("escalated", 31)],
            id="another kind is acknowledged",
        ),
        pytest.param(
            [(14, SEEN, ALL)],
            [("raised", 15), ("escalated", 18), ("escalated", 31)],
            id="acknowledged before it was raised",
        ),
        pytest.param(
            [(14, SEEN, {"item": "", "arrives": 16})],
            [("raised", 15), ("escalated", 18), ("escalated", 31)],
            id="before it was raised, as is heard afterwards",
        ),
        pytest.param(
            [(14, FOLLOW_UP, {"arrives": 16})],
            [("raised", 15), ("escalated", 18), ("escalated", 31)],
            id="a call before it was raised, as is heard afterwards",
        ),
        pytest.param(
            [(16, FEEDBACK, {"item": "", "rating": 0.0})],
            [("raised", 15), ("escalated", 31)],
            id="somebody has judged it",
        ),
        pytest.param(
            [(16, SNOOZED, {"item": "", "due": 35})],
            [("raised", 15), ("escalated", 35)],
            id="snoozed beyond the day on which it gets critical",
        ),
        pytest.param(
            [(30, SNOOZED, ALL)],
            [("raised", 15), ("escalated", 18), ("escalated", 37)],
            id="snoozed for a week, as is usual",
        ),
    ],
)
def test_reactions(reaction, moves):
    story = told(heard("quiet_after_trouble"), 40, (1, ABANDONED), *reaction)
    assert states(story) == moves


@pytest.mark.parametrize(
    ("settings", "happened", "moves"),
    [
        pytest.param(
            heard(frustration=HARD | {"critical_ratio": 9.0}),
            [(1, RATED, {"rating": 1.0})],
            [("raised", 1), ("escalated", 4)],
            id="frustration",
        ),
        pytest.param(
            heard("second_order", second_order={"days": 5.0}),
            [(0, ORDER)],
            [("raised", 5), ("escalated", 8)],
            id="second order",
        ),
        pytest.param(
            heard("remorse"),
            [(0, ORDER), (0.5, OWNER)],
            [("raised", 0.5), ("escalated", 3.5)],
            id="remorse",
        ),
        pytest.param(
            heard("handover", frustration={"base": 99.0, "ticket_promise_hours": 0.0}),
            [(1, OPENED), (2, OWNER)],
            [("raised", 2), ("escalated", 5)],
            id="handover",
        ),
    ],
)
def test_a_reaction_is_missed_whatever_the_kind(settings, happened, moves):
    assert states(told(settings, 12, *happened)) == moves


def test_what_gets_worse_for_want_of_a_reaction_is_not_critical_yet():
    story = told(heard("quiet_after_trouble"), 40, (1, ABANDONED))
    assert [str(a.severity) for a in story.alerts()] == ["warning", "warning", "critical"]


def test_where_no_reaction_could_be_heard_of_none_is_missed():
    story = told(only("quiet_after_trouble"), 40, (1, ABANDONED))
    assert states(story) == [("raised", 15), ("escalated", 31)]


def test_an_alert_says_until_when_it_is_snoozed():
    happened = [(1, OPENED, {"item": "t"}), (2, OWNER), (2.5, SNOOZED, {"item": "", "due": 6})]
    raised, eased = told(heard("handover"), 5, *happened, (5, RESOLVED, {"item": "t"})).alerts()
    assert raised.snoozed_until is None
    assert (str(eased.state), day(eased.snoozed_until)) == ("eased", 6)
    _, escalated, _ = told(heard("handover"), 33, *happened).alerts()
    assert day(escalated.occurred_at) == 6  # overdue from day 4 on


# What is heard late.


@pytest.mark.parametrize(
    ("frustration", "happened", "raised"),
    [
        pytest.param(
            # Overdue from day 2 on: 1 - exp(-k/5) >= .6 after 5 days.
            {"base": 0.6, "purchase_buffer": 0.0, "critical_ratio": 9.0},
            [
                (0, ORDER, {"item": "o", "due": 2}),
                (1.5, DELIVERED, {"item": "o", "arrives": 8.5}),
            ],
            7,
            id="the order had come in time",
        ),
        pytest.param(
            # .9 endured, with one purchase .9 (1 + .5 ln 2) = 1.21; the rating weighs 1.
            {"base": 0.9, "purchase_buffer": 0.5},
            [(1, RATED, {"rating": 1.0}), (0.9, ORDER, {"arrives": 1.2})],
            1,
            id="she had bought before, and endures more",
        ),
    ],
)
def test_a_frustration_that_never_was_is_retracted(frustration, happened, raised):
    story = told(only(frustration=frustration), 110, *happened)
    assert states(story) == [("raised", raised), ("retracted", raised)]
    assert story.closings == []


def test_a_late_order_that_would_not_have_been_enough_retracts_nothing():
    happened = [(1, RATED, {"rating": 1.0}), (0.9, ORDER, {"arrives": 1.2})]
    assert states(told(only(frustration=HARD), 2, *happened)) == [("raised", 1)]


# What becomes of them.


@pytest.mark.parametrize(
    ("happened", "outcome", "when"),
    [
        pytest.param([(0, ORDER), (30, ORDER)], "came_back", 30, id="she orders"),
        pytest.param([(0, ORDER)], "left", 91, id="no order for the ninety days"),
        pytest.param([(0, ORDER), (91.5, ORDER)], "left", 91, id="an order that is too late"),
        pytest.param([], "unknown", 91, id="who never ordered is not known to have left"),
        pytest.param([(40, CLOSED)], "left", 40, id="she closes her account"),
    ],
)
def test_outcomes(happened, outcome, when):
    """Rated 1 of 5 on day 1 is too much; below .63 it is over after 20 days."""
    settings = only(frustration=HARD)
    story = told(settings, 93, (1, RATED, {"rating": 1.0}), *happened)
    alerts = story.alerts()
    [closing] = [c for c in story.closings if c.alert_id == alerts[0].alert_id]
    assert (str(closing.outcome), day(closing.occurred_at)) == (outcome, when)
    assert closing.revision > max(a.revision for a in alerts)
    assert (closing.score, closing.limit) == (1, 0.9)  # as when it was raised
    assert (closing.acted_at, closing.feedback) == (None, None)


def test_a_closing_says_what_was_done_and_whether_it_was_right():
    settings = only(frustration=HARD)
    story = told(
        settings,
        31,
        (0, ORDER),
        (1, RATED, {"rating": 1.0}),
        (2, FOLLOW_UP),
        (3, FOLLOW_UP),
        (4, FEEDBACK, {"item": "", "rating": 5.0}),
        (30, ORDER),
    )
    story.alerts()
    [closing] = story.closings
    assert (day(closing.acted_at), closing.feedback) == (2, True)
    assert (closing.causes, closing.advice) == ([], "")


@pytest.mark.parametrize(
    ("happened", "acted"),
    [
        pytest.param([(20, FOLLOW_UP)], 20, id="while it stands"),
        pytest.param([(22, FOLLOW_UP)], None, id="once it is over"),
        pytest.param([(20, FOLLOW_UP, {"arrives": 22})], 20, id="before, and heard of after"),
        pytest.param([(0.5, FOLLOW_UP, {"arrives": 2})], None, id="before it was raised"),
        pytest.param([(5, FOLLOW_UP), (9, FOLLOW_UP)], 5, id="the first of two"),
    ],
)
def test_only_who_acts_while_an_alert_stands_has_acted_on_it(happened, acted):
    """Rated 1 of 5 on day 1; half gone every 30 days, below .63 it is over before day 21."""
    story = told(only(frustration=HARD), 93, (1, RATED, {"rating": 1.0}), *happened)
    story.alerts()
    [closing] = story.closings
    assert (closing.acted_at and day(closing.acted_at)) == acted


@pytest.mark.parametrize(("rating", "right"), [(4.9, False), (5.0, True)])
def test_feedback_is_right_from_five_of_ten(rating, right):
    settings = only(frustration=HARD)
    happened = [(1, RATED, {"rating": 1.0}), (2, FEEDBACK, {"item": "", "rating": rating})]
    story = told(settings, 5, *happened, (4, CLOSED))
    story.alerts()
    assert [closing.feedback for closing in story.closings] == [right]


def test_of_what_was_not_told_no_closing_is_told():
    settings = only("remorse", "stalled")
    happened = [(0, ORDER, {"item": "o", "due": 2.25}), (40, CLOSED)]
    story = told(settings, 41, *happened)
    story.alerts()
    assert [(str(c.kind), str(c.outcome)) for c in story.closings] == [("remorse", "left")]
