"""Owner, segment, channel and category: text that an alert carries as it was last named."""

import pytest

from schemas.activity import Kind
from tests.pipeline.story import Story, alone

SETTINGS = alone(
    frustration={"base": 0.9, "ticket_promise_hours": 9999.0}, inactivity={"horizon_days": 20.0}
)
OPENED, REOPENED = Kind.TICKET_OPENED, Kind.TICKET_REOPENED


def raised(*happened):
    """Return the alert of a case that failed on day 10, and the story it ends."""
    story = Story(SETTINGS)
    for when, kind, fields in happened:
        story.tell(when, kind, **fields)
    [alert] = story.tell(10, REOPENED, item="t9").lives(0, 10).alerts()
    return alert


@pytest.mark.parametrize(
    ("happened", "category"),
    [
        pytest.param([], None, id="no ticket names one"),
        pytest.param(
            [(1, OPENED, {"note": "delivery"}), (2, OPENED, {"note": "billing"})],
            "billing",
            id="the last of two",
        ),
        pytest.param(
            [(1, OPENED, {"note": "delivery"}), (2, OPENED, {})],
            "delivery",
            id="a ticket that names none erases nothing",
        ),
        pytest.param(
            [(2, OPENED, {"note": "billing"}), (1, OPENED, {"note": "delivery", "arrives": 3})],
            "billing",
            id="an older ticket that comes late",
        ),
        pytest.param(
            [(1, OPENED, {"note": "delivery"}), (2, Kind.HINDERED, {"note": "page failed"})],
            "delivery",
            id="the reason of a touchpoint is none",
        ),
        pytest.param(
            [(1, OPENED, {"note": "delivery"}), (2, OPENED, {"note": "billing", "who": "bob"})],
            "delivery",
            id="that of another customer",
        ),
    ],
)
def test_an_alert_carries_the_category_of_the_last_ticket_that_names_one(happened, category):
    assert raised(*happened).category == category


def test_a_closing_carries_what_was_named_last():
    """Raised on day 10; 20 days later it is closed."""
    story = Story(SETTINGS).tell(10, REOPENED, item="t9", note="delivery")
    story.tell(15, OPENED, note="billing", owner="eve", segment="b", channel="web")
    [alert, *_] = story.lives(0, 32).alerts()
    assert labels(alert) == (None, None, None, "delivery")
    [closing] = story.closings
    assert labels(closing) == ("eve", "b", "web", "billing")


def labels(alert):
    return alert.owner, alert.segment, alert.channel, alert.category
