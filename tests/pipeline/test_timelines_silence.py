"""Silence told as stories, with instants worked out by hand or by a bisection of their own."""

from dataclasses import replace

import pytest

from pipeline.inactivity_settings import InactivityRule
from pipeline.settings import FeedSettings
from schemas.activity import Activity, Kind
from tests.pipeline.harness import at
from tests.pipeline.story import Story, alone

ORDER = Kind.ORDER_PLACED

# Inactivity. A horizon of 90 days, level .7, critical .85.

R, ALPHA, A, B = 0.56, 60.0, 0.23, 1.83


def p_no_order(x, tx, silence, horizon=90.0):
    """P(no order) of MODELS 2 for MBG, k = 1."""
    c = A / (B + x)
    quiet = ((ALPHA + tx) / (ALPHA + tx + silence)) ** (R + x)
    later = ((ALPHA + tx) / (ALPHA + tx + silence + horizon)) ** (R + x)
    return (c + later) / (c + quiet)


def crossing(x, tx, level):
    """Return the days of silence at which P reaches a level and the personal floor is passed."""
    floor = max(14.0, (tx + 2 * 60) / (x + 2))
    low, high = 0.0, 7000.0
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (low, middle) if p_no_order(x, tx, middle) >= level else (middle, high)
    return max(floor, high)


def test_the_formula_is_that_of_the_published_value():
    """MODELS 8: x 5, tx 300, T 360, horizon 90."""
    assert p_no_order(5, 300, 60) == pytest.approx(0.388300, abs=1e-6)


WEEKLY = [7 * n for n in range(15)]  # x 14, tx 98


@pytest.mark.parametrize("tick", [True, False], ids=["a tick a record", "a tick at the end"])
@pytest.mark.parametrize(
    "days",
    [
        pytest.param(WEEKLY, id="every week"),
        pytest.param([0, 30], id="twice"),
        pytest.param([0, 30, 61, 90, 122], id="every month"),
        pytest.param([0, 100, 210], id="seldom"),
    ],
)
def test_silence_is_raised_at_its_crossing(days, tick):
    """Dated by the crossing, not by the tick that found it; then escalated at the next level."""
    x, tx = len(days) - 1, days[-1] - days[0]
    raised, critical = (days[-1] + crossing(x, tx, level) for level in (0.7, 0.85))
    last = min(critical, raised + 80) + 3
    expected = [("ada", "raised", round(raised, 6))]
    if raised < critical < last:
        expected.append(("ada", "escalated", round(critical, 6)))
    assert Story(alone()).orders(*days).lives(0, last).moves(tick) == expected


def test_the_personal_floor_holds_back_who_is_surely_gone_by_the_numbers():
    """Four orders over 165 days: the floor is (165 + 2 x 60) / (3 + 2) = 57 days of silence."""
    assert p_no_order(3, 165, 20) > 0.2
    settings = alone(inactivity={"level": 0.2, "critical_level": 0.99})
    told = Story(settings).orders(0, 55, 110, 165).lives(0, 225)
    assert told.moves(tick=False) == [("ada", "raised", 222.0)]


HIATUS = alone(
    inactivity={
        "rule": InactivityRule.HIATUS,
        "hiatus_days": 20.0,
        "hiatus_critical_days": 30.0,
        "horizon_days": 40.0,
    },
)


def test_the_hiatus_is_the_same_for_all():
    told = Story(HIATUS).orders(0, 7, 14).orders(0, 13.25, who="bob").lives(0, 60)
    assert told.moves() == [
        ("bob", "raised", 33.25),
        ("ada", "raised", 34.0),
        ("bob", "escalated", 43.25),
        ("ada", "escalated", 44.0),
    ]


