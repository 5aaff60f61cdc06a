"""Handovers, told as stories, with instants worked out by hand."""

import pytest

from schemas.activity import Kind
from tests.pipeline.story import only, states, told

ORDER, OPENED, RESOLVED = Kind.ORDER_PLACED, Kind.TICKET_OPENED, Kind.TICKET_RESOLVED
CLOSED, OWNER, MADE = Kind.CLOSED, Kind.OWNER_CHANGED, Kind.PROMISE_MADE


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
