"""A partition's life: FENCING, RESTORING, RUNNING, DRAINING. Only RUNNING ones are fetched.

Each partition is a task of its own with a short queue, so a slow one holds up no other. A
life always seeks before it runs; what was read for another life is of no use to it. Revoked before
it runs, a life is cancelled and never drained. A life whose state is not to be trusted any more is
over, and another begins in its place from what is stored.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from faust.types import TP

from agents.runtime.batch import AgentSpec, Batch, LogOffsets, joined
from agents.runtime.errors import HandlerFailed, StartOver, WorkerError, place
from agents.runtime.offsets import SafeOffsets

log = logging.getLogger(__name__)

CANCEL_SECONDS_MAX = 2.0
PAUSE_SECONDS, PAUSE_SECONDS_MAX = 0.1, 5.0  # before a life that follows a broken one; doubled
BROKEN_MAX = 10  # lives that break one after another, none of them a good one
GOOD_LIFE_SECONDS = 60.0
MEMBER_SECONDS = 1.0  # between two questions whether a partition is ours


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
    still_ours: Callable[[TP], Awaitable[bool]]
    changed: asyncio.Event
    bytes_max: int


class Partition:
    """One life of one partition."""

    def __init__(
        self,
        tp: TP,
        agent: AgentSpec,
        generation: int,
        around: Surroundings,
        follow: "Callable[[Partition], None]",
        former: "Partition | None" = None,
    ) -> None:
        self.tp = tp
        self.agent = agent
        self.generation = generation
        self.around = around
        self.phase = Phase.FENCING
        self.next_offset = -1
        self.broken: int = 0 if former is None or former.was_good else former.broken + 1
        self._follow = follow
        self._former = former
        self._lane: asyncio.Queue[Batch] = asyncio.Queue()
        self._waiting = 0
        self._waiting_bytes = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._running_since: float | None = None
        self._busy_since: float | None = None
        self._torn = False
        self._task = asyncio.create_task(self._live(), name=place(tp))

    @property
    def has_room(self) -> bool:
        """Whether another batch may be fetched."""
        return self.phase is Phase.RUNNING and self._waiting_bytes < self.around.bytes_max

    @property
    def busy_seconds(self) -> float:
        """For how long the batch in hand has been in hand."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    @property
    def is_busy(self) -> bool:
        """Whether batches are waiting or in hand."""
        return self._waiting > 0

    @property
    def was_good(self) -> bool:
        """Whether it ran for long enough that what broke it is not at its beginning."""
        since = self._running_since
        return since is not None and time.monotonic() - since > GOOD_LIFE_SECONDS

    def expect(self, batch: Batch) -> None:
        """Take note that a batch is on its way: the partition goes on after it."""
        self._waiting += 1
        self._waiting_bytes += batch.nbytes
        self.next_offset = batch.next_offset

    def put(self, batch: Batch) -> None:
        """Queue a batch that was expected."""
        self._lane.put_nowait(batch)

    async def end(self, seconds_max: float) -> None:
        """End this life: finish the batch in hand and drain, if it ran; else just stop."""
        ran = self.phase is Phase.RUNNING
        self.phase = Phase.DRAINING
        self.agent.ending(self.tp)
        drained = ran and await self._drain(seconds_max)
        await self._stop()
        await self._bury_former()
        if not drained:
            await self._drop()

    async def _stop(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task}, timeout=CANCEL_SECONDS_MAX)

    async def _bury_former(self) -> None:
        """See to it that the life before this one does nothing any more."""
        if self._former is not None:
            await self._former._stop()
            await self._drop()
            self._former = None

    def start_over(self, why: StartOver) -> None:
        """End this life, undrained, and have another one follow."""
        if self.phase is Phase.DRAINING:
            return
        self.phase = Phase.DRAINING
        self._torn = True
        log.warning("%s: starts over: %s.", place(self.tp), why)
        if self.broken >= BROKEN_MAX:
            self.around.failed(
                WorkerError(f"{place(self.tp)}: started over {self.broken} times in a row: {why}")
            )
        else:
            self._follow(self)

    async def _drain(self, seconds_max: float) -> bool:
        """Return whether all that was pending is written."""
        try:
            async with asyncio.timeout(seconds_max):
                await self._idle.wait()
                if self._torn:
                    return False
                await self.agent.drain(self.tp)
        except TimeoutError:
            log.warning("%s: not drained within %.0f s.", place(self.tp), seconds_max)
        except Exception as exc:  # a drain may fail: what it held is read again by the next owner
            log.warning("%s: drain raised %s: %s.", place(self.tp), type(exc).__name__, exc)
        else:
            return True
        return False

    async def _drop(self) -> None:
        try:
            async with asyncio.timeout(CANCEL_SECONDS_MAX):
                await self.agent.drop(self.tp)
        except Exception as exc:
            log.warning("%s: drop raised %s: %s.", place(self.tp), type(exc).__name__, exc)

    async def _live(self) -> None:
        doing = "fence"
        try:
            if self._former is not None:
                await self._succeed()
            await self.agent.fence(self.tp)
            doing, self.phase = "restore", Phase.RESTORING
            await self._restore()
            doing, self.phase = "handle", Phase.RUNNING
            self._running_since = time.monotonic()
            self.around.changed.set()
            await self._run()
        except asyncio.CancelledError as exc:
            if self.phase is not Phase.DRAINING:  # not by `end`, so from within
                self._tear(HandlerFailed(self.tp, doing, exc))
            raise
        except StartOver as exc:
            self.start_over(exc)
        except Exception as exc:
            log.debug("%s: %s raised.", place(self.tp), doing, exc_info=True)
            self._tear(exc if isinstance(exc, WorkerError) else HandlerFailed(self.tp, doing, exc))
        finally:
            self._idle.set()

    async def _succeed(self) -> None:
        """Wait until a broken life is over, and the broker says that the partition is ours."""
        await self._bury_former()
        await asyncio.sleep(min(PAUSE_SECONDS * 2**self.broken, PAUSE_SECONDS_MAX))
        # Fenced may mean that another worker has it: to take it back would only fence that one.
        while not await self.around.still_ours(self.tp):
            await asyncio.sleep(MEMBER_SECONDS)

    def _tear(self, error: WorkerError) -> None:
        """A step broke off halfway: what this life holds must not be written anywhere."""
        self._torn = True
        self.phase = Phase.DRAINING
        self.around.failed(error)

    async def _restore(self) -> None:
        self.next_offset = await self.agent.restore(self.tp, self.around.log)
        self.around.safe.begin(self.tp, self.next_offset, self.generation)
        await self.around.seek(self.tp, self.next_offset)

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
            self._waiting_bytes -= sum(batch.nbytes for batch in batches)
            self.around.changed.set()
