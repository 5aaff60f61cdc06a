"""Good records of each source with every field filled, and what is bad for each sort of field."""

import json
from typing import Any, NamedTuple

import pytest

from schemas.decode import decode_order, decode_ticket, decode_touchpoint
from schemas.order import Order
from schemas.rejection import Reason
from schemas.ticket import Ticket
from schemas.touchpoint import Touchpoint

LATEST_MS = 1_800_000_000_000  # 2027-01-15

DECODERS = {Order: decode_order, Ticket: decode_ticket, Touchpoint: decode_touchpoint}

GOOD: dict[type, dict[str, Any]] = {
    Order: {
        "event_id": "e1",
        "order_id": "o1",
        "customer_id": "c1",
        "status": "cancelled",
        "occurred_at": "2024-02-29T12:00:00.250Z",
        "amount": 12.5,
        "currency": "EUR",
        "promised_at": 1_709_300_000_000,
        "by": "company",
        "owner": "ann",
        "segment": "gold",
        "channel": "web",
    },
    Ticket: {
        "event_id": "e1",
        "ticket_id": "t1",
        "customer_id": "c1",
        "status": "rated",
        "occurred_at": 1_709_208_000_250,
        "opened_at": "2024-02-28T14:00:00+02:00",
        "promised_at": "2024-03-01T00:00:00Z",
        "channel": "phone",
        "category": "billing",
        "priority": "high",
        "waited_seconds": 90.0,
        "rating": 2,
        "compensation": 5.0,
        "owner": "ann",
        "segment": "gold",
    },
    Touchpoint: {
        "event_id": "e1",
        "customer_id": "c1",
        "kind": "promise_made",
        "occurred_at": "2024-02-29T12:00:00.250Z",
        "ref": "p1",
        "due_at": "2024-03-01T00:00:00Z",
        "score": 7.5,
        "reason": "price",
        "owner": "ann",
        "segment": "gold",
        "channel": "mail",
    },
}

NUMBERS = ("amount", "waited_seconds", "compensation", "score")
IDS = ("event_id", "order_id", "ticket_id", "customer_id")
ENUMS = ("status", "kind", "by", "priority")
REQUIRED = (*IDS, "status", "kind", "occurred_at")

# As JSON text, so that what json.dumps cannot write is there too.
_TEXT_WRONG = [
    ("5", Reason.WRONG_TYPE),
    ("true", Reason.WRONG_TYPE),
    ("[]", Reason.WRONG_TYPE),
    ("{}", Reason.WRONG_TYPE),
    ("[" * 10_000 + "]" * 10_000, Reason.WRONG_TYPE),
    (r'"\ud800"', Reason.MALFORMED),
    (r'"\ud800x"', Reason.MALFORMED),
    ('"a\nb"', Reason.MALFORMED),
    ("NaN", Reason.MALFORMED),
]
_TOO_LONG = [
    (f'"{"x" * 257}"', Reason.BAD_VALUE),
    (f'"{"x" * 10_000}"', Reason.BAD_VALUE),
    (f'"{"x" * 1_000_000}"', Reason.BAD_VALUE),
]
_NUMBER = [
    ('"5"', Reason.WRONG_TYPE),
    ("false", Reason.WRONG_TYPE),
    ("[]", Reason.WRONG_TYPE),
    ("{}", Reason.WRONG_TYPE),
    ("NaN", Reason.MALFORMED),
    ("Infinity", Reason.MALFORMED),
    ("-Infinity", Reason.MALFORMED),
    ("01", Reason.MALFORMED),
    ("1e999", Reason.BAD_VALUE),
    ("-1", Reason.BAD_VALUE),
    ("1e13", Reason.BAD_VALUE),
    ("9" * 400, Reason.BAD_VALUE),
]
_ENUM = [*_TEXT_WRONG, ('""', Reason.UNKNOWN_STATUS), ('"Placed"', Reason.UNKNOWN_STATUS)]
_INSTANT = [
    ("true", Reason.WRONG_TYPE),
    ("[]", Reason.WRONG_TYPE),
    ("1700000000000.5", Reason.WRONG_TYPE),
    ("NaN", Reason.MALFORMED),
    (r'"\ud800"', Reason.MALFORMED),
    ('""', Reason.BAD_TIME),
    ('"yesterday"', Reason.BAD_TIME),
    ('"2024-02-29"', Reason.BAD_TIME),
    ('"2024-02-29T12:00:00"', Reason.BAD_TIME),
    ('"2023-02-29T12:00:00Z"', Reason.BAD_TIME),
    ('"2024-02-29T25:00:00Z"', Reason.BAD_TIME),
    (f'"{"2" * 1_000_000}"', Reason.BAD_TIME),
    ("0", Reason.BAD_TIME),
    ("-1", Reason.BAD_TIME),
    ("1700000000", Reason.BAD_TIME),
    ("1e999", Reason.BAD_TIME),
    ("9" * 30, Reason.BAD_TIME),
]
_OCCURRED = [
    *_INSTANT,
    ("null", Reason.WRONG_TYPE),
    ('"1970-01-01T00:00:00Z"', Reason.BAD_TIME),
    ('"1979-12-31T23:59:59.999Z"', Reason.BAD_TIME),
    ('"0001-01-01T00:00:00+14:00"', Reason.BAD_TIME),
    ('"9999-12-31T23:59:59-14:00"', Reason.IN_THE_FUTURE),
    ('"2999-01-01T00:00:00Z"', Reason.IN_THE_FUTURE),
    (str(LATEST_MS + 1), Reason.IN_THE_FUTURE),
]


