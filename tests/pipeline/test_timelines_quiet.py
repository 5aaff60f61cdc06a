"""Quiet after trouble, told as stories, with instants worked out by hand."""

import pytest

from schemas.activity import Kind
from tests.pipeline.story import Story, only, states, told

ORDER, FOLLOW_UP, OPENED = Kind.ORDER_PLACED, Kind.FOLLOW_UP, Kind.TICKET_OPENED
RESOLVED, ABANDONED, REVIEWED = Kind.TICKET_RESOLVED, Kind.TICKET_ABANDONED, Kind.REVIEWED
CLOSED, RATED = Kind.CLOSED, Kind.TICKET_RATED
BOTH = ("orders", "touchpoints")


QUIET = only("quiet_after_trouble")


@pytest.mark.parametrize(
    ("happened", "moves"),
    [
        pytest.param(
            [(1, ABANDONED)],
            [("raised", 15), ("escalated", 31), ("lost", 91)],
            id="two weeks, thirty days, and ninety: it is past",
        ),
        pytest.param(
            [(1, ABANDONED), (10, REVIEWED)],
            [("raised", 24), ("escalated", 40)],
            id="a word, and the quiet begins anew",
        ),
        pytest.param(
            [(1, ABANDONED), (20, REVIEWED)],
            [("raised", 15), ("resolved", 20), ("raised", 34), ("escalated", 50)],
            id="her word ends it, but nobody made it good",
        ),
        pytest.param(
            [(1, ABANDONED), (10, RESOLVED)], [], id="somebody made it good before she was quiet"
        ),
        pytest.param(
            [(1, ABANDONED), (20, RESOLVED)],
            [("raised", 15), ("eased", 20), ("expired", 50)],
            id="somebody made it good, and she says nothing",
        ),
        pytest.param(
            [(1, ABANDONED), (20, RESOLVED), (30, ORDER)],
            [("raised", 15), ("eased", 20), ("resolved", 30)],
            id="and she orders",
        ),
        pytest.param(
            [(1, ABANDONED), (20, FOLLOW_UP)],
            [("raised", 15), ("escalated", 31), ("lost", 91)],
            id="a call alone makes nothing good",
        ),
        pytest.param(
            [(1, ABANDONED), (20, CLOSED)], [("raised", 15), ("lost", 20)], id="she leaves for good"
        ),
        pytest.param(
            [(1, OPENED)],
            # By its usual promise the ticket is overdue on day 4; on day 94 it is lost track of.
            [("raised", 18), ("escalated", 34), ("expired", 94)],
            id="a ticket that nobody answers",
        ),
        pytest.param(
            [(0, ORDER, {"item": "o", "due": 5})],
            [("raised", 19), ("escalated", 35), ("expired", 95)],
            id="an order that does not come",
        ),
        pytest.param(
            [(1, ABANDONED), (2, RESOLVED, {"arrives": 16})],
            [("raised", 15), ("retracted", 15)],
            id="it had been made good, as is heard afterwards",
        ),
        pytest.param(
            [(1, ABANDONED), (5, REVIEWED, {"arrives": 16})],
            [("raised", 15), ("retracted", 15), ("raised", 22), ("escalated", 35), ("lost", 95)],
            id="she had said a word, as is heard afterwards; raised anew after the cooldown",
        ),
    ],
)
def test_quiet_after_trouble(happened, moves):
    assert states(told(QUIET, 95, *happened)) == moves


def test_a_trouble_that_is_lost_track_of_is_no_reason_any_more():
    """The ticket is overdue from day 4 on, and forgotten ninety days later."""
    settings = only("quiet_after_trouble", quiet_after_trouble={"days_max": 120.0})
    story = told(settings, 95, (1, OPENED))
    assert states(story) == [("raised", 18), ("escalated", 34), ("expired", 94)]


def test_quiet_is_told_in_days_since_the_trouble():
    [raised, *_] = told(QUIET, 20, (1, ABANDONED)).alerts()
    assert (raised.score, raised.limit) == (14, 14)
    words = "no word for 14 days, after ticket i1 given up by the customer on 2 Jan"
    assert raised.causes[0].detail == words
    assert raised.advice == "Call with the matter solved, not with a question about it."


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        ((1, OPENED, {"item": "t7", "due": 3}), "ticket t7 fell overdue on 4 Jan"),
        ((1, ORDER, {"item": "o7", "due": 3}), "order o7 fell overdue on 4 Jan"),
        ((1, RATED, {"item": "t7", "rating": 1.0}), "ticket t7 rated poorly on 2 Jan"),
    ],
)
def test_quiet_names_the_trouble(happened, words):
    [raised, *_] = told(QUIET, 20, happened).alerts()
    assert raised.causes[0].detail == f"no word for 14 days, after {words}"


@pytest.mark.parametrize("dead", [*BOTH, "both"])
def test_quiet_is_only_counted_while_every_feed_is_alive(dead):
    """One or both are dead from day 5 to day 12, so all comes seven days later."""
    settings = only("quiet_after_trouble", sources=BOTH, episodes={"reaction_hours": 900.0})
    story = Story(settings).tell(1, ABANDONED)
    for topic in BOTH:
        for when in range(41):
            if not 5 < when < 12 or dead not in (topic, "both"):
                kind = ORDER if topic == "orders" else Kind.PROMOTED
                story.tell(when, kind, f"other-{topic}-{when}", topic=topic)
    assert states(story) == [("raised", 22), ("escalated", 38)]


def test_a_feed_that_has_stopped_holds_the_quiet():
    story = Story(only("quiet_after_trouble", sources=BOTH)).tell(1, ABANDONED)
    story.tell(5, Kind.PROMOTED, "other", topic="touchpoints")
    for when in range(41):
        story.tell(when, ORDER, f"other{when}")
    assert story.moves() == []
