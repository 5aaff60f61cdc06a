"""Which of several troubles of one customer is told, and what stands behind it, as stories."""

import math

from pipeline.alert_ids import alert_id
from pipeline.inactivity_settings import InactivityRule
from schemas.activity import Kind
from tests.pipeline.harness import at
from tests.pipeline.story import moved, only, told

ORDER, DELIVERED, REVIEWED = Kind.ORDER_PLACED, Kind.ORDER_DELIVERED, Kind.REVIEWED
OPENED, RESOLVED, ABANDONED = Kind.TICKET_OPENED, Kind.TICKET_RESOLVED, Kind.TICKET_ABANDONED
OWNER, CLOSED, RATED, MADE = Kind.OWNER_CHANGED, Kind.CLOSED, Kind.TICKET_RATED, Kind.PROMISE_MADE


def folded(story):
    return [[str(kind) for kind in a.folded] for a in story.alerts()]


def test_what_stands_behind_another_trouble_is_told_when_that_ends():
    """Ordered on day 0 for day 2.25: remorse; stalled from day 31, stuck from day 46.

    On day 92.25 the order is lost track of: by midnight remorse is over, stalled until day 100.
    """
    settings = only("remorse", "stalled")
    story = told(settings, 101, (0, ORDER, {"item": "o", "due": 2.25}))
    assert moved(story) == [
        ("remorse", "raised", 4.25),
        ("remorse", "escalated", 7.25),
        ("remorse", "expired", 93),
        ("stalled", "escalated", 93),
        ("stalled", "expired", 100),
    ]
    assert folded(story)[:3] == [[], [], ["stalled"]]


def test_what_ends_behind_another_trouble_is_never_told():
    settings = only("remorse", "stalled")
    happened = [(0, ORDER, {"item": "o", "due": 2.25}), (40, DELIVERED, {"item": "o"})]
    assert moved(told(settings, 42, *happened)) == [
        ("remorse", "raised", 4.25),
        ("remorse", "escalated", 7.25),
        ("remorse", "eased", 40),
    ]


def test_what_has_been_told_goes_on_being_told():
    """Stalled comes before the handover here, and says that another trouble stands by then."""
    settings = only("handover", "stalled")
    happened = [(0, ORDER), (39, OPENED, {"item": "t"}), (40, OWNER)]
    story = told(settings, 47, *happened)
    assert moved(story) == [
        ("stalled", "raised", 31),
        ("handover", "raised", 40),
        ("handover", "escalated", 42),
        ("stalled", "escalated", 46),
    ]
    assert folded(story) == [[], ["stalled"], ["stalled"], ["handover"]]


# A ticket given up on day 1 is quiet for two weeks; a promise made on day 10 is handed over on 16.
HANDED = [(1, ABANDONED), (10, MADE, {"item": "p", "due": 40}), (16, OWNER)]


def test_what_is_told_late_is_the_alert_that_was_raised_then():
    """Her word on day 20 ends the quiet, for as long as two weeks."""
    story = told(only("quiet_after_trouble", "handover"), 35, *HANDED, (20, REVIEWED))
    assert moved(story) == [
        ("quiet_after_trouble", "raised", 15),
        ("quiet_after_trouble", "resolved", 20),
        ("handover", "raised", 20),
        ("quiet_after_trouble", "raised", 34),
    ]
    assert folded(story) == [[], ["handover"], [], ["handover"]]
    handed = story.alerts()[2]
    assert (handed.alert_id, handed.revision) == (alert_id("ada", "handover", at(16)), 1)


def test_what_stood_behind_a_trouble_that_never_was_is_told():
    late = (2, RESOLVED, {"arrives": 17.5})
    story = told(only("quiet_after_trouble", "handover"), 20, *HANDED, late)
    assert moved(story) == [
        ("quiet_after_trouble", "raised", 15),
        ("quiet_after_trouble", "retracted", 16),
        ("handover", "raised", 16),
    ]


def test_a_silence_stands_behind_a_frustration():
    """Silent from day 1 on; rated 1 of 5 on day 18, faded to .63 after 30 log2(1 / .63) days."""
    silence = {"rule": InactivityRule.HIATUS, "hiatus_days": 20.0, "hiatus_critical_days": 45.0}
    settings = only(inactivity=silence, frustration={"base": 0.9, "purchase_buffer": 0.0})
    story = told(settings, 47, (0, ORDER), (1, ORDER), (18, RATED, {"rating": 1.0}))
    over = round(18 + 30 * math.log2(1 / 0.63), 6)
    assert moved(story) == [
        ("frustration", "raised", 18),
        ("frustration", "expired", over),
        ("inactivity", "raised", over),
        ("inactivity", "escalated", 46),
    ]
    assert folded(story) == [[], ["inactivity"], [], []]


def test_whoever_has_left_is_lost_once_though_more_was_wrong():
    story = told(only("quiet_after_trouble", "handover"), 20, *HANDED, (18, CLOSED))
    assert moved(story) == [
        ("quiet_after_trouble", "raised", 15),
        ("quiet_after_trouble", "lost", 18),
    ]
