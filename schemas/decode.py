"""From the bytes of a source record to a value, or to a rejection with a bounded reason.

One function per source, all of one shape: the seam for other formats. Any bytes give one of the
two; nothing is raised. Unknown fields are ignored, and of a name given twice the last counts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

from schemas.base import INSTANT_MS_MIN, milliseconds, rfc3339
from schemas.order import Order
from schemas.rejection import Reason, Rejection
from schemas.ticket import Ticket
from schemas.touchpoint import Touchpoint

Source = Order | Ticket | Touchpoint
S = TypeVar("S", Order, Ticket, Touchpoint)

V = TypeVar("V")

_ORDERS: Final = msgspec.json.Decoder(Order)
_TICKETS: Final = msgspec.json.Decoder(Ticket)
_TOUCHPOINTS: Final = msgspec.json.Decoder(Touchpoint)
_DECODE: Final[Mapping[type, Callable[[bytes], Any]]] = {
    Order: _ORDERS.decode,
    Ticket: _TICKETS.decode,
    Touchpoint: _TOUCHPOINTS.decode,
}
_ERRORS: Final = (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError)
_NO_VALUE: Final = Rejection.of(Reason.TOMBSTONE, "the record has no value")


def decode_order(value: bytes | None, latest_ms: int) -> Order | Rejection:
    """Decode a record of `orders`; dated after `latest_ms` it is rejected."""
    return _decode(_ORDERS.decode, value, latest_ms)


def decode_ticket(value: bytes | None, latest_ms: int) -> Ticket | Rejection:
    """Decode a record of `support-tickets`; dated after `latest_ms` it is rejected."""
    return _decode(_TICKETS.decode, value, latest_ms)


def decode_touchpoint(value: bytes | None, latest_ms: int) -> Touchpoint | Rejection:
    """Decode a record of `touchpoints`; dated after `latest_ms` it is rejected."""
    return _decode(_TOUCHPOINTS.decode, value, latest_ms)


@dataclass(frozen=True, slots=True)
class Decoded(Generic[S]):
    """What many values gave.

    `at_ms` is when each of `records` occurred. `rejections` name their index among the values;
    the others are the records, in order.
    """

    records: list[S]
    at_ms: list[int]
    rejections: list[tuple[int, Rejection]]


def decode_many(values: Iterable[bytes | None], form: type[S], latest_ms: int) -> Decoded[S]:
    """Decode many records of one source: as one by one, in less time."""
    return _decode_many(_DECODE[form], values, latest_ms)


def convert_row(row: Mapping[str, str], form: type[S], latest_ms: int) -> S | Rejection:
    """Decode a row of text cells, as of a CSV file; an empty cell is a missing field."""
    return _decode(lambda row: _convert(row, form), row, latest_ms)


def convert_rows(rows: Iterable[Mapping[str, str]], form: type[S], latest_ms: int) -> Decoded[S]:
    """Decode many rows of text cells: as one by one, in less time."""
    return _decode_many(lambda row: _convert(row, form), rows, latest_ms)


def _convert(row: Mapping[str, str], form: type[S]) -> S:
    cells = {name: cell for name, cell in row.items() if cell}
    text = "".join(cells.values())
    if not text.isascii():
        text.encode()  # a lone surrogate would pass into an id, and fail only when it is sent
    return msgspec.convert(cells, form, strict=False)


def _decode(decode: Callable[[V], S], value: V | None, latest_ms: int) -> S | Rejection:
    if value is None:
        return _NO_VALUE
    try:
        record = decode(value)
        at_ms = milliseconds(record.occurred_at)
    except _ERRORS as error:
        return _rejection(error)
    return record if INSTANT_MS_MIN <= at_ms <= latest_ms else _misdated(at_ms, latest_ms)


def _decode_many(
    decode: Callable[[V], S], values: Iterable[V | None], latest_ms: int
) -> Decoded[S]:
    records: list[S] = []
    times: list[int] = []
    rejections: list[tuple[int, Rejection]] = []
    for index, value in enumerate(values):
        if value is None:
            rejections.append((index, _NO_VALUE))
            continue
        try:
            record = decode(value)
            at_ms = milliseconds(record.occurred_at)
        except _ERRORS as error:
            rejections.append((index, _rejection(error)))
            continue
        if INSTANT_MS_MIN <= at_ms <= latest_ms:
            records.append(record)
            times.append(at_ms)
        else:
            rejections.append((index, _misdated(at_ms, latest_ms)))
    return Decoded(records, times, rejections)


def _misdated(at_ms: int, latest_ms: int) -> Rejection:
    if at_ms > latest_ms:
        return Rejection.of(
            Reason.IN_THE_FUTURE,
            f"`occurred_at` is {_date(at_ms)}; at most {_date(latest_ms)} is accepted",
        )
    return Rejection.of(
        Reason.BAD_TIME,
        f"`occurred_at` is {_date(at_ms)}; from {_date(INSTANT_MS_MIN)} on is accepted",
    )


def _date(at_ms: int) -> str:
    try:
        return rfc3339(at_ms)
    except OverflowError:  # a time of the year 1 or 9999 that its offset moves out of the calendar
        return f"{at_ms} ms"


def _rejection(error: Exception) -> Rejection:
    if isinstance(error, RecursionError):
        return Rejection.of(Reason.MALFORMED, "nested too deep")
    if isinstance(error, msgspec.ValidationError):
        return Rejection.of(_reason(str(error)), str(error))
    if isinstance(error, msgspec.DecodeError | UnicodeError):
        return Rejection.of(Reason.MALFORMED, str(error))
    return Rejection.of(Reason.BAD_TIME, str(error))


def _reason(message: str) -> Reason:
    # msgspec tells what is wrong in words only; those read here are pinned by tests.
    if message.startswith("Object missing required field"):
        return Reason.MISSING_FIELD
    if message.startswith("Invalid enum value"):
        return Reason.UNKNOWN_STATUS
    if ", got `" in message:
        return Reason.WRONG_TYPE
    if message.endswith("_at`"):
        return Reason.BAD_TIME
    return Reason.BAD_VALUE
