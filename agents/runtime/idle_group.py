"""Changing what a group has committed, which only works while nobody is in it.

A commit from outside the group is refused by the broker as long as a worker is a member, so it
is also the question whether all workers have stopped.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, OffsetAndMetadata
from aiokafka.errors import KafkaError
from faust.types import TP

from agents.runtime.connecting import whole
from agents.runtime.errors import AgentError
from agents.runtime.offsets import Position
from agents.runtime.settings import RuntimeSettings
from agents.runtime.thread import there


class GroupIsBusy(AgentError):  # noqa: N818 - as the others of its tree
    """A worker is running."""

    def __init__(self, group: str, brokers: str) -> None:
        super().__init__(f"a worker of group {group} is running on {brokers}; stop all workers")


class IdleGroup:
    """The committed offsets of a group that has no members."""

    def __init__(self, consumer: AIOKafkaConsumer, settings: RuntimeSettings) -> None:
        self._consumer = consumer
        self._settings = settings

    async def committed(self, tp: TP) -> Position | None:
        """Return where the group goes on, None if it never committed."""
        known = await self._consumer._coordinator.fetch_committed_offsets([there(tp)])
        found = known.get(there(tp))
        return None if found is None or found.offset < 0 else Position(found.offset, found.metadata)

    async def beginning(self, tp: TP) -> int:
        """Return the earliest offset of a partition."""
        starts = await self._consumer.beginning_offsets([there(tp)])
        return int(starts[there(tp)])

    async def end(self, tp: TP) -> int:
        """Return the offset after the last one of a partition."""
        ends = await self._consumer.end_offsets([there(tp)])
        return int(ends[there(tp)])

    async def commit(self, tp: TP, position: Position) -> None:
        """Commit a position.

        Raises:
            GroupIsBusy: a worker is running.
        """
        try:
            await self._consumer.commit({there(tp): OffsetAndMetadata(*position)})
        except KafkaError as exc:
            raise GroupIsBusy(self._settings.group, self._settings.broker_list) from exc


@asynccontextmanager
async def idle_group(settings: RuntimeSettings, tps: Iterable[TP]) -> AsyncIterator[IdleGroup]:
    """Give the committed offsets of a group, once it is sure that it has no members.

    Raises:
        GroupIsBusy: a worker is running.
    """
    held = list(tps)
    consumer = AIOKafkaConsumer(
        bootstrap_servers=list(settings.brokers),
        group_id=settings.group,
        enable_auto_commit=False,
        **settings.security,
    )
    try:
        await whole(consumer.start())
        consumer.assign([there(tp) for tp in held])
        group = IdleGroup(consumer, settings)
        first = held[0]
        known = await group.committed(first) or Position(await group.beginning(first))
        await group.commit(first, known)
        yield group
    finally:
        await consumer.stop()
