"""Delivery: what was fetched goes to the life it was fetched for, from where that life stands.

Nothing waits for one partition while another one's records are in hand. What came for a
life that is over is dropped, and the reading of it undone.
"""

import asyncio
import logging
import time
from typing import Any

from aiokafka.errors import ConsumerStoppedError
from faust.types import ConsumerMessage
from mode import Service

from agents.runtime.batch import Batch, Jump
from agents.runtime.consumer import BatchConsumer
from agents.runtime.errors import WorkerError, place
from agents.runtime.life import Partition, Phase
from agents.runtime.thread import Fetched

log = logging.getLogger(__name__)

FETCH_WAIT_SECONDS = 0.1
# After so few let more gather: a round costs more than its records.
GATHER_RECORDS = 500
GATHER_SECONDS = 0.01


class BatchFetcher(Service):
    """Runs the delivery loop, in place of Faust's fetcher."""

    logger = logging.getLogger("faust.runtime")

    def __init__(self, app: Any, **kwargs: Any) -> None:
        self.app = app
        self.fetched_at = time.monotonic()
        super().__init__(**kwargs)

    @property
    def _consumer(self) -> BatchConsumer:
        consumer: BatchConsumer = self.app.consumer
        return consumer

    def since_fetched(self) -> float:
        """Return for how long the loop has not come round, in seconds."""
        return time.monotonic() - self.fetched_at if self.started else 0.0

    @Service.task
    async def _fetch_and_deliver(self) -> None:
        consumer = self._consumer
        self.fetched_at = time.monotonic()
        try:
            while not (self.should_stop or consumer.should_stop):
                self.fetched_at = time.monotonic()
                await self._once(consumer)
        except ConsumerStoppedError:
            if not self.app.should_stop:
                consumer.fail(WorkerError("the Kafka consumer stopped by itself"))
        except Exception as exc:
            log.debug("Fetching raised.", exc_info=True)
            consumer.fail(exc)
        finally:
            self.set_shutdown()

    async def _once(self, consumer: BatchConsumer) -> None:
        lives = consumer.partitions.fetchable() if consumer.flow_active else {}
        consumer.changed.clear()
        fetched = await consumer.thread.fetch(frozenset(lives), FETCH_WAIT_SECONDS)
        unexpected = {
            tp: chunk for tp, chunk in fetched.items() if not self._deliver(lives[tp], chunk)
        }
        for tp, chunk in unexpected.items():
            await self._settle(lives[tp], chunk)
        if not lives:
            await _wait(consumer.changed, FETCH_WAIT_SECONDS)
        elif sum(len(chunk.records) for chunk in fetched.values()) < GATHER_RECORDS:
            await asyncio.sleep(GATHER_SECONDS)

    def _deliver(self, life: Partition, chunk: Fetched) -> bool:
        """Send on what goes on where the partition is; return whether that settles the chunk."""
        if not self._is_current(life) or chunk.first_offset != life.next_offset:
            return False
        if chunk.records:
            self._send(life, chunk)
        return True

    def _is_current(self, life: Partition) -> bool:
        consumer = self._consumer
        return consumer.partitions.get(life.tp) is life and consumer.flow_active

    async def _settle(self, life: Partition, chunk: Fetched) -> None:
        """Undo the reading of what came for a former life; ask the agent about a jump."""
        consumer, tp, found = self._consumer, life.tp, chunk.first_offset
        if not self._is_current(life):
            # aiokafka's position has moved on; a life that is still to run seeks by itself.
            now = consumer.partitions.get(tp)
            if now is not None and now.phase is Phase.RUNNING:
                await consumer.thread.seek_to(tp, now.next_offset)
        elif found < life.next_offset and life.is_busy:
            # What is in hand still counts in the old log's offsets: come again after it.
            await consumer.thread.seek_to(tp, found)
        elif (go_on := await self._ask(life, found)) == found:
            self._send(life, chunk)
        else:
            life.next_offset = go_on
            await consumer.thread.seek_to(tp, go_on)

    async def _ask(self, life: Partition, found: int) -> int:
        """Return where the agent wants to go on, the offsets not being the expected ones."""
        consumer, tp = self._consumer, life.tp
        start, end = await consumer.thread.log_bounds(tp)
        go_on = life.agent.on_jump(Jump(tp, life.next_offset, found, start, end))
        if found < life.next_offset:
            log.warning("%s: offsets went back from %d to %d.", place(tp), life.next_offset, found)
            consumer.safe.restart(tp, go_on)
        return go_on

    def _send(self, life: Partition, chunk: Fetched) -> None:
        """Put one batch, as one Faust event, into the stream of the topic's agent."""
        tp = life.tp
        batch = Batch(*tp, chunk.records, chunk.position, life.generation, chunk.log_end)
        life.expect(batch)
        message = ConsumerMessage(
            *tp, batch.next_offset - 1, 0.0, 0, [], None, None, None,
            tp=tp, generation_id=self.app.consumer_generation_id,
        )  # fmt: skip
        channels = self.app.topics._tp_index[tp]
        message.incref(len(channels))
        for channel in channels:
            channel.queue.put_nowait(self.app.create_event(None, batch, None, message))


async def _wait(event: asyncio.Event, seconds_max: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds_max)
    except TimeoutError:
        return
