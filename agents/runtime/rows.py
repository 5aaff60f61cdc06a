"""Rows: records to send, and how they are packed into batches by hand.

Several times faster than one send a record.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder
from faust.types import TP

from agents.runtime.errors import RecordTooLarge

KEYS_REMEMBERED = 100_000
BATCH_HEAD_BYTES = 61
RECORD_HEAD_BYTES_MAX = 31  # lengths, deltas and the count of headers, as varints of any size
HEADER_HEAD_BYTES_MAX = 10

NO_HEADERS: list[tuple[str, bytes]] = []


class Row(NamedTuple):
    """A record to send; it goes to the partition it names."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None = None
    headers: list[tuple[str, bytes]] = NO_HEADERS


Sized = tuple[int, Row]  # the most bytes a row can take in a batch, and the row


@lru_cache(maxsize=KEYS_REMEMBERED)
def _murmur2(key: bytes) -> int:
    return int(murmur2(key)) & 0x7FFFFFFF


def partition_for(key: bytes, partitions: int) -> int:
    """Return the partition Java's default partitioner gives a key.

    Args:
        key: not empty of meaning; the bytes as sent.
        partitions: how many the topic has, >= 1.
    """
    return _murmur2(key) % partitions


def by_partition(rows: Iterable[Row], record_bytes_max: Mapping[str, int]) -> dict[TP, list[Sized]]:
    """Return rows by partition, in their order, each with its size.

    Args:
        rows: of any topics.
        record_bytes_max: the largest record of every topic among them.

    Raises:
        RecordTooLarge: of the first row that its topic does not take.
    """
    found: dict[TP, list[Sized]] = {}
    for index, row in enumerate(rows):
        size, limit = _size_bytes(row), record_bytes_max[row.topic]
        if BATCH_HEAD_BYTES + size > limit:
            raise RecordTooLarge(index, row.topic, BATCH_HEAD_BYTES + size, limit)
        found.setdefault(TP(row.topic, row.partition), []).append((size, row))
    return found


def packed(
    producer: AIOKafkaProducer, rows: Iterable[Sized], bytes_max: int
) -> Iterator[BatchBuilder]:
    """Yield full batches of rows of one partition, each of at most `bytes_max`."""
    batch, filled = producer.create_batch(), BATCH_HEAD_BYTES
    for size, (_, _, key, value, timestamp_ms, headers) in rows:
        if filled + size > bytes_max and batch.record_count():
            batch.close()
            yield batch
            batch, filled = producer.create_batch(), BATCH_HEAD_BYTES
        filled += size
        if not batch.append(timestamp=timestamp_ms, key=key, value=value, headers=headers):
            raise AssertionError("a batch refused a row that fits")
    batch.close()
    yield batch


def _size_bytes(row: Row) -> int:
    size = RECORD_HEAD_BYTES_MAX + len(row.key or b"") + len(row.value or b"")
    for name, value in row.headers:
        # A character of a name takes at most four bytes.
        size += HEADER_HEAD_BYTES_MAX + 4 * len(name) + len(value)
    return size
