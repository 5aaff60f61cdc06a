"""Dead letters: the source record, untouched, with why and where from in its headers.

The topic takes the source's record size plus 64 KiB; what does not fit even so is left out, and
`value-omitted` says what.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeAlias

from aiokafka import ConsumerRecord

from agents.runtime.rows import Row, partition_for
from schemas.rejection import Rejection

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"

ROOM_BYTES: Final = 65_536
_HEAD_BYTES: Final = 2_048  # of the headers below and the record's own frame, at the most


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """The topic of dead letters, how many partitions it has, and the largest record it takes."""

    topic: str
    partitions: int
    bytes_max: int

    def letter(self, record: Record, rejection: Rejection) -> tuple[Row, bool]:
        """Return the dead letter of a record as it was read, and whether something is left out."""
        key, value, omitted = self._what_fits(record)
        headers = _why(record, rejection)
        if omitted:
            headers.append(("value-omitted", ", ".join(omitted).encode()))
        n = self.partitions
        partition = partition_for(key, n) if key else record.offset % n
        return Row(self.topic, partition, key, value, None, headers), bool(omitted)

    def _what_fits(self, record: Record) -> tuple[bytes | None, bytes | None, list[str]]:
        key, value = record.key, record.value
        room = self.bytes_max - _HEAD_BYTES
        omitted = []
        if len(key or b"") + len(value or b"") > room:
            omitted.append(f"value of {len(value or b'')} bytes")
            value = None
        if len(key or b"") > room:
            omitted.append(f"key of {len(key or b'')} bytes")
            key = None
        return key, value, omitted


def _why(record: Record, rejection: Rejection) -> list[tuple[str, bytes]]:
    return [
        ("reason", rejection.reason.encode()),
        ("detail", rejection.detail.encode()),
        ("source-topic", record.topic.encode()),
        ("source-partition", str(record.partition).encode()),
        ("source-offset", str(record.offset).encode()),
        ("failed-at", datetime.now(UTC).isoformat(timespec="milliseconds").encode()),
    ]
