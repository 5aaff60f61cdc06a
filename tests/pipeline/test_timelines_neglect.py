"""Neglect, and what falls due in an outage, told as stories, with instants worked out by hand."""

import pytest

from schemas.activity import Kind
from tests.pipeline.story import Story, only, states, told

ORDER, DELIVERED, FOLLOW_UP = Kind.ORDER_PLACED, Kind.ORDER_DELIVERED, Kind.FOLLOW_UP
REVIEWED, MADE, KEPT = Kind.REVIEWED, Kind.PROMISE_MADE, Kind.PROMISE_KEPT
BOTH = ("orders", "touchpoints")


PATIENT = {"reaction_hours": 900.0}
NEGLECT = only("neglect", sources=BOTH, episodes=PATIENT)
OWNED = {"owner": "eve"}


@pytest.mark.parametrize(
    ("happened", "moves"),
    [
        pytest.param(
            [(0, ORDER, OWNED), (3, DELIVERED)],
            [("raised", 5), ("escalated", 10)],
            id="no word for two days, and for seven",
        ),
        pytest.param([(0, ORDER), (3, DELIVERED)], [], id="she has no owner: nobody owes a word"),
        pytest.param(
            [(0, ORDER, OWNED), (3, DELIVERED), (4, Kind.PROMOTED)],
            [("raised", 5), ("escalated", 10)],
            id="a promotion is no word",
        ),
        pytest.param([(0, ORDER, OWNED), (3, DELIVERED), (4, FOLLOW_UP)], [], id="a word in time"),
        pytest.param(
            [(0, ORDER, OWNED), (3, DELIVERED), (7, FOLLOW_UP)],
            [("raised", 5), ("eased", 7), ("expired", 37)],
            id="a word at last",
        ),
        pytest.param(
            [(0, ORDER, OWNED), (3, DELIVERED), (4, FOLLOW_UP, {"arrives": 6.5})],
            [("raised", 5), ("retracted", 5)],
            id="there had been a word, as is heard afterwards",
        ),
        pytest.param(
            [(1, MADE, {"item": "p", "due": 4})],
            [("raised", 4), ("escalated", 6)],
            id="a promise is broken",
        ),
        pytest.param(
            [(1, MADE, {"item": "p", "due": 4}), (3, KEPT, {"item": "p"})], [], id="it is kept"
        ),
        pytest.param(
            [(1, MADE, {"item": "p", "due": 4}), (5, KEPT, {"item": "p"})],
            [("raised", 4), ("eased", 5), ("expired", 35)],
            id="it is kept late",
        ),
    ],
)
def test_neglect(happened, moves):
    assert states(told(NEGLECT, 40, *happened)) == moves


def through_an_outage(settings, dead, *happened):
    """Return a story in which a feed is dead from day 5 to day 12, the other alive."""
    story = Story(settings)
    for when, kind, *fields in happened:
        story.tell(when, kind, **(fields[0] if fields else {}))
    for topic in BOTH:
        for when in range(31):
            if not 5 < when < 12 or topic != dead:
                kind = ORDER if topic == "orders" else Kind.PROMOTED
                story.tell(when, kind, f"other-{topic}-{when}", topic=topic)
    return story


@pytest.mark.parametrize(
    ("happened", "moves"),
    [
        pytest.param([], [("raised", 14)], id="the two days count from day 12 on"),
        pytest.param([(10, ORDER)], [("raised", 14)], id="an order in the meantime proves nothing"),
        pytest.param(
            [(10, ORDER), (8, FOLLOW_UP, {"topic": "touchpoints", "arrives": 12})],
            [],
            id="a word had been said, as is heard when the feed is back",
        ),
    ],
)
def test_a_word_is_not_missed_while_touchpoints_are_dead(happened, moves):
    settings = only("neglect", sources=BOTH, neglect={"critical_days": 30.0}, episodes=PATIENT)
    delivered = (0, ORDER, OWNED), (7, DELIVERED)
    assert states(through_an_outage(settings, "touchpoints", *delivered, *happened)) == moves


@pytest.mark.parametrize(
    ("happened", "moves"),
    [
        pytest.param([], [("raised", 12)], id="broken, as far as anybody knows then"),
        pytest.param([(10, ORDER)], [("raised", 12)], id="an order proves nothing"),
        pytest.param(
            [(10, ORDER), (7, KEPT, {"item": "p", "topic": "touchpoints", "arrives": 11.9})],
            [],
            id="it had been kept",
        ),
    ],
)
def test_a_promise_is_not_broken_while_touchpoints_are_dead(happened, moves):
    """They are believed until day 8, 48 and 24 hours on; the promise is due on day 9."""
    settings = only(
        "neglect", sources=BOTH, neglect={"promise_critical_days": 30.0}, episodes=PATIENT
    )
    made = (1, MADE, {"item": "p", "due": 9})
    assert states(through_an_outage(settings, "touchpoints", made, *happened)) == moves


@pytest.mark.parametrize(
    ("happened", "moves"),
    [
        # 1 - exp(-k/5) after k days: .181 .330; the limit is .3. Looked at half past the day.
        pytest.param([], [("raised", 12.5)], id="it does not come"),
        pytest.param(
            [(10, REVIEWED, {"topic": "touchpoints"})],
            [("raised", 12.5)],
            id="a word of hers in the meantime proves nothing",
        ),
        pytest.param(
            [
                (10, REVIEWED, {"topic": "touchpoints"}),
                (6, DELIVERED, {"item": "o", "arrives": 11.9}),
            ],
            [],
            id="it had come",
        ),
    ],
)
def test_an_order_is_not_overdue_while_orders_are_dead(happened, moves):
    """They are believed until day 8; the order is due on day 6.5, and two days late on 8.5."""
    settings = only("remorse", sources=BOTH, remorse={"critical_load": 9.0})
    placed = (0, ORDER, {"item": "o", "due": 6.5})
    [*found] = states(through_an_outage(settings, "orders", placed, *happened))
    assert [move for move in found if move[1] < 13] == moves


def test_where_no_touchpoint_is_heard_of_only_promises_are_neglected():
    story = told(only("neglect"), 20, (0, ORDER, OWNED), (3, DELIVERED))
    assert story.moves() == []
    broken = told(only("neglect"), 20, (1, MADE, {"item": "p", "due": 4}))
    assert states(broken) == [("raised", 4), ("escalated", 6)]


def test_an_outage_that_was_none_moves_nothing_to_before_its_last_move():
    """Partition 0 pauses from day 12 to 30; that partition 1 lived on is read only afterwards.

    What is due comes eighteen days earlier by that, as a word of ada's has shown on day 34 that a
    promise was broken on day 33: the alarm stands, and is critical two days later.
    """
    story = Story(only("neglect"), partitions=2).tell(1, MADE, item="p", due=33)
    story.lives(0, 12).lives(0, 12, partition=1).lives(30, 36).tell(34, REVIEWED)
    for n in range(13, 37):
        story.tell(n, ORDER, f"other of partition 1, {n}", partition=1, arrives=36 + n / 100)
    assert states(story) == [("raised", 33), ("escalated", 35)]


def test_neglect_names_the_promise():
    [raised, *_] = told(NEGLECT, 6, (1, MADE, {"item": "p7", "due": 4})).alerts()
    assert raised.causes[0].detail == "promise p7 for 5 Jan is not done"
