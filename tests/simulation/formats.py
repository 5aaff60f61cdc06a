"""The formats of the three sources, checked by hand: fields, types and closed vocabularies."""

import json
from datetime import UTC, datetime, timedelta

NUMBER = (int, float)
SHARED = {"event_id": str, "customer_id": str, "occurred_at": "time"}
LABELS = {"owner": str, "segment": str, "channel": str}
REQUIRED = {
    "orders": {"order_id": str, "status": str},
    "support-tickets": {"ticket_id": str, "status": str},
    "touchpoints": {"kind": str},
}
OPTIONAL = {
    "orders": {"amount": NUMBER, "currency": str, "promised_at": "time", "by": str},
    "support-tickets": {
        "opened_at": "time",
        "promised_at": "time",
        "category": str,
        "priority": str,
        "waited_seconds": NUMBER,
        "rating": int,
        "compensation": NUMBER,
    },
    "touchpoints": {"ref": str, "due_at": "time", "score": NUMBER, "reason": str},
}
VOCABULARIES = {
    ("orders", "status"): {"placed", "delivered", "cancelled", "returned", "refunded"},
    ("orders", "by"): {"customer", "company"},
    ("support-tickets", "status"): {
        "opened",
        "replied",
        "reassigned",
        "reopened",
        "escalated",
        "resolved",
        "rated",
        "abandoned",
    },
    ("support-tickets", "priority"): {"low", "normal", "high", "urgent"},
    ("support-tickets", "rating"): {1, 2, 3, 4, 5},
    ("touchpoints", "kind"): {
        "follow_up",
        "promoted",
        "owner_changed",
        "price_raised",
        "promise_made",
        "promise_kept",
        "hindered",
        "payment_overdue",
        "renegotiated",
        "reviewed",
        "survey_answered",
        "acknowledged",
        "snoozed",
        "feedback",
        "closed",
        "forget",
    },
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(text):
    assert text.endswith("Z")
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def check_event(event):
    """Assert that one event's record is what its source's format says."""
    record, source = event.record, event.source
    required = SHARED | REQUIRED[source]
    allowed = required | OPTIONAL[source] | LABELS
    assert required.keys() <= record.keys()
    assert record.keys() <= allowed.keys()
    assert json.loads(json.dumps(record)) == record
    for name, value in record.items():
        _check_value(name, value, allowed[name])
        vocabulary = VOCABULARIES.get((source, name))
        assert vocabulary is None or value in vocabulary
    assert milliseconds(record["occurred_at"]) == event.occurred_at
    assert record.get("amount", 0) >= 0
    assert record.get("waited_seconds", 0) >= 0
    assert 0 <= record.get("score", 0) <= 10


def _check_value(name, value, kind):
    if kind == "time":
        milliseconds(value)
        return
    assert isinstance(value, kind), (name, value)
    if kind is str:
        assert 1 <= len(value) <= 256
