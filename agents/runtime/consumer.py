"""The consumer: batches of one partition go out, safe offsets come back.

It never waits for a partition while it holds another one's records. Giving partitions up
goes in this order: stop the flow, finish the batches in hand, drain, commit, let go.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, KafkaError
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP, ConsumerMessage
from mode import Service

from agents.runtime.batch import Batch, Jump
from agents.runtime.errors import CommitRefused, WorkerFault, place
from agents.runtime.offsets import SafeOffsets
from agents.runtime.partitions import Partition, Partitions, Phase, Surroundings
from agents.runtime.settings import RuntimeSettings
from agents.runtime.thread import BatchConsumerThread, Fetched

log = logging.getLogger(__name__)

FETCH_WAIT_SECONDS = 0.1
RETRY_SECONDS = 0.2


class BatchConsumer(Consumer):
    """Faust's consumer, with delivery, offsets and rebalancing of our own."""

    _thread: BatchConsumerThread
    runtime: RuntimeSettings
    partitions: Partitions
    safe: SafeOffsets

    def __post_init__(self) -> None:
        self.runtime = self.app.runtime  # type: ignore[attr-defined]
        self.partitions = self.app.partitions  # type: ignore[attr-defined]
        self.safe = self.app.safe  # type: ignore[attr-defined]
        self.fetched_at = time.monotonic()
        self._changed = asyncio.Event()
        self._commit_lock = asyncio.Lock()
        self._reading_committed: asyncio.Task[dict[TP, int]] | None = None

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def thread(self) -> BatchConsumerThread:
        return self._thread

    def since_fetched(self) -> float:
        """Return for how long the fetch loop has not come round, in seconds."""
        return time.monotonic() - self.fetched_at

    # Delivery.

    async def _drain_messages(self, fetcher: Any) -> None:
        """Fetch and deliver until the consumer or the fetcher is stopped."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                self.fetched_at = time.monotonic()
                await self._fetch_once()
        except ConsumerStoppedError:
            if not self.app.should_stop:
                self._failed(WorkerFault("the Kafka consumer stopped by itself"))
        except Exception as exc:
            log.debug("Fetching raised.", exc_info=True)
            self._failed(exc)

    async def _fetch_once(self) -> None:
        lives = self.partitions.fetchable() if self.flow_active else {}
        self._changed.clear()
        fetched = await self._thread.fetch(frozenset(lives), FETCH_WAIT_SECONDS)
        unexpected = {
            tp: chunk for tp, chunk in fetched.items() if not self._deliver(lives[tp], chunk)
        }
        for tp, chunk in unexpected.items():
            await self._settle(lives[tp], chunk)
        if not lives:
            await self._pause()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), FETCH_WAIT_SECONDS)
        except TimeoutError:
            return

    def _deliver(self, life: Partition, chunk: Fetched) -> bool:
        """Send on what goes on where the partition is; return whether that settles the chunk."""
        if not self._is_current(life) or chunk.first_offset != life.next_offset:
            return False
        if chunk.records:
            self._send(life, chunk)
        return True

    def _is_current(self, life: Partition) -> bool:
        same = self.partitions.get(life.tp) is life and self.flow_active
        return same and life.generation == self.app.consumer_generation_id

    async def _settle(self, life: Partition, chunk: Fetched) -> None:
        """Undo the reading of what came for a former life; ask the agent about a jump."""
        if not self._is_current(life):
            # aiokafka's position has moved on; a life that is still to run seeks by itself.
            now = self.partitions.get(life.tp)
            if now is not None and now.phase is Phase.RUNNING:
                await self._thread.seek_to(now.tp, now.next_offset)
            return
        found = chunk.first_offset
        if found < life.next_offset and life.is_busy:
            # What is in hand still counts in the old log's offsets: come again after it.
            await self._thread.seek_to(life.tp, found)
            return
        go_on = await self._ask(life, found)
        if go_on == found:
            self._send(life, chunk)
        else:
            life.next_offset = go_on
            await self._thread.seek_to(life.tp, go_on)

    async def _ask(self, life: Partition, found: int) -> int:
        start, end = await self._thread.log_bounds(life.tp)
        go_on = life.agent.on_jump(Jump(life.tp, life.next_offset, found, start, end))
        if found < life.next_offset:
            log.warning(
                "%s: offsets went back from %d to %d.", place(life.tp), life.next_offset, found
            )
            self.safe.restart(life.tp, go_on)
        return go_on

    def _send(self, life: Partition, chunk: Fetched) -> None:
        tp = life.tp
        batch = Batch(tp.topic, tp.partition, chunk.records, chunk.position, life.generation)
        life.expect(batch)
        message = ConsumerMessage(
            batch.topic, batch.partition, batch.next_offset - 1, 0.0, 0, [], None, None, None,
            tp=tp, generation_id=batch.generation,
        )  # fmt: skip
        channels = self.app.topics._tp_index[tp]  # type: ignore[attr-defined]
        message.incref(len(channels))
        for channel in channels:
            channel.queue.put_nowait(self.app.create_event(None, batch, None, message))

    # Offsets, as partitions ask for them.

    async def committed(self, tp: TP) -> int | None:
        """Return the group's committed offset; one request serves all assigned partitions."""
        if self._reading_committed is None:
            reading = self._thread.committed_offsets(self.assignment())
            self._reading_committed = asyncio.create_task(reading)
        return (await asyncio.shield(self._reading_committed)).get(tp)

    async def beginning(self, tp: TP) -> int:
        """Return the earliest offset of the log."""
        return (await self._thread.log_bounds(tp))[0]

    async def end(self, tp: TP) -> int:
        """Return the offset after the last one of the log."""
        return (await self._thread.log_bounds(tp))[1]

    async def _seek_life(self, tp: TP, offset: int) -> None:
        if not await self._thread.seek_to(tp, offset):
            log.info("%s: gone before it was restored.", place(tp))

    # Committing.

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: ARG002
        """Commit the safe offsets, one commit at a time; return whether that was done."""
        async with self._commit_lock:
            offsets = self.safe.pending()
            return bool(offsets) and await self._commit_within(offsets)

    async def _commit_within(self, offsets: Mapping[TP, int]) -> bool:
        deadline = time.monotonic() + self.runtime.commit_seconds_max
        while True:
            try:
                left = max(deadline - time.monotonic(), RETRY_SECONDS)
                await self._thread.commit_offsets(offsets, left)
            except (CommitFailedError, IllegalStateError, ConsumerStoppedError) as exc:
                log.info("Not committed, the partitions are no longer ours: %s.", exc)
                return False
            except (KafkaError, TimeoutError) as exc:
                if isinstance(exc, KafkaError) and not exc.retriable:
                    self._failed(CommitRefused(exc))
                    return False
                if time.monotonic() + RETRY_SECONDS > deadline:
                    log.warning("Not committed: %s: %s.", type(exc).__name__, exc)
                    return False
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.safe.committed(offsets)
                return True

    # Rebalancing and stopping.

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish, drain and commit first; only then let Faust tear down."""
        self.stop_flow()
        self.app.flow_control.suspend()
        await self.wait_empty()
        self.safe.clear()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Begin a life for each partition; it is fetched once it runs."""
        await self.partitions.end_all()  # a revocation may not have been heard
        self.safe.clear()
        await super().on_partitions_assigned(assigned, generation_id)
        self._reading_committed = None
        around = Surroundings(
            log=self,
            safe=self.safe,
            seek=self._seek_life,
            failed=self._failed,
            changed=self._changed,
            batches_max=self.runtime.partition_batches_max,
        )
        self.partitions.assign(assigned, generation_id, around)

    async def wait_empty(self) -> None:
        """End all lives and commit what is safe: bounded, and harmless when done before."""
        await self.partitions.end_all()
        await self.commit()

    async def on_stop(self) -> None:
        """Do the same when the consumer stops."""
        await self.wait_empty()

    async def perform_seek(self) -> None:
        """Do nothing: each partition seeks by itself before it runs."""

    async def verify_all_partitions_active(self) -> None:
        """Do nothing: the watchdog looks on."""

    def _failed(self, exc: BaseException) -> None:
        self.app.fail(exc)  # type: ignore[attr-defined]


class BatchFetcher(Service):
    """Runs the delivery loop; replaces Faust's, which fails on a cancel while rebalancing."""

    def __init__(self, app: Any, **kwargs: Any) -> None:
        self.app = app
        super().__init__(**kwargs)

    @Service.task
    async def _fetch(self) -> None:
        try:
            await self.app.consumer._drain_messages(self)
        finally:
            self.set_shutdown()
