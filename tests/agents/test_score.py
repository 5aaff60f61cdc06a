"""The score of alerts against the truth, on histories that can be counted by hand."""

from datetime import timedelta

import pytest
from msgspec import structs

from agents.offline.score import Precision, Recall, score
from agents.shop.truth import Truth
from schemas.alert import Alert, AlertKind, LogPosition, Outcome, Severity, State
from schemas.base import instant
from tests.agents.timeline import START_MS, at

START = instant(START_MS)
END = START + timedelta(days=100)


def alert(customer, day, state=State.RAISED, kind=AlertKind.FRUSTRATION):
    when = START + timedelta(days=day)
    return Alert(
        alert_id=f"{customer}/{kind}",
        revision=1,
        customer_id=customer,
        kind=kind,
        state=state,
        severity=Severity.WARNING,
        score=1.0,
        limit=1.0,
        churn_probability=None,
        value_at_risk=None,
        currency=None,
        stage="adopt",
        causes=[],
        advice="",
        occurred_at=when,
        detected_at=when,
        source=LogPosition("customer-activity", 0, 0),
    )


def truth(customer, kind="worn_out", left=None, missed=None):
    return Truth(
        customer_id=customer,
        kind=kind,
        left_at=None if left is None else at(left),
        reason=None,
        first_trouble_at=None,
        troubles=0,
        orders=1,
        missed_order_at=None if missed is None else at(missed),
    )


def test_an_alert_that_was_open_when_the_customer_left_stood_for_her():
    found = score([alert("ann", 10)], [truth("ann", left=40, missed=50)], END)
    assert found.recall["worn_out"] == Recall(1, 1, before_leaving=1, before_missed_order=1)
    assert (found.lead_days, found.missed_order_lead_days) == (30, 40)
    assert found.precision == {"frustration": Precision(raised=1, right=1, lead_days=30)}


def test_an_alert_that_had_ended_before_did_not_stand():
    alerts = [alert("ann", 10), alert("ann", 20, State.EXPIRED)]
    found = score(alerts, [truth("ann", left=40, missed=50)], END)
    assert found.recall["worn_out"] == Recall(1, 0, 0, 0)
    assert found.precision["frustration"] == Precision(raised=1, right=0)
    assert found.lead_days is None


def test_an_alert_that_ended_as_lost_stood():
    alerts = [alert("ann", 10), alert("ann", 20, State.LOST)]
    found = score(alerts, [truth("ann", left=40, missed=50)], END)
    assert found.recall["worn_out"].found == 1


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        pytest.param(45, Recall(1, 1, 0, 1), id="after leaving, before the missed order"),
        pytest.param(60, Recall(1, 1, 0, 0), id="after the missed order"),
    ],
)
def test_an_alert_after_leaving_is_late_and_stands(raised, expected):
    found = score([alert("ann", raised)], [truth("ann", left=40, missed=50)], END)
    assert found.recall["worn_out"] == expected
    assert found.lead_days == 40 - raised


def test_a_leaver_whose_next_order_was_not_due_yet_is_not_counted_as_missed():
    found = score([alert("ann", 95)], [truth("ann", left=90, missed=110)], END)
    assert found.recall["worn_out"] == Recall(0, 0, 0, 0)
    assert found.precision["frustration"] == Precision(raised=1, right=1, lead_days=-5)
    assert (found.customers, found.leavers) == (1, 1)


def test_an_alert_on_who_stays_is_wrong():
    people = [truth("ann", "loyal"), truth("ben", "loyal"), truth("cy", "concession_seeker")]
    found = score([alert("ann", 5), alert("ann", 6, kind=AlertKind.INACTIVITY)], people, END)
    assert found.precision == {
        "frustration": Precision(1, 0),
        "inactivity": Precision(1, 0),
    }
    assert found.stayers == {"loyal": (2, 1), "concession_seeker": (1, 1)}
    assert found.leavers == 0


def test_a_closing_record_ends_no_alert():
    closing = structs.replace(alert("ann", 35, State.LOST), outcome=Outcome.LEFT)
    again = structs.replace(alert("ann", 38, State.RESOLVED), outcome=Outcome.CAME_BACK)
    found = score([alert("ann", 10), closing, again], [truth("ann", left=40, missed=50)], END)
    assert found.recall["worn_out"].found == 1


def test_marks_are_counted_against_who_really_seeks_concessions():
    marked = [
        structs.replace(alert(customer, 10), concessions="three refunds")
        for customer in ("sam", "lou")
    ]
    truths = [
        truth("sam", "concession_seeker"),
        truth("sue", "concession_seeker"),
        truth("kit", "concession_seeker"),
        truth("lou", "loyal"),
    ]
    found = score([*marked, alert("sue", 20)], truths, END)
    assert found.concessions == {"concession_seeker": (2, 1), "other": (1, 1)}
    assert found.stayers["concession_seeker"] == (3, 1)
