"""Alerts and activities made by hand, in days after a Monday."""

from datetime import UTC, datetime, timedelta

from schemas.activity import Activity, Kind
from schemas.alert import Alert, AlertKind, Cause, LogPosition, Outcome, Severity, State
from schemas.base import milliseconds

MONDAY = datetime(2025, 1, 6, tzinfo=UTC)


def day(number):
    return MONDAY + timedelta(days=number)


def alert(customer, at, state=State.RAISED, kind=AlertKind.INACTIVITY, **fields):
    known = {
        "alert_id": f"{customer}/{kind}",
        "revision": 1,
        "customer_id": customer,
        "kind": kind,
        "state": state,
        "severity": Severity.WARNING,
        "score": 2.0,
        "limit": 1.0,
        "churn_probability": None,
        "value_at_risk": None,
        "currency": None,
        "stage": "adopt",
        "causes": [Cause("price", 0.5, "prices"), Cause("waiting", 1.5, "waiting")],
        "advice": "Call.",
        "occurred_at": day(at),
        "detected_at": day(at),
        "source": LogPosition("customer-activity", 0, 0),
    }
    return Alert(**known | fields)


def story(customer, at, outcome=None, after=30, acted=None, **fields):
    """Return an alert raised, and its closing `after` days later, if it has an outcome."""
    told = [alert(customer, at, **fields)]
    if outcome is not None:
        acted_at = None if acted is None else day(at + acted)
        told.append(alert(customer, at + after, outcome=outcome, acted_at=acted_at, **fields))
    return told


def activity(customer, at, kind=Kind.ORDER_PLACED, note=""):
    return Activity(customer, kind, milliseconds(day(at)), "", "orders", 0, 0, note=note)


LEFT, BACK, UNKNOWN = Outcome.LEFT, Outcome.CAME_BACK, Outcome.UNKNOWN
