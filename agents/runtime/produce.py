"""Sending: idempotent, in order per partition, and acknowledged before the caller goes on.

Rows are packed into batches by hand: several times faster than one send a record. Batches
of one partition go one after the other, so that a retry leaves neither hole nor disorder.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2
from aiokafka.producer.message_accumulator import BatchBuilder
from faust.types import TP

from agents.runtime.errors import DeliveryFailed, RecordTooLarge

KEYS_REMEMBERED = 100_000
RECORD_BYTES_DEFAULT = 1_048_588  # Kafka's own default of max.message.bytes
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


def _size_bytes(row: Row) -> int:
    """Return the most bytes a row can take in a batch, uncompressed."""
    size = RECORD_HEAD_BYTES_MAX + len(row.key or b"") + len(row.value or b"")
    for name, value in row.headers:
        # A character of a name takes at most four bytes.
        size += HEADER_HEAD_BYTES_MAX + 4 * len(name) + len(value)
    return size


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSettings:
    """Options of a producer.

    Attributes:
        brokers: `host:port` of some brokers.
        security: aiokafka's security options.
        compression: `gzip`, or `snappy`, `lz4`, `zstd` with cramjam installed. None: none.
        linger_ms: waits for no company by default: rows come in batches already.
        batch_bytes_max: of one batch; a topic that takes less gets less.
        record_bytes_max: by topic, what its `max.message.bytes` says.
        request_seconds: one request to a broker.
        delivery_seconds_max: for a whole call; an idempotent producer retries for ever else.
    """

    brokers: tuple[str, ...]
    security: Mapping[str, Any] = field(default_factory=dict)
    compression: str | None = None
    linger_ms: int = 5
    batch_bytes_max: int = 524_288
    record_bytes_max: Mapping[str, int] = field(default_factory=dict)
    request_seconds: float = 30.0
    delivery_seconds_max: float = 120.0


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


class Outbox:
    """Sends rows and waits until all are acknowledged."""

    def __init__(self, settings: SendSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._turns: dict[TP, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._broken: DeliveryFailed | None = None

    async def start(self) -> None:
        """Connect."""
        s = self._settings
        largest = max([s.batch_bytes_max, RECORD_BYTES_DEFAULT, *s.record_bytes_max.values()])
        self._producer = AIOKafkaProducer(
            bootstrap_servers=list(s.brokers),
            enable_idempotence=True,
            acks="all",
            linger_ms=s.linger_ms,
            max_batch_size=s.batch_bytes_max,
            max_request_size=2 * largest,
            request_timeout_ms=int(1000 * s.request_seconds),
            compression_type=s.compression,
            **s.security,
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Close; what was sent has been waited for by whoever sent it."""
        producer, self._producer = self._producer, None
        if producer is not None:
            # After a failure aiokafka would wait for batches that are never to arrive.
            await asyncio.wait({asyncio.ensure_future(producer.stop())}, timeout=5.0)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def send(self, rows: Iterable[Row]) -> None:
        """Send rows; return when all of them are acknowledged.

        Rows of one partition keep their order, also over calls that overlap, as those were made.

        Raises:
            RecordTooLarge: of the first row its topic does not take; nothing was sent.
            DeliveryFailed: not all are acknowledged, and it is not known which. The producer's
                sequence is torn with that, so every later call fails too: end the worker.
        """
        if self._broken is not None:
            raise self._broken
        by_partition: dict[TP, list[tuple[int, Row]]] = defaultdict(list)
        for index, row in enumerate(rows):
            size = _size_bytes(row)
            if BATCH_HEAD_BYTES + size > self.record_bytes_max(row.topic):
                limit = self.record_bytes_max(row.topic)
                raise RecordTooLarge(index, row.topic, BATCH_HEAD_BYTES + size, limit)
            by_partition[TP(row.topic, row.partition)].append((size, row))
        tasks = [
            asyncio.ensure_future(self._send_in_turn(tp, queued))
            for tp, queued in by_partition.items()
        ]
        try:
            async with asyncio.timeout(self._settings.delivery_seconds_max):
                await asyncio.gather(*tasks)
        except (KafkaError, TimeoutError) as exc:
            topics = ", ".join(sorted({tp.topic for tp in by_partition}))
            self._broken = DeliveryFailed(topics, f"{type(exc).__name__} {exc}".strip())
            raise self._broken from exc
        finally:
            for task in tasks:
                task.cancel()

    def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise AssertionError("the outbox was not started")
        return self._producer

    def record_bytes_max(self, topic: str) -> int:
        """Return the size of the largest record a topic takes."""
        return self._settings.record_bytes_max.get(topic, RECORD_BYTES_DEFAULT)

    async def _send_in_turn(self, tp: TP, rows: list[tuple[int, Row]]) -> None:
        producer = self._connected()
        # One at a time: aiokafka's own wait for a free slot counts time twice when contended.
        async with self._turns[tp]:
            acks = [
                await producer.send_batch(batch, tp.topic, partition=tp.partition)
                for batch in self._pack(tp.topic, rows)
            ]
        await asyncio.gather(*acks)

    def _pack(self, topic: str, rows: list[tuple[int, Row]]) -> Iterable[BatchBuilder]:
        """Yield full batches, each below what the topic takes."""
        producer = self._connected()
        bytes_max = min(self._settings.batch_bytes_max, self.record_bytes_max(topic))
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
