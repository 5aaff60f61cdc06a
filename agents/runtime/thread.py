"""The consumer's thread: aiokafka in an event loop of its own, so that heartbeats go on.

Every call into it is bounded: a thread that is gone, or a broker that is silent, ends as an
error and never as a hang.
"""

import asyncio
import inspect
import logging
from collections.abc import Callable, Iterable, Mapping, Set
from typing import Any, NamedTuple, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, OffsetAndMetadata, TopicPartition
from aiokafka.errors import ConsumerStoppedError, IllegalStateError
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.types import TP

from agents.runtime.connecting import connected
from agents.runtime.errors import Replaced
from agents.runtime.membership import end_when_replaced
from agents.runtime.offsets import Position
from agents.runtime.settings import RuntimeSettings

log = logging.getLogger(__name__)

CALL_SECONDS_MAX = 30.0
CLOSE_SECONDS_MAX = 8.0
Record: TypeAlias = "ConsumerRecord[bytes, bytes]"


class Fetched(NamedTuple):
    """What came of one partition: its records, and where aiokafka goes on after them."""

    records: list[Record]
    position: int
    log_end: int

    @property
    def first_offset(self) -> int:
        """The offset of what comes first: a record, or what follows markers only."""
        return self.records[0].offset if self.records else self.position


def there(tp: TP) -> TopicPartition:
    """Return a partition as aiokafka writes it."""
    return TopicPartition(tp.topic, tp.partition)