class Bad(NamedTuple):
    """A value that a field must not have."""

    form: type
    field: str
    text: str
    reason: Reason

    def record(self) -> bytes:
        """Return an otherwise good record with this value."""
        record = json.dumps({**GOOD[self.form], self.field: "@"}, ensure_ascii=False)
        return record.replace('"@"', self.text).encode()


def _bad_for(field: str) -> list[tuple[str, Reason]]:
    if field == "occurred_at":
        return _OCCURRED
    if field.endswith("_at"):
        return _INSTANT
    if field == "rating":
        return [("0", Reason.BAD_VALUE), ("6", Reason.BAD_VALUE), ("2.5", Reason.WRONG_TYPE)]
    if field in NUMBERS:
        return _NUMBER
    if field in ENUMS:
        return _ENUM
    empty = [('""', Reason.BAD_VALUE)] if field in (*IDS, "currency") else []
    null = [("null", Reason.WRONG_TYPE)] if field in IDS else []
    return [*_TEXT_WRONG, *_TOO_LONG, *empty, *null]


BAD = [
    pytest.param(Bad(form, field, text, reason), id=f"{form.__name__}.{field}={text[:24]!a}")
    for form, good in GOOD.items()
    for field in good
    for text, reason in _bad_for(field)
]

# Bytes that are no record of any source.
NO_RECORD = [
    pytest.param(b"x", Reason.MALFORMED, id="not JSON"),
    pytest.param(b"{", Reason.MALFORMED, id="cut short"),
    pytest.param(b"", Reason.MALFORMED, id="empty"),
    pytest.param(b"\x00", Reason.MALFORMED, id="a NUL byte"),
    pytest.param(b"\xff\xfe{\x00}\x00", Reason.MALFORMED, id="UTF-16"),
    pytest.param(b'{"event_id":"\xff"}', Reason.MALFORMED, id="not UTF-8"),
    pytest.param(b'{"event_id":"\xed\xa0\x80"}', Reason.MALFORMED, id="a surrogate in UTF-8"),
    pytest.param(
        b'{"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}", Reason.MALFORMED, id="nested deep"
    ),
    pytest.param(b"[" * 10_000, Reason.WRONG_TYPE, id="nested deep, not an object"),
    pytest.param(b"{}", Reason.MISSING_FIELD, id="an empty object"),
    pytest.param(b"null", Reason.WRONG_TYPE, id="null"),
    pytest.param(b"[]", Reason.WRONG_TYPE, id="an array"),
    pytest.param(b'"x"', Reason.WRONG_TYPE, id="a string"),
    pytest.param(b"1", Reason.WRONG_TYPE, id="a number"),
]
