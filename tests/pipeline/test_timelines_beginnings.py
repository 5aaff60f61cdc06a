"""Remorse, stages that stall, the second order: stories, with instants worked out by hand."""

import pytest

from schemas.activity import Kind
from tests.pipeline.story import only, states, told

ORDER, DELIVERED, FOLLOW_UP = Kind.ORDER_PLACED, Kind.ORDER_DELIVERED, Kind.FOLLOW_UP
CLOSED, OWNER, RATED = Kind.CLOSED, Kind.OWNER_CHANGED, Kind.TICKET_RATED


REMORSE = only("remorse")


@pytest.mark.parametrize(
    ("happened", "moves"),
    [
        pytest.param(
            # 1 - exp(-k/5) after k days: .181 .330 .451 .551 .632; the limits are .3 and .6.
            [(0, ORDER, {"item": "o", "due": 2.25})],
            [("raised", 4.25), ("escalated", 7.25)],
            id="the first order does not come",
        ),
        pytest.param(
            [(0, ORDER, {"item": "o", "due": 2.25}), (8, DELIVERED, {"item": "o"})],
            [("raised", 4.25), ("escalated", 7.25), ("eased", 8), ("expired", 38)],
            id="it comes",
        ),
        pytest.param(
            [
                (0, ORDER, {"item": "o", "due": 2.25}),
                (8, DELIVERED, {"item": "o"}),
                (20, RATED, {"rating": 5.0}),
            ],
            [("raised", 4.25), ("escalated", 7.25), ("eased", 8), ("resolved", 20)],
            id="it comes, and she is pleased",
        ),
        pytest.param(
            # .4 x 2^(-t/60) falls below .7 x .3 after 55.8 days: seen on the next midnight.
            [(0, ORDER), (0.5, OWNER)],
            [("raised", 0.5), ("expired", 57)],
            id="it fades",
        ),
        pytest.param(
            [(0, ORDER), (0.5, OWNER), (1.5, FOLLOW_UP)],
            [("raised", 0.5), ("eased", 1.5), ("expired", 31.5)],
            id="a call: she is taken care of",
        ),
        pytest.param(
            [(0, ORDER), (0.5, OWNER), (5, ORDER)],
            [("raised", 0.5), ("expired", 5)],
            id="a second order: it is no beginning any more",
        ),
        pytest.param(
            [(0, ORDER), (0.4, DELIVERED, {"arrives": 0.9}), (0.5, OWNER)],
            [("raised", 0.5), ("retracted", 0.5)],
            id="it had come before, as is heard afterwards",
        ),
        pytest.param([(0.5, OWNER)], [], id="no order at all"),
    ],
)
def test_remorse(happened, moves):
    assert states(told(REMORSE, 60, *happened)) == moves


def test_what_would_have_prevented_it_is_told_while_it_stands():
    """By the second order it is no beginning any more, though the load is still .38 of .3."""
    raised, expired = told(REMORSE, 10, (0, ORDER), (0.5, OWNER), (5, ORDER)).alerts()
    assert (
        raised.counterfactual == "without another owner since 1 Jan it would not have been raised"
    )
    assert expired.score > expired.limit
    assert expired.counterfactual is None


STALLED = only("stalled")


@pytest.mark.parametrize(
    ("happened", "moves"),
    [
        pytest.param(
            # Admitted for a day; affirm may take 30, and 45 are stuck; after a hundred it is over.
            [(0, ORDER)],
            [("raised", 31), ("escalated", 46), ("expired", 100)],
            id="nothing comes",
        ),
        pytest.param(
            [(0, ORDER), (40, DELIVERED)],
            [("raised", 31), ("eased", 40), ("expired", 70)],
            id="it comes at last",
        ),
        pytest.param(
            [(0, ORDER), (40, ORDER)], [("raised", 31), ("resolved", 40)], id="a second order"
        ),
        pytest.param(
            # Activated for a week, from day 5 to 12; acclimate may take 60.
            [(0, ORDER), (5, DELIVERED)],
            [("raised", 72), ("expired", 100)],
            id="delivered, and nothing comes of it",
        ),
        pytest.param([(0, ORDER), (5, DELIVERED), (9, ORDER)], [], id="on track"),
        pytest.param(
            [(0, ORDER), (20, DELIVERED, {"arrives": 31.5})],
            # Activated when that is heard of, for a week: acclimate may take from 38 to 98.
            [("raised", 31), ("retracted", 31), ("raised", 98), ("expired", 100)],
            id="it had come, as is heard afterwards",
        ),
        pytest.param([(0, ORDER), (40, CLOSED)], [("raised", 31), ("lost", 40)], id="she leaves"),
    ],
)
def test_stalled(happened, moves):
    assert states(told(STALLED, 101, *happened)) == moves


SECOND = only("second_order")


@pytest.mark.parametrize(
    ("happened", "moves"),
    [
        pytest.param(
            [(0, ORDER)],
            [("raised", 60), ("escalated", 120), ("lost", 150)],
            id="sixty days, twice as many, and ninety from the alert on",
        ),
        pytest.param([(0, ORDER), (70, ORDER)], [("raised", 60), ("resolved", 70)], id="it comes"),
        pytest.param([(0, ORDER), (59, ORDER)], [], id="in time"),
        pytest.param(
            [(0, ORDER), (50, ORDER, {"arrives": 65})],
            [("raised", 60), ("retracted", 60)],
            id="it had come, as is heard afterwards",
        ),
        pytest.param([(0, ORDER), (70, CLOSED)], [("raised", 60), ("lost", 70)], id="she leaves"),
    ],
)
def test_second_order(happened, moves):
    assert states(told(SECOND, 151, *happened)) == moves
