"""Transactions: what one partition writes becomes visible as a whole, or not at all.

One id a partition. Who starts a transactor takes its id: the one that had it before is shut out
for good, and what it left open is aborted. Whatever goes wrong in a transaction ends its
transactor; how aiokafka behaves then, and why each rule is here: docs/design/0003.
"""

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer
from aiokafka.errors import InvalidProducerEpoch, KafkaError, ProducerFenced
from faust.types import TP

from agents.runtime.connecting import connected
from agents.runtime.errors import Fenced, NotCommitted
from agents.runtime.produce import SendSettings
from agents.runtime.rows import Row, Sized, by_partition, packed

TIMEOUT_SECONDS = 15.0  # one open for longer is aborted by the broker
CLOSE_TRIES = 5
CLOSE_SECONDS = 1.0


class Transactor:
    """Writes transactions under one id, one after another."""

    def __init__(self, settings: SendSettings, transactional_id: str) -> None:
        self._settings = settings
        self._id = transactional_id
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Take the id; it goes on trying for as long as no broker answers."""
        await connected(self._start, self.close)

    async def _start(self) -> None:
        s = self._settings
        self._producer = AIOKafkaProducer(
            bootstrap_servers=list(s.brokers),
            transactional_id=self._id,
            transaction_timeout_ms=int(1000 * TIMEOUT_SECONDS),
            acks="all",
            max_batch_size=s.batch_bytes_max,
            max_request_size=s.request_bytes_max,
            request_timeout_ms=int(1000 * s.request_seconds),
            compression_type=s.compression,
            **s.security,
        )
        await self._producer.start()

    async def commit(self, rows: Iterable[Row], seconds_max: float) -> None:
        """Write rows in one transaction; return when it is committed.

        Raises:
            RecordTooLarge: of the first row its topic does not take; nothing was sent.
            Fenced: the id has been taken, or the broker gave this transaction up.
            NotCommitted: it is not known whether it was committed; start anew, and read.
        """
        if self._producer is None:
            raise AssertionError("the transactor was not started, or has failed")
        queued = by_partition(rows, self._settings.limits)
        try:
            async with asyncio.timeout(seconds_max):
                await self._transact(self._producer, queued)
        except (ProducerFenced, InvalidProducerEpoch) as exc:
            await self.close()
            raise Fenced(self._id) from exc
        # A producer that has failed raises many kinds of error, assertions among them.
        except (KafkaError, TimeoutError, AssertionError) as exc:
            await self.close()
            cause = f"{type(exc).__name__} {exc}".strip() or f"nothing within {seconds_max:.0f} s"
            raise NotCommitted(self._id, cause) from exc

    async def _transact(self, producer: AIOKafkaProducer, queued: dict[TP, list[Sized]]) -> None:
        await producer.begin_transaction()
        sent = await asyncio.gather(
            *(self._send(producer, tp, sized) for tp, sized in queued.items())
        )
        # All, before the commit: it would commit what is left when a batch has been refused.
        await asyncio.gather(*(ack for acks in sent for ack in acks))
        await producer.commit_transaction()

    async def _send(
        self, producer: AIOKafkaProducer, tp: TP, sized: list[Sized]
    ) -> "list[asyncio.Future[object]]":
        bytes_max = min(self._settings.batch_bytes_max, self._settings.limits[tp.topic])
        return [
            await producer.send_batch(batch, tp.topic, partition=tp.partition)
            for batch in packed(producer, sized, bytes_max)
        ]

    async def close(self) -> None:
        """Let go, whatever state it is in; what is open is aborted when the id is taken next."""
        producer, self._producer = self._producer, None
        if producer is None:
            return
        task = producer._sender.sender_task
        for _ in range(CLOSE_TRIES if task is not None else 0):
            # One cancel ends the loop, the next ones the requests that it would wait for.
            task.cancel()
            done, _ = await asyncio.wait({task}, timeout=CLOSE_SECONDS)
            if done:
                break
        _hush(producer)
        producer._closed = True
        await asyncio.wait({asyncio.ensure_future(producer.client.close())}, timeout=CLOSE_SECONDS)


def _hush(producer: AIOKafkaProducer) -> None:
    """Take note of why it failed wherever aiokafka says so; else asyncio tells of it again."""
    queued = producer._message_accumulator._batches.values()
    waiters = [batch._drain_waiter for batches in queued for batch in batches]
    waiters += [producer._txn_manager._transaction_waiter, producer._sender.sender_task]
    for waiter in waiters:
        if waiter is not None and waiter.done() and not waiter.cancelled():
            waiter.exception()