class BatchConsumerThread(AIOKafkaConsumerThread):
    """Faust's consumer thread with bounded calls, whole batches, and a known position."""

    logger = logging.getLogger("faust.runtime")

    @property
    def runtime(self) -> RuntimeSettings:
        """The settings of the app."""
        settings: RuntimeSettings = self.app.runtime  # type: ignore[attr-defined]
        return settings

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:  # noqa: ARG002
        s = self.runtime
        return AIOKafkaConsumer(
            bootstrap_servers=list(s.brokers),
            client_id=s.group,
            group_id=s.group,
            group_instance_id=s.instance_id,
            # Sticky and even per topic, also without tables, which is when Faust takes RoundRobin.
            partition_assignment_strategy=[self.app.assignor],
            enable_auto_commit=False,
            # Every partition seeks before it is fetched, so this only meets an offset that is gone.
            auto_offset_reset="earliest",
            isolation_level=s.isolation_level,
            max_poll_records=s.poll_records_max,
            max_poll_interval_ms=int(1000 * 2 * s.handle_seconds_max),
            max_partition_fetch_bytes=s.partition_fetch_bytes_max,
            fetch_max_wait_ms=s.fetch_wait_ms,
            check_crcs=s.check_crcs,
            session_timeout_ms=int(1000 * s.session_seconds),
            heartbeat_interval_ms=int(1000 * s.session_seconds / 10),
            rebalance_timeout_ms=int(1000 * s.rebalance_seconds),
            **s.security,
        )

    async def on_start(self) -> None:
        """Connect, and see to it that no other worker has our name."""
        s = self.runtime
        await connected(super().on_start, self._let_go, s.broker_away_seconds_max)
        if s.instance_id is not None:
            coordinator = self._ensure_consumer()._coordinator
            fault = Replaced(s.instance_id, s.group)
            end_when_replaced(coordinator, s.session_seconds, lambda: self._fail(fault))

    async def _let_go(self) -> None:
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    def _fail(self, exc: BaseException) -> None:
        fail = self.app.fail  # type: ignore[attr-defined]
        self.parent_loop.call_soon_threadsafe(fail, exc)

    async def call_thread(self, fun: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a function in the thread, within a bound; raise if it cannot run there."""

        async def call() -> Any:
            result = fun(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result

        coro = call()
        try:
            future = asyncio.run_coroutine_threadsafe(coro, self.thread_loop)
        except RuntimeError as exc:  # the thread's loop is closed
            coro.close()
            raise ConsumerStoppedError from exc
        return await asyncio.wait_for(asyncio.wrap_future(future), CALL_SECONDS_MAX)

    async def fetch(self, tps: Set[TP], wait_seconds: float) -> Mapping[TP, Fetched]:
        """Return what came of these partitions, and no others, within about `wait_seconds`."""
        fetched: Mapping[TP, Fetched] = await self.call_thread(self._fetch, tps, wait_seconds)
        return fetched

    async def _fetch(self, tps: Set[TP], wait_seconds: float) -> Mapping[TP, Fetched]:
        consumer = self._ensure_consumer()
        fetcher, subscriptions = consumer._fetcher, consumer._subscription
        if consumer._closed or fetcher._closed:
            raise ConsumerStoppedError
        consumer._coordinator.check_errors()
        rebalancing = not self.consumer.flow_active or subscriptions.reassignment_in_progress
        if rebalancing or not tps:
            return {}
        records: Mapping[Any, list[Record]] = {}
        with subscriptions.fetch_context():
            try:
                # The bound is for a rebalance that begins now: it would be waited out in there.
                async with asyncio.timeout(wait_seconds + 1.0):
                    records = await fetcher.fetched_records(
                        tps, timeout=wait_seconds, max_records=self.runtime.poll_records_max
                    )
            except TimeoutError:
                return {}
        return self._with_positions(tps, records)

    def _with_positions(
        self, tps: Set[TP], records: Mapping[Any, list[Record]]
    ) -> Mapping[TP, Fetched]:
        assignment = self._ensure_consumer()._subscription.subscription.assignment
        fetched = {}
        for tp in tps & set(assignment.tps):
            state = assignment.state_value(there(tp))
            if state is not None and state.has_valid_position:
                fetched[tp] = Fetched(records.get(tp, []), state.position, state.highwater or 0)
        return fetched

    async def seek_to(self, tp: TP, offset: int) -> bool:
        """Seek; return whether the partition is still ours."""
        try:
            await self.call_thread(self._ensure_consumer().seek, there(tp), offset)
        except IllegalStateError:
            return False
        return True

    async def commit_offsets(self, offsets: Mapping[TP, Position], seconds_max: float) -> None:
        """Commit; raise what aiokafka raises, or TimeoutError."""
        theirs = {there(tp): OffsetAndMetadata(*position) for tp, position in offsets.items()}
        call = self.call_thread(self._ensure_consumer().commit, theirs)
        await asyncio.wait_for(call, seconds_max)

    async def committed_offsets(self, tps: Iterable[TP]) -> dict[TP, Position]:
        """Return the committed offsets of those partitions that have one, in one request."""
        coordinator = self._ensure_consumer()._coordinator
        asked = [there(tp) for tp in tps]
        found = await self.call_thread(coordinator.fetch_committed_offsets, asked)
        known = {TP(*tp): Position(it.offset, it.metadata) for tp, it in found.items()}
        return {tp: position for tp, position in known.items() if position.offset >= 0}

    async def log_bounds(self, tp: TP) -> tuple[int, int]:
        """Return the earliest offset of a partition, and the one after its last."""
        consumer, asked = self._ensure_consumer(), there(tp)
        starts = await self.call_thread(consumer.beginning_offsets, [asked])
        ends = await self.call_thread(consumer.end_offsets, [asked])
        return starts[asked], ends[asked]

    async def log_ends(self, tps: Iterable[TP]) -> dict[TP, int]:
        """Return the offset after the last one of each partition, in one request a broker."""
        asked = [there(tp) for tp in tps]
        if not asked:
            return {}
        ends = await self.call_thread(self._ensure_consumer().end_offsets, asked)
        return {TP(*tp): end for tp, end in ends.items()}

    async def broker_answers(self) -> bool:
        """Ask for metadata: is any broker there?"""
        client = self._ensure_consumer()._client
        return bool(await self.call_thread(client.force_metadata_update))

    def dead_task_reason(self) -> str | None:
        """Return which of aiokafka's tasks is over; safe to ask from another thread."""
        consumer = self._consumer
        if consumer is None or consumer._closed or consumer._fetcher is None:
            return None
        if consumer._fetcher._fetch_task.done():
            return "aiokafka's fetch task is over"
        if consumer._coordinator._coordination_task.done():
            return "aiokafka's coordination task is over"
        return None

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Let the main loop give up its partitions; go on without it when it does not."""
        try:
            await asyncio.wait_for(
                super().on_partitions_revoked(revoked), self.runtime.rebalance_seconds
            )
        except TimeoutError:
            log.warning("Partitions were not given up in time; they are revoked regardless.")

    async def on_thread_stop(self) -> None:
        """Leave the group and close, within a bound, whatever aiokafka raises on the way."""
        closing = asyncio.ensure_future(super().on_thread_stop())
        await asyncio.wait({closing}, timeout=CLOSE_SECONDS_MAX)
        # With a broker away, aiokafka cancels its own fetch and lets that out of `stop`.
        if not closing.done() or closing.cancelled() or closing.exception():
            log.warning("The consumer was not closed in good order.")

    def on_crash(self, msg: str, *fmt: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Log what mode would print with a stack; the worker's last line says why it ends."""
        log.debug("%s", msg.format(*fmt), exc_info=True)

    def close(self) -> None:
        """Do nothing: Faust would close aiokafka from the wrong loop; `on_thread_stop` does it."""
