"""A partition's life: FENCING, RESTORING, RUNNING, DRAINING. Only RUNNING ones are fetched.

Each partition is a task of its own with a short queue, so a slow one holds up no other. A
life belongs to one assignment and always seeks before it runs; what was read for another
life is of no use to it. Revoked before it runs, a life is cancelled and never drained.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from faust.types import TP

from agents.runtime.batch import AgentSpec, Batch, LogOffsets, joined
from agents.runtime.errors import HandlerFailed, WorkerError, place
from agents.runtime.offsets import SafeOffsets

log = logging.getLogger(__name__)

CANCEL_SECONDS_MAX = 2.0


class Phase(Enum):
    """Where a partition is in its life."""

    FENCING = "fencing"
    RESTORING = "restoring"
    RUNNING = "running"
    DRAINING = "draining"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a life needs of the worker around it."""

    log: LogOffsets
    safe: SafeOffsets
    seek: Callable[[TP, int], Awaitable[None]]
    failed: Callable[[BaseException], None]
    changed: asyncio.Event
    batches_max: int


class Partition:
    """One life of one partition."""

    def __init__(self, tp: TP, agent: AgentSpec, generation: int, around: Surroundings) -> None:
        self.tp = tp
        self.agent = agent
        self.generation = generation
        self.phase = Phase.FENCING
        self.next_offset = -1
        self._around = around
        self._lane: asyncio.Queue[Batch] = asyncio.Queue()
        self._waiting = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._busy_since: float | None = None
        self._torn = False
        self._task = asyncio.create_task(self._live(), name=place(tp))

    @property
    def has_room(self) -> bool:
        """Whether another batch may be fetched."""
        return self.phase is Phase.RUNNING and self._waiting < self._around.batches_max

    @property
    def busy_seconds(self) -> float:
        """For how long the batch in hand has been in hand."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    @property
    def is_busy(self) -> bool:
        """Whether batches are waiting or in hand."""
        return self._waiting > 0

    def expect(self, batch: Batch) -> None:
        """Take note that a batch is on its way: the partition goes on after it."""
        self._waiting += 1
        self.next_offset = batch.next_offset

    def put(self, batch: Batch) -> None:
        """Queue a batch that was expected."""
        self._lane.put_nowait(batch)

    async def end(self, seconds_max: float) -> None:
        """End this life: finish the batch in hand and drain, if it ran; else just stop."""
        ran = self.phase is Phase.RUNNING
        self.phase = Phase.DRAINING
        if ran:
            await self._drain(seconds_max)
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=CANCEL_SECONDS_MAX)

    async def _drain(self, seconds_max: float) -> None:
        try:
            async with asyncio.timeout(seconds_max):
                await self._idle.wait()
                if not self._torn:
                    await self.agent.drain(self.tp)
        except TimeoutError:
            log.warning("%s: not drained within %.0f s.", place(self.tp), seconds_max)
        except Exception as exc:  # a drain may fail: what it held is read again by the next owner
            log.warning("%s: drain raised %s: %s.", place(self.tp), type(exc).__name__, exc)

    async def _live(self) -> None:
        doing = "fence"
        try:
            await self.agent.fence(self.tp)
            doing, self.phase = "restore", Phase.RESTORING
            await self._restore()
            doing, self.phase = "handle", Phase.RUNNING
            self._around.changed.set()
            await self._run()
        except asyncio.CancelledError as exc:
            if self.phase is not Phase.DRAINING:  # not by `end`, so from within
                self._tear(HandlerFailed(self.tp, doing, exc))
            raise
        except Exception as exc:
            log.debug("%s: %s raised.", place(self.tp), doing, exc_info=True)
            self._tear(exc if isinstance(exc, WorkerError) else HandlerFailed(self.tp, doing, exc))
        finally:
            self._idle.set()

    def _tear(self, error: WorkerError) -> None:
        """A step broke off halfway: what this life holds must not be written anywhere."""
        self._torn = True
        self.phase = Phase.DRAINING
        self._around.failed(error)

    async def _restore(self) -> None:
        self.next_offset = await self.agent.restore(self.tp, self._around.log)
        self._around.safe.begin(self.tp, self.next_offset, self.generation)
        await self._around.seek(self.tp, self.next_offset)

    async def _run(self) -> None:
        while self.phase is Phase.RUNNING:
            batches = [await self._lane.get()]
            while not self._lane.empty():
                batches.append(self._lane.get_nowait())
            if self.phase is not Phase.RUNNING:
                return
            self._idle.clear()
            self._busy_since = time.monotonic()
            await self.agent.handle(joined(batches))
            self._busy_since = None
            self._idle.set()
            self._waiting -= len(batches)
            self._around.changed.set()


class Partitions:
    """Every partition this worker holds."""

    def __init__(self, agents: Iterable[AgentSpec], drain_seconds_max: float) -> None:
        self._agents = {agent.topic: agent for agent in agents}
        self._drain_seconds_max = drain_seconds_max
        self._held: dict[TP, Partition] = {}
        self._generation = 0

    def assign(self, tps: Iterable[TP], around: Surroundings) -> None:
        """Begin a new life for each partition; the former ones must have ended.

        Generations are counted here: the group's own does not move on when a static member
        comes back.
        """
        if self._held:
            raise AssertionError("partitions were assigned before the former ones ended")
        self._generation += 1
        for tp in tps:
            if tp.topic in self._agents:
                agent = self._agents[tp.topic]
                self._held[tp] = Partition(tp, agent, self._generation, around)

    async def end_all(self) -> None:
        """End every life, all at the same time, within the bound."""
        held, self._held = self._held, {}
        await asyncio.gather(*(life.end(self._drain_seconds_max) for life in held.values()))

    def fetchable(self) -> Mapping[TP, Partition]:
        """Return the partitions to fetch now: a copy, which stays as it is."""
        return {tp: life for tp, life in self._held.items() if life.has_room}

    def get(self, tp: TP) -> Partition | None:
        """Return the present life of a partition, if it is held."""
        return self._held.get(tp)

    def take(self, batch: Batch) -> None:
        """Hand a batch to its partition, unless that life is over."""
        life = self._held.get(batch.tp)
        if life is not None and life.generation == batch.generation:
            life.put(batch)

    def phases(self) -> dict[TP, Phase]:
        """Return where each held partition is in its life."""
        return {tp: life.phase for tp, life in self._held.items()}

    def busy_seconds(self) -> float:
        """Return for how long the slowest handler has had its batch."""
        held = list(self._held.values())  # the watchdog asks from its own thread
        return max((life.busy_seconds for life in held), default=0.0)
