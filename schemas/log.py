"""The form on the wire of `customer-activity`: one byte of version, then MessagePack.

Activity, Progress and Reset are arrays in it, so a field costs no name; new fields are added at the
end, and a reader of an older form fills in their defaults. The byte changes only when an old
reader must not read on.
"""

from typing import Final, TypeAlias

import msgspec

from schemas.activity import Activity, Kind
from schemas.base import INSTANT_MS_MAX, INSTANT_MS_MIN
from schemas.progress import Progress
from schemas.rejection import Reason, Rejection
from schemas.reset import Reset

Record: TypeAlias = Activity | Progress | Reset

VERSION: Final = b"\x01"

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Record)
_KINDS: Final = frozenset(int(kind) for kind in Kind)


def encode(record: Record) -> bytes:
    """Return the value of a log record."""
    return VERSION + _ENCODER.encode(record)


def decode(value: bytes | None) -> Record | Rejection:
    """Return what a log record holds, or why it cannot be read. Never raises."""
    if not value:
        return Rejection.of(Reason.TOMBSTONE, "the record has no value")
    if value[:1] != VERSION:
        return Rejection.of(
            Reason.BAD_VALUE, f"log format {value[0]}; this program reads {VERSION[0]}"
        )
    try:
        record: Record = _DECODER.decode(memoryview(value)[1:])
    except msgspec.ValidationError as error:
        return Rejection.of(Reason.WRONG_TYPE, str(error))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return Rejection.of(Reason.MALFORMED, str(error))
    if isinstance(record, Activity):
        if record.kind not in _KINDS:
            return Rejection.of(Reason.UNKNOWN_STATUS, f"activity kind {record.kind}")
        if not INSTANT_MS_MIN <= record.occurred_at <= INSTANT_MS_MAX:
            return Rejection.of(Reason.BAD_TIME, f"`occurred_at` is {record.occurred_at}")
    return record
