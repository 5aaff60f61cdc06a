"""A batch: records of one partition, in order, and the offset that comes after them.

An offset here has one meaning: the next one to read. It may be above the last record's by
more than one: compaction and transaction markers leave holes, and those are passed too.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from aiokafka import ConsumerRecord
from faust.types import TP

from agents.runtime.errors import OffsetsLost, place
from agents.runtime.offsets import Position

RECORD_BYTES: Final = 500  # of a record in memory, beside its value


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Records of one partition, as they came from the broker.

    Attributes:
        records: raw records with increasing offsets; none where only markers were passed.
        next_offset: where the partition goes on; safe once all of the batch is done.
        generation: counts the lives of this worker's partitions; a batch is of use only in its own.
        log_end: where the partition ended when this was fetched; 0: not known.
    """

    topic: str
    partition: int
    records: Sequence["ConsumerRecord[bytes, bytes]"]
    next_offset: int
    generation: int
    log_end: int = 0

    @property
    def tp(self) -> TP:
        """The partition, as Faust writes it."""
        return TP(self.topic, self.partition)

    @property
    def nbytes(self) -> int:
        """Bytes it takes in memory, about."""
        return sum(len(each.value or b"") + RECORD_BYTES for each in self.records)


def joined(batches: Sequence[Batch]) -> Batch:
    """Return batches of one life, one after another, as one."""
    if len(batches) == 1:
        return batches[0]
    first, last = batches[0], batches[-1]
    records = [record for batch in batches for record in batch.records]
    return Batch(
        first.topic, first.partition, records, last.next_offset, first.generation, last.log_end
    )


@dataclass(frozen=True, slots=True)
class Jump:
    """A partition does not go on at the offset that was expected.

    Attributes:
        expected: the next offset, by what was read so far.
        found: the offset of what came instead; below `expected`, the topic was made anew.
        log_start: the earliest offset the broker still has.
        log_end: the offset the broker gives to the next record.
    """

    tp: TP
    expected: int
    found: int
    log_start: int
    log_end: int


class LogOffsets(Protocol):
    """What the broker knows of a partition's offsets."""

    async def committed(self, tp: TP) -> Position | None:
        """Return where the group is committed to go on, None if it never committed."""

    async def beginning(self, tp: TP) -> int:
        """Return the earliest offset the broker has."""

    async def end(self, tp: TP) -> int:
        """Return the offset the next record will get."""


Handle = Callable[[Batch], Awaitable[None]]
Hook = Callable[[TP], Awaitable[None]]
Restore = Callable[[TP, LogOffsets], Awaitable[int]]
Keep = Callable[[frozenset[TP]], Awaitable[None]]
OnJump = Callable[[Jump], int]


async def from_committed(tp: TP, log: LogOffsets) -> int:
    """Go on at the group's committed offset, or else at the beginning of the log."""
    committed = await log.committed(tp)
    return await log.beginning(tp) if committed is None else committed.offset


async def from_beginning(tp: TP, log: LogOffsets) -> int:
    """Read the whole log again."""
    return await log.beginning(tp)


async def nothing(tp: TP) -> None:
    """Have nothing to fence, to drain, or to drop."""


async def keep_nothing(tps: frozenset[TP]) -> None:
    """Have nothing kept from one assignment to the next."""


def stop_on_loss(jump: Jump) -> int:
    """Pass holes; refuse a log that lost what was not read, or that was made anew.

    Returns:
        The offset to go on at.

    Raises:
        OffsetsLost: records were deleted unread, or offsets went back.
    """
    if jump.found < jump.expected:
        raise OffsetsLost(
            f"{place(jump.tp)}: expected offset {jump.expected}, the log goes on at {jump.found} "
            f"and ends at {jump.log_end}: the topic was deleted and made anew"
        )
    if jump.log_start > jump.expected:
        raise OffsetsLost(
            f"{place(jump.tp)}: expected offset {jump.expected}, the log starts at "
            f"{jump.log_start}: {jump.log_start - jump.expected} records were deleted unread"
        )
    return jump.found


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    """One agent: the functions that make up the life of each of its partitions.

    Attributes:
        name: names the agent in logs.
        topic: the one topic it reads.
        handle: does one batch; batches of a partition never overlap, partitions do. Like `fence`
            and `restore` it may raise `StartOver`.
        fence: shuts out a former owner, before anything is read.
        restore: rebuilds the state and says where to go on.
        ending: told, first of all, that the partition is to be given up: be quick about it.
        drain: writes out what is pending; called when the partition leaves in good order.
        drop: lets go of everything; called when a life ends in any other way.
        keep: after an assignment, lets go of what was kept of partitions that are not among these.
        on_jump: says where to go on when the offsets are not the expected ones.
    """

    name: str
    topic: str
    handle: Handle
    fence: Hook = nothing
    restore: Restore = from_committed
    ending: Callable[[TP], None] = lambda _: None
    drain: Hook = nothing
    drop: Hook = nothing
    keep: Keep = keep_nothing
    on_jump: OnJump = field(default=stop_on_loss)
