"""Sending: idempotent, in order per partition, and acknowledged before the caller goes on.

Batches of one partition go one after the other, so that a retry leaves neither hole nor disorder.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from faust.types import TP

from agents.runtime.connecting import connected
from agents.runtime.errors import DeliveryFailed
from agents.runtime.rows import Row, Sized, by_partition, packed, put

RECORD_BYTES_DEFAULT = 1_048_588  # Kafka's own default of max.message.bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSettings:
    """Options of a producer.

    Attributes:
        brokers: `host:port` of some brokers.
        security: aiokafka's security options.
        compression: `gzip`, or `snappy`, `lz4`, `zstd` with cramjam installed. None: none.
        linger_ms: how long a batch waits for company.
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

    @property
    def limits(self) -> Mapping[str, int]:
        """What each topic takes in one record."""
        return defaultdict(lambda: RECORD_BYTES_DEFAULT, self.record_bytes_max)

    @property
    def request_bytes_max(self) -> int:
        """What a request may take: enough for any batch and any record."""
        largest = max(
            self.batch_bytes_max, RECORD_BYTES_DEFAULT, *self.record_bytes_max.values(), 0
        )
        return 2 * largest


class Outbox:
    """Sends rows and waits until all are acknowledged."""

    def __init__(self, settings: SendSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._turns: dict[TP, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._broken: DeliveryFailed | None = None

    async def start(self) -> None:
        """Connect; a broker may be away for as long as a delivery may take."""
        await connected(self._start, self.stop, self._settings.delivery_seconds_max)

    async def _start(self) -> None:
        s = self._settings
        self._producer = AIOKafkaProducer(
            bootstrap_servers=list(s.brokers),
            enable_idempotence=True,
            acks="all",
            linger_ms=s.linger_ms,
            max_batch_size=s.batch_bytes_max,
            max_request_size=s.request_bytes_max,
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
        queued = by_partition(rows, self._settings.limits)
        tasks = [
            asyncio.ensure_future(self._send_in_turn(tp, sized)) for tp, sized in queued.items()
        ]
        try:
            async with asyncio.timeout(self._settings.delivery_seconds_max):
                await asyncio.gather(*tasks)
        except (KafkaError, TimeoutError) as exc:
            topics = ", ".join(sorted({tp.topic for tp in queued}))
            self._broken = DeliveryFailed(topics, f"{type(exc).__name__} {exc}".strip())
            raise self._broken from exc
        finally:
            for task in tasks:
                task.cancel()

    def _connected(self) -> AIOKafkaProducer:
        if self._producer is None:
            raise AssertionError("the outbox was not started")
        return self._producer

    async def _send_in_turn(self, tp: TP, rows: list[Sized]) -> None:
        producer = self._connected()
        bytes_max = min(self._settings.batch_bytes_max, self._settings.limits[tp.topic])
        # One at a time: aiokafka's own wait for a free slot counts time twice when contended.
        async with self._turns[tp]:
            acks = [await put(producer, batch, tp) for batch in packed(producer, rows, bytes_max)]
        await asyncio.gather(*acks)
