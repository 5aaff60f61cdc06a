"""The kinds of care told as stories, each alone, with instants worked out by hand."""

import pytest

from schemas.activity import Kind
from tests.pipeline.story import Story, only, states, told

ORDER, DELIVERED, FOLLOW_UP = Kind.ORDER_PLACED, Kind.ORDER_DELIVERED, Kind.FOLLOW_UP
OPENED, RESOLVED, ABANDONED = Kind.TICKET_OPENED, Kind.TICKET_RESOLVED, Kind.TICKET_ABANDONED
REVIEWED, CLOSED, OWNER, RATED = Kind.REVIEWED, Kind.CLOSED, Kind.OWNER_CHANGED, Kind.TICKET_RATED
MADE, KEPT = Kind.PROMISE_MADE, Kind.PROMISE_KEPT
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


HANDOVER = only("handover")


@pytest.mark.parametrize(
    ("happened", "moves"),
    [
        pytest.param(
            # A ticket is promised an answer within three days.
            [(1, OPENED, {"item": "t"}), (2, OWNER)],
            [("raised", 2), ("escalated", 4), ("expired", 32)],
            id="with a ticket open, then overdue; after thirty days it is another trouble",
        ),
        pytest.param(
            [(1, OPENED, {"item": "t"}), (2, OWNER), (3, RESOLVED, {"item": "t"})],
            [("raised", 2), ("eased", 3), ("expired", 33)],
            id="the ticket is resolved",
        ),
        pytest.param([(2, OWNER), (3, OPENED)], [], id="what is opened later is another matter"),
        pytest.param([(1, ORDER), (2, OWNER)], [], id="an order needs nobody to take it over"),
        pytest.param(
            [(1, MADE, {"item": "p", "due": 9}), (2, OWNER)],
            [("raised", 2), ("escalated", 9), ("expired", 32)],
            id="with a promise open",
        ),
        pytest.param(
            [(1, OPENED, {"item": "t"}), (2, OWNER), (1.5, RESOLVED, {"item": "t", "arrives": 3})],
            [("raised", 2), ("retracted", 2)],
            id="it had been resolved, as is heard afterwards",
        ),
        pytest.param(
            [(1, OPENED, {"item": "t"}), (2, OWNER), (3, CLOSED)],
            [("raised", 2), ("lost", 3)],
            id="she leaves for good",
        ),
    ],
)
def test_handover(happened, moves):
    assert states(told(HANDOVER, 40, *happened)) == moves


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


@pytest.mark.parametrize(
    ("happened", "words"),
    [
        pytest.param(
            [(1, OPENED, {"item": "t7"}), (2, OWNER)],
            "the owner changed on 3 Jan with ticket t7 open",
            id="one",
        ),
        pytest.param(
            [(1, OPENED, {"item": "t7"}), (1.5, MADE, {"item": "p1", "due": 9}), (2, OWNER)],
            "the owner changed on 3 Jan with ticket t7 and promise p1 open",
            id="two, the older first",
        ),
        pytest.param(
            [*((1 + n / 9, OPENED, {"item": f"t{n}"}) for n in range(4)), (1.9, ORDER), (2, OWNER)],
            "the owner changed on 3 Jan with ticket t0, ticket t1 and 2 more open",
            id="many; an order needs nobody to take it over",
        ),
    ],
)
def test_a_handover_names_what_is_open(happened, words):
    [raised, *_] = told(HANDOVER, 3, *happened).alerts()
    assert raised.causes[0].detail == words


def test_neglect_names_the_promise():
    [raised, *_] = told(NEGLECT, 6, (1, MADE, {"item": "p7", "due": 4})).alerts()
    assert raised.causes[0].detail == "promise p7 for 5 Jan is not done"
