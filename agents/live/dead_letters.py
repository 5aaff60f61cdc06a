"""Dead letters: the source record, untouched, with why and where from in its headers.

The topic takes the source's record size plus 64 KiB; what does not fit even so is left out, and
`value-omitted` says what.
"""

from datetime import UTC, datetime
from typing import Final

from aiokafka import ConsumerRecord

from agents.runtime.rows import Row, partition_for
from schemas.rejection import Rejection

ROOM_BYTES: Final = 65_536
_HEAD_BYTES: Final = 2_048  # of the headers below and the record's own frame, at the most


def dead_letter(
    record: "ConsumerRecord[bytes, bytes]",
    rejection: Rejection,
    topic: str,
    partitions: int,
    bytes_max: int,
) -> tuple[Row, bool]:
    """Return the dead letter of a source record, and whether something had to be left out.

    Args:
        record: as it was read.
        rejection: why it cannot be used.
        topic: of dead letters.
        partitions: how many that topic has.
        bytes_max: the largest record it takes.
    """
    headers = [
        ("reason", rejection.reason.encode()),
        ("detail", rejection.detail.encode()),
        ("source-topic", record.topic.encode()),
        ("source-partition", str(record.partition).encode()),
        ("source-offset", str(record.offset).encode()),
        ("failed-at", datetime.now(UTC).isoformat(timespec="milliseconds").encode()),
    ]
    key, value = record.key, record.value
    room = bytes_max - _HEAD_BYTES
    omitted = []
    if len(key or b"") + len(value or b"") > room:
        omitted.append(f"value of {len(value or b'')} bytes")
        value = None
    if len(key or b"") > room:
        omitted.append(f"key of {len(key or b'')} bytes")
        key = None
    if omitted:
        headers.append(("value-omitted", ", ".join(omitted).encode()))
    partition = partition_for(key, partitions) if key else record.offset % partitions
    return Row(topic, partition, key, value, None, headers), bool(omitted)
