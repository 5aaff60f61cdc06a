"""A dump of the log: JSON Lines, one record of `customer-activity` each, as it is on the wire.

A line has `offset`, `key` (the customer id; null for what is no activity) and `value` (the bytes,
base64).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from agents.files.blocks import Refused, blocks
from schemas import log
from schemas.activity import Activity
from schemas.rejection import Reason, Rejection


class _Line(msgspec.Struct):
    offset: int
    value: bytes | None  # base64 in JSON
    key: str | None = None


@dataclass(frozen=True, slots=True)
class LogChunk:
    """Some records of a log with their offsets, in its order, and what was refused of it."""

    records: list[log.Record]
    offsets: list[int]
    refused: list[Refused]
    bytes_read: int


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(_Line)


def write_log(records: Sequence[log.Record], offsets: Sequence[int], to: BinaryIO) -> None:
    """Append records of the log to a dump."""
    for record, offset in zip(records, offsets, strict=True):
        key = record.customer_id if isinstance(record, Activity) else None
        to.write(_ENCODER.encode(_Line(offset, log.encode(record), key)) + b"\n")


def read_log(path: Path) -> Iterator[LogChunk]:
    """Read a dump, plain or gzip by its extension. Offsets have to rise.

    Raises:
        FileError: the file cannot be read.
    """
    newest = -1
    for block in blocks(path):
        chunk = LogChunk([], [], list(block.refused), block.bytes_read)
        for index, line in enumerate(block.lines):
            if not line.strip():
                continue
            found = _decode(line, newest)
            if isinstance(found, Rejection):
                place = block.line + index
                chunk.refused.append(Refused(path, place, found.reason, found.detail, line))
                continue
            newest, record = found
            chunk.offsets.append(newest)
            chunk.records.append(record)
        yield chunk


def _decode(line: bytes, newest: int) -> tuple[int, log.Record] | Rejection:
    try:
        read = _DECODER.decode(line)
    except msgspec.ValidationError as error:
        return Rejection.of(Reason.WRONG_TYPE, str(error))
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        return Rejection.of(Reason.MALFORMED, str(error))
    if read.offset <= newest:
        detail = f"`offset` is {read.offset}; more than {newest} is accepted"
        return Rejection.of(Reason.BAD_VALUE, detail)
    record = log.decode(read.value)
    return record if isinstance(record, Rejection) else (read.offset, record)
