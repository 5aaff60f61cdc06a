"""Reading a partition back to its end, in bulk, with a consumer of its own and without a group.

It ends by position, not by a last record: after compaction and behind a transaction's marker there
may be none. A step without progress is tried again on a new connection, and bounded.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError
from faust.types import TP

from agents.runtime.connecting import whole
from agents.runtime.errors import RestoreStalled, TransactionHangs
from agents.runtime.settings import RuntimeSettings
from agents.runtime.thread import there

FETCH_BYTES = 1_048_576  # more is no faster, and holds the loop for longer
POLL_MS = 50
POLL_RECORDS = 2_000  # so many hold the loop for some ten milliseconds until they are taken in
STEP_SECONDS_MAX = 30.0
RETRY_SECONDS = 0.5
HANGS_SECONDS_MAX = 30.0  # twice what a transaction may take


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records of a partition, and how far that is.

    Attributes:
        records: in the order of the log.
        position: the next offset to read.
        end: where what is stable of the partition ended when reading began.
        high_water: where the partition ends, what is not stable included; 0: not known.
    """

    records: "Sequence[ConsumerRecord[bytes, bytes]]"
    position: int
    end: int
    high_water: int = 0


async def read_to_end(
    settings: RuntimeSettings, tp: TP, *, is_whole: bool = False
) -> AsyncIterator[Chunk]:
    """Yield what is committed of a partition, up to the end it has at the call.

    Args:
        settings: of the connection.
        tp: the partition.
        is_whole: nobody writes it any more, so its end must be stable: no transaction may be
            left open. What stands behind an open one would be missed.

    Raises:
        RestoreStalled: no step forward for `broker_away_seconds_max`.
        TransactionHangs: one stays open for `HANGS_SECONDS_MAX`.
    """
    position, end = -1, -1
    moved_at = time.monotonic()
    while position < 0 or position < end:
        try:
            async for chunk in _read(settings, tp, position):
                if chunk.position > position:
                    moved_at = time.monotonic()
                position, end = chunk.position, chunk.end
                if is_whole and position >= end and chunk.high_water > position:
                    if time.monotonic() - moved_at > HANGS_SECONDS_MAX:
                        raise TransactionHangs(tp, position, chunk.high_water)
                    end = chunk.high_water
                    await asyncio.sleep(RETRY_SECONDS)
                yield chunk
        except (KafkaError, TimeoutError, OSError) as exc:
            stood = time.monotonic() - moved_at
            if stood > settings.broker_away_seconds_max:
                why = f"{type(exc).__name__} {exc}".strip()
                raise RestoreStalled(tp, stood, why) from exc
            await asyncio.sleep(RETRY_SECONDS)


async def _read(settings: RuntimeSettings, tp: TP, position: int) -> AsyncIterator[Chunk]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=list(settings.brokers),
        client_id=settings.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=FETCH_BYTES,
        fetch_max_wait_ms=POLL_MS,
        check_crcs=settings.check_crcs,
        **settings.security,
    )
    try:
        async with asyncio.timeout(STEP_SECONDS_MAX):
            await whole(consumer.start())
            consumer.assign([there(tp)])
            if position < 0:
                await consumer.seek_to_beginning(there(tp))
            else:
                consumer.seek(there(tp), position)
            end: int = (await consumer.end_offsets([there(tp)]))[there(tp)]
            position = await consumer.position(there(tp))
        yield Chunk([], position, end)
        while position < end:
            async with asyncio.timeout(STEP_SECONDS_MAX):
                position, records = await _step(consumer, tp, position)
            yield Chunk([record for record in records if record.offset < end], position, end)
        async with asyncio.timeout(STEP_SECONDS_MAX):
            yield Chunk([], position, end, await _high_water(consumer, tp))
    finally:
        await asyncio.wait({asyncio.ensure_future(consumer.stop())}, timeout=RETRY_SECONDS)


async def _high_water(consumer: AIOKafkaConsumer, tp: TP) -> int:
    """Return where a partition ends; each answer to a fetch tells, also to one in vain."""
    while (known := consumer.highwater(there(tp))) is None:
        await asyncio.sleep(POLL_MS / 1000)
    return int(known)


async def _step(
    consumer: AIOKafkaConsumer, tp: TP, position: int
) -> "tuple[int, Sequence[ConsumerRecord[bytes, bytes]]]":
    """Return the next position and the records before it, once there is a step forward."""
    while True:
        found = await consumer.getmany(there(tp), timeout_ms=POLL_MS, max_records=POLL_RECORDS)
        now: int = await consumer.position(there(tp))
        if now != position:
            return now, found.get(there(tp), [])
