"""From the bytes of a source record to a value, or to a rejection with a bounded reason.

One function per source, all of one shape: the seam for other formats. Any bytes give one of the
two; nothing is raised. Unknown fields are ignored.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from schemas.base import INSTANT_MS_MIN, milliseconds
from schemas.order import Order
from schemas.rejection import Reason, Rejection
from schemas.ticket import Ticket
from schemas.touchpoint import Touchpoint

Source = Order | Ticket | Touchpoint
S = TypeVar("S", Order, Ticket, Touchpoint)

# msgspec tells what is wrong in words only; these beginnings are pinned by tests.
_REASONS: Final = (
    ("Object missing required field", Reason.MISSING_FIELD),
    ("Invalid enum value", Reason.UNKNOWN_STATUS),
    ("Invalid RFC3339", Reason.BAD_TIME),
    ("Expected `datetime` with a timezone", Reason.BAD_TIME),
    ("Number out of range", Reason.BAD_VALUE),
    ("Integer value out of range", Reason.BAD_VALUE),
)

_ORDERS: Final = msgspec.json.Decoder(Order)
_TICKETS: Final = msgspec.json.Decoder(Ticket)
_TOUCHPOINTS: Final = msgspec.json.Decoder(Touchpoint)


def decode_order(value: bytes | None, latest_ms: int) -> Order | Rejection:
    """Decode a record of `orders`; dated after `latest_ms` it is rejected."""
    return _decode(_ORDERS.decode, value, latest_ms)


def decode_ticket(value: bytes | None, latest_ms: int) -> Ticket | Rejection:
    """Decode a record of `support-tickets`; dated after `latest_ms` it is rejected."""
    return _decode(_TICKETS.decode, value, latest_ms)


def decode_touchpoint(value: bytes | None, latest_ms: int) -> Touchpoint | Rejection:
    """Decode a record of `touchpoints`; dated after `latest_ms` it is rejected."""
    return _decode(_TOUCHPOINTS.decode, value, latest_ms)


def convert_row(row: Mapping[str, str], form: type[S], latest_ms: int) -> S | Rejection:
    """Decode a row of text cells, as of a CSV file; an empty cell is a missing field."""
    cells = {name: cell for name, cell in row.items() if cell}
    return _decode(lambda _: msgspec.convert(cells, form, strict=False), b"", latest_ms)


def _decode(decode: Callable[[bytes], S], value: bytes | None, latest_ms: int) -> S | Rejection:
    if value is None:
        return Rejection.of(Reason.TOMBSTONE, "the record has no value")
    try:
        record = decode(value)
        occurred_ms = milliseconds(record.occurred_at)
    except msgspec.ValidationError as error:
        return Rejection.of(_reason(str(error)), str(error))
    except RecursionError:
        return Rejection.of(Reason.MALFORMED, "nested too deep")
    except (msgspec.DecodeError, UnicodeError) as error:
        return Rejection.of(Reason.MALFORMED, str(error))
    except (OverflowError, ValueError) as error:
        return Rejection.of(Reason.BAD_TIME, str(error))
    if occurred_ms > latest_ms:
        return Rejection.of(
            Reason.IN_THE_FUTURE, f"`occurred_at` is {occurred_ms}; at most {latest_ms} is accepted"
        )
    if occurred_ms < INSTANT_MS_MIN:
        return Rejection.of(
            Reason.BAD_TIME,
            f"`occurred_at` is {occurred_ms}; from {INSTANT_MS_MIN} (1980) on is accepted",
        )
    return record


def _reason(message: str) -> Reason:
    for beginning, reason in _REASONS:
        if message.startswith(beginning):
            return reason
    if ", got `" in message:
        return Reason.WRONG_TYPE
    if message.endswith(("_at`",)):
        return Reason.BAD_TIME
    return Reason.BAD_VALUE
