"""The consumer: it takes partitions on, gives them up, and commits safe offsets only.

Giving up goes in this order: stop the flow, finish the batches in hand, drain, commit, let
go. Every step has a bound, so that a rebalance is never held up for long.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any, TypeVar

from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, KafkaError
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP

from agents.runtime.errors import CommitRefused, place
from agents.runtime.life import Surroundings
from agents.runtime.offsets import Position, SafeOffsets
from agents.runtime.partitions import Partitions
from agents.runtime.settings import RuntimeSettings
from agents.runtime.thread import CALL_SECONDS_MAX, BatchConsumerThread

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.2
AWAY_SECONDS = 15.0  # without an answer; asked every five
T = TypeVar("T")


class BatchConsumer(Consumer):
    """Faust's consumer, with delivery, offsets and rebalancing of our own."""

    logger = logging.getLogger("faust.runtime")  # mode's chatter, not ours
    _thread: BatchConsumerThread
    runtime: RuntimeSettings
    partitions: Partitions
    safe: SafeOffsets

    def __post_init__(self) -> None:
        self.runtime = self.app.runtime  # type: ignore[attr-defined]
        self.partitions = self.app.partitions  # type: ignore[attr-defined]
        self.safe = self.app.safe  # type: ignore[attr-defined]
        self.changed = asyncio.Event()
        self._commit_lock = asyncio.Lock()
        self._reading_committed: asyncio.Task[dict[TP, Position]] | None = None

    def _new_consumer_thread(self) -> BatchConsumerThread:
        return BatchConsumerThread(self, loop=self.loop, beacon=self.beacon)

    @property
    def thread(self) -> BatchConsumerThread:
        """The thread aiokafka runs in."""
        return self._thread

    # Offsets, as partitions ask for them.

    async def committed(self, tp: TP) -> Position | None:
        """Return what the group committed; one request serves all assigned partitions."""
        if self._reading_committed is None:
            held = self.assignment()
            reading = self._insist(lambda: self._thread.committed_offsets(held))
            self._reading_committed = asyncio.create_task(reading)
        return (await asyncio.shield(self._reading_committed)).get(tp)

    async def beginning(self, tp: TP) -> int:
        """Return the earliest offset of the log."""
        return (await self._insist(lambda: self._thread.log_bounds(tp)))[0]

    async def end(self, tp: TP) -> int:
        """Return the offset after the last one of the log."""
        return (await self._insist(lambda: self._thread.log_bounds(tp)))[1]

    async def ends(self, tps: Iterable[TP]) -> dict[TP, int]:
        """Return the offset after the last one of each partition; asked once, and it may fail."""
        return await self._thread.log_ends(tps)

    async def _insist(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Ask until there is an answer: a broker may be away for as long as the worker waits."""
        deadline = time.monotonic() + self.runtime.broker_away_seconds_max
        while True:
            try:
                return await ask()
            except (KafkaError, TimeoutError) as exc:
                final = isinstance(exc, KafkaError) and not exc.retriable
                if final or time.monotonic() > deadline:
                    raise
                await asyncio.sleep(RETRY_SECONDS)

    async def still_ours(self, tp: TP) -> bool:
        """Ask the broker, by a commit: it refuses who is no member of the group (any more)."""
        held = self.safe.of(tp) or await self.committed(tp) or Position(await self.beginning(tp))
        try:
            await self._insist(lambda: self._thread.commit_offsets({tp: held}, CALL_SECONDS_MAX))
        except (CommitFailedError, IllegalStateError):
            return False
        return True

    async def _seek_life(self, tp: TP, offset: int) -> None:
        if not await self._thread.seek_to(tp, offset):
            log.info("%s: gone before it was restored.", place(tp))

    # Committing.

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: ARG002
        """Commit the safe offsets, one commit at a time; return whether that was done."""
        async with self._commit_lock:
            offsets = self.safe.pending()
            return bool(offsets) and await self._commit_within(offsets)

    async def _commit_within(self, offsets: Mapping[TP, Position]) -> bool:
        deadline = time.monotonic() + self._patience(self.runtime.commit_seconds_max)
        while True:
            try:
                left = max(deadline - time.monotonic(), RETRY_SECONDS)
                await self._thread.commit_offsets(offsets, left)
            except (CommitFailedError, IllegalStateError, ConsumerStoppedError) as exc:
                log.info("Not committed, the partitions are no longer ours: %s.", exc)
                return False
            except (KafkaError, TimeoutError) as exc:
                if isinstance(exc, KafkaError) and not exc.retriable:
                    self.fail(CommitRefused(exc))
                    return False
                if time.monotonic() + RETRY_SECONDS > deadline:
                    log.warning("Not committed, for now: %s.", repr(exc))
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
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Begin a life for each partition; it is fetched once it runs."""
        # A revocation may not have been heard.
        await self.partitions.end_all(self._patience(self.runtime.drain_seconds_max))
        self.safe.clear()
        await super().on_partitions_assigned(assigned, generation_id)
        if self.app.should_stop:
            return  # a life begun now would fence out the next owner
        await self.partitions.keep(assigned)
        self._reading_committed = None
        around = Surroundings(
            log=self,
            safe=self.safe,
            seek=self._seek_life,
            failed=self.fail,
            still_ours=self.still_ours,
            changed=self.changed,
            bytes_max=self.runtime.partition_bytes_max,
        )
        self.partitions.assign(assigned, around)

    def _patience(self, seconds_max: float) -> float:
        """Return how long to wait for what needs a broker: hardly, if none has been heard of."""
        away: float = self.app.broker_away_seconds  # type: ignore[attr-defined]
        return min(seconds_max, RETRY_SECONDS) if away > AWAY_SECONDS else seconds_max

    async def wait_empty(self) -> None:
        """End all lives, commit what is safe, let go: bounded, and nothing when done before."""
        await self.partitions.end_all(self._patience(self.runtime.drain_seconds_max))
        await self.commit()
        self.safe.clear()

    async def on_stop(self) -> None:
        """Do the same when the consumer stops, and keep nothing."""
        await self.wait_empty()
        await self.partitions.keep(())

    async def perform_seek(self) -> None:
        """Do nothing: each partition seeks by itself before it runs."""

    async def verify_all_partitions_active(self) -> None:
        """Do nothing: the watchdog looks on."""

    def fail(self, exc: BaseException) -> None:
        """End the worker for this reason."""
        self.app.fail(exc)  # type: ignore[attr-defined]
