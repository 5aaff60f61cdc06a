"""The Faust app: its settings pinned, its agents only handing batches to their partitions."""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any, cast

import faust
from faust.app.base import BootStrategy
from faust.types import TP
from mode import CrashingSupervisor
from yarl import URL

from agents.runtime.batch import AgentSpec, Batch
from agents.runtime.consumer import BatchConsumer
from agents.runtime.errors import StartOver, WorkerError
from agents.runtime.fetch import BatchFetcher
from agents.runtime.offsets import SafeOffsets
from agents.runtime.partitions import Partitions
from agents.runtime.pins import check_versions
from agents.runtime.settings import RuntimeSettings
from agents.runtime.transport import BatchTransport, NoTables


class ConsumerOnly(BootStrategy):
    """Faust's producer is not started: what is sent goes through `produce`."""

    enable_kafka_producer = False


class WorkerApp(faust.App):
    """A Faust app that delivers batches, and remembers why it must end."""

    BootStrategy = ConsumerOnly
    logger = logging.getLogger("faust.runtime")
    runtime: RuntimeSettings
    partitions: Partitions
    safe: SafeOffsets

    def equip(self, settings: RuntimeSettings, agents: Iterable[AgentSpec]) -> None:
        """Give the app what its transport looks for."""
        self.runtime = settings
        self.partitions = Partitions(agents, settings.drain_seconds_max)
        self.safe = SafeOffsets()
        self.failure: BaseException | None = None
        self.failed = asyncio.Event()
        self.broker_heard_at = time.monotonic()

    @property
    def broker_away_seconds(self) -> float:
        """For how long no broker has answered."""
        return time.monotonic() - self.broker_heard_at

    def fail(self, exc: BaseException) -> None:
        """End the worker for this reason; the first one counts."""
        if self.failure is None:
            self.failure = exc
            self.failed.set()

    def advance(self, tp: TP, next_offset: int, generation: int, note: str = "") -> bool:
        """Say that everything below `next_offset` is done; see `SafeOffsets.advance`."""
        return self.safe.advance(tp, next_offset, generation, note)

    def start_over(self, tp: TP, why: StartOver) -> None:
        """End the present life of a partition, and begin another from what is stored."""
        self.partitions.start_over(tp, why)

    @property
    def batches(self) -> BatchConsumer:
        """The consumer, as what it is."""
        return cast(BatchConsumer, self.consumer)

    @property
    def fetcher(self) -> BatchFetcher:
        """The delivery loop, as what it is."""
        return cast(BatchFetcher, self._fetcher)

    def _new_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> BatchTransport:
        return BatchTransport(self.conf.broker_producer, self)

    def _create_directories(self) -> None:
        """Make none: there is no Faust table to keep in one."""

    async def _producer_flush(self, logger: Any) -> None:
        """Do nothing: there is no Faust producer to flush."""


def make_app(settings: RuntimeSettings, agents: Sequence[AgentSpec]) -> WorkerApp:
    """Build the app of one worker.

    Args:
        settings: of the group and its connection.
        agents: at least one, each with a topic of its own, which must exist.

    Raises:
        ValueError: no agent, or two for one topic.
        VersionUnpinned: Faust, mode or aiokafka is not the version this was written against.
    """
    check_versions()
    topics = [agent.topic for agent in agents]
    if not topics or len(set(topics)) != len(topics):
        raise ValueError(f"agents read {topics}; give one agent for each topic, at least one")
    brokers = [URL(f"kafka://{broker}") for broker in settings.brokers]
    app = WorkerApp(
        settings.group,
        broker=brokers,
        autodiscover=False,
        # The assignor compares it with what the broker has cached for a static member.
        canonical_url=f"http://{settings.instance_id or 'worker'}",
        consumer_group_instance_id=settings.instance_id,
        processing_guarantee="at_least_once",
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=settings.commit_every_seconds,
        broker_session_timeout=settings.session_seconds,
        broker_rebalance_timeout=settings.rebalance_seconds,
        broker_request_timeout=max(90.0, settings.session_seconds),
        producer_acks=-1,
        producer_threaded=False,
        stream_wait_empty=True,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        store="memory://",
        agent_supervisor=CrashingSupervisor,
        TableManager=NoTables,
    )
    app.equip(settings, agents)
    for agent in agents:
        _add_agent(app, agent)
    return app


def _add_agent(app: WorkerApp, agent: AgentSpec) -> None:
    async def hand_over(stream: Any) -> None:
        """Hand each batch to its partition, and wait for nothing."""
        async for batch in stream:
            if not isinstance(batch, Batch):
                raise WorkerError(f"{agent.name} was handed {type(batch).__name__}, not a batch")
            app.partitions.take(batch)

    # acks=False: Faust tracks no message, and commits nothing of its own.
    topic = app.topic(agent.topic, acks=False)
    app.agent(topic, name=agent.name, concurrency=1)(hand_over)