def test_a_hiatus_is_told_in_days_even_once_it_is_over():
    told = Story(HIATUS).orders(0, 7, 30).lives(0, 31)
    raised, resolved = told.alerts()
    assert [(c.cause, c.share) for c in raised.causes] == [("silence", 20.0)]
    assert [(c.cause, c.share) for c in resolved.causes] == [("silence", 0.0)]


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        pytest.param(
            [(40, ORDER, 40)],
            [("raised", 27), ("escalated", 37), ("resolved", 40)],
            id="she orders: resolved",
        ),
        pytest.param(
            [(25, ORDER, 28)],
            [("raised", 27), ("retracted", 27), ("raised", 45), ("escalated", 55)],
            id="an order before the alarm arrives late: retracted, and silence starts from it",
        ),
        pytest.param(
            [(5, ORDER, 28)],
            [("raised", 27), ("escalated", 37)],
            id="one older than the last changes nothing",
        ),
        pytest.param(
            [(29, ORDER, 31)],
            [("raised", 27), ("resolved", 29), ("raised", 49)],
            id="an order after the alarm arrives late: resolved, dated by it",
        ),
        pytest.param(
            [(30, Kind.CLOSED, 30), (50, ORDER, 50)],
            [("raised", 27), ("lost", 30)],
            id="she closes her account: lost",
        ),
        pytest.param(
            [(30, Kind.TICKET_OPENED, 30)],
            [("raised", 27), ("escalated", 37)],
            id="a ticket is no order",
        ),
    ],
)
def test_how_a_silence_ends(story, expected):
    """Orders on days 0 and 7, a hiatus of 20 days; what is told arrives on the third day."""
    told = Story(HIATUS).orders(0, 7)
    for when, kind, arrives in story:
        told.tell(when, kind, arrives=arrives)
    got = [(state, when) for _, state, when in told.lives(0, 58).moves()]
    assert got == expected


def test_lost_after_a_horizon_and_not_raised_again_before_a_new_order():
    """Raised on day 27, lost 40 days later; an order on day 100 begins anew."""
    told = Story(HIATUS).orders(0, 7, 100).lives(0, 125)
    assert told.moves() == [
        ("ada", "raised", 27.0),
        ("ada", "escalated", 37.0),
        ("ada", "lost", 67.0),
        ("ada", "raised", 120.0),
    ]


def test_an_order_taken_back_was_none():
    """The order that ended her silence is cancelled: it goes on from the one before."""
    told = Story(HIATUS).orders(0, 7).tell(20, ORDER, item="o")
    told.tell(24, Kind.ORDER_CANCELLED, item="o").lives(0, 30)
    [(who, state, when)] = told.moves()
    # What is left is the end of day 7, as only days are kept of former orders.
    assert (who, state) == ("ada", "raised")
    assert when == round(8 + 20 - 1e-3 / 86_400, 6)


# Dead feeds.


@pytest.mark.parametrize("tick", [True, False], ids=["a tick a record", "ticks where needed"])
@pytest.mark.parametrize("partitions", [1, 2])
@pytest.mark.parametrize(
    ("first", "ada_raised"),
    [
        pytest.param([], 60.0, id="others are the first back"),
        pytest.param([ORDER], 65.0, id="ada is the first back, with an order"),
        pytest.param([Kind.ORDER_FAILED], 60.0, id="with an order that the company cancels"),
        pytest.param([Kind.ORDER_CANCELLED, ORDER], 65.0, id="with a cancellation and an order"),
    ],
)
def test_an_outage_raises_nobody_and_is_no_silence(first, ada_raised, partitions, tick):
    """No event from day 20 to 45: bob, silent since day 10, is raised on day 55, not on 30.

    The first ones back are heard before the gap is: it takes three customers to confirm a jump.
    """
    told = Story(HIATUS, partitions).orders(0, 8, 15).orders(0, 10, who="bob")
    for kind in first:
        told.tell(45, kind, item="new" if kind == ORDER else "unknown")
    for partition in range(partitions):
        told.lives(0, 20, partition=partition).lives(45, 68, partition=partition)
    expected = [
        ("ada", "raised", ada_raised),
        ("bob", "escalated", 65.0),
        ("bob", "raised", 55.0),
    ]
    assert sorted(told.moves(tick)) == expected


def test_a_cancelled_order_first_thing_after_an_outage_raises_nobody():
    """What is left is day 8, 37 days before, but only 12 of them before the outage."""
    told = Story(HIATUS).orders(0, 8).tell(15, ORDER, item="o", due=90).lives(0, 20)
    told.tell(45, Kind.ORDER_CANCELLED, item="o").lives(45, 50)
    assert told.moves() == []


def test_one_partition_pauses_and_the_other_lives():
    """Silence of those whose own partition pauses goes on: the source is alive."""
    told = Story(HIATUS, partitions=2).orders(0, 10).lives(0, 12).lives(0, 42, partition=1)
    told.lives(38, 42)
    assert told.moves() == [("ada", "raised", 30.0), ("ada", "escalated", 40.0)]


def test_both_partitions_pause():
    """Dead from 18, the last event of either, to 42, the first of either."""
    told = Story(HIATUS, partitions=2).orders(0, 10)
    told.lives(0, 18).lives(0, 15, partition=1).lives(42, 60).lives(44, 60, partition=1)
    assert told.moves() == [("ada", "raised", 54.0)]


def test_a_partition_that_begins_after_an_outage_does_not_unmake_it():
    """All partitions but one have had their outage when that one has its first event."""
    told = Story(HIATUS, partitions=2).orders(0, 10)
    told.lives(0, 18).lives(42, 60).lives(50, 60, partition=1)
    assert told.moves() == [("ada", "raised", 54.0)]


def test_an_outage_that_was_none_is_taken_back():
    """Partition 0 pauses from day 12 to 30; that partition 1 lived on is read only afterwards.

    Ada, silent since day 10, is then raised at day 30 still, not as much later as the pause was.
    """
    told = Story(HIATUS, partitions=2).orders(0, 10).lives(0, 12).lives(0, 12, partition=1)
    told.lives(30, 36)
    for n in range(13, 37):
        told.tell(n, ORDER, f"other of partition 1, {n}", partition=1, arrives=36 + n / 100)
    told.tell(11, Kind.ORDER_CANCELLED, item="unknown", arrives=35)
    assert told.moves() == [("ada", "raised", 30.0)]


def test_a_retraction_is_not_dated_before_what_it_retracts():
    """The alarm of day 27 is found by an event of that instant; day 26 is the last reported."""
    told = Story(HIATUS).orders(0, 7).lives(0, 26)
    told.tell(27, Kind.ORDER_CANCELLED, item="unknown").tell(25, ORDER, arrives=27.6)
    [raised, retracted] = told.moves(tick=False)
    assert raised == ("ada", "raised", 27.0)
    assert retracted[:2] == ("ada", "retracted")
    assert retracted[2] >= 27.0


def test_a_pause_shorter_than_idle_max_counts_as_silence():
    told = Story(HIATUS).orders(0, 10).lives(0, 14).lives(15.9, 42)
    assert told.moves() == [("ada", "raised", 30.0), ("ada", "escalated", 40.0)]


# The clock.


def test_a_source_never_heard_from_or_slow_holds_the_clock():
    """Tickets have been read to day 12 only: what orders say of day 27 is not judged yet."""
    settings = replace(HIATUS, sources=("orders", "support-tickets"))
    told = Story(settings).orders(0, 7).lives(0, 40)
    assert told.moves() == []
    told = Story(settings).orders(0, 7).lives(0, 40)
    ticket = Activity("bob", int(Kind.TICKET_RATED), at(12), "t", "support-tickets", 0, 0)
    told.intake.send(ticket)
    assert told.moves() == []


def test_one_wrong_date_moves_no_clock():
    """One order of the year 2999, one of in three days: neither makes anyone silent."""
    told = Story(HIATUS).orders(0, 7).lives(0, 20)
    told.tell(356_000, ORDER, "zoe", arrives=10.1).tell(13, ORDER, "yan", arrives=10.2)
    assert told.moves() == []
    dates = [a.occurred_at for a in told.intake.log if isinstance(a, Activity)]
    assert max(dates) == at(356_000)


def test_feeds_settings_are_by_topic():
    """A source that is allowed to pause for 30 days is not dead in 25."""
    slow = replace(HIATUS, feeds={"orders": FeedSettings(idle_hours_max=720.0)})
    told = Story(slow).orders(0, 10).lives(0, 20).lives(45, 47)
    assert told.moves() == [("ada", "raised", 30.0), ("ada", "escalated", 40.0)]
