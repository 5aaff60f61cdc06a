"""What each fault does. Workers and broker are back when it returns."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Final

from tests.faults.chaos.plan import Fault, Kind
from tests.faults.chaos.stage import Stage

UP_SECONDS_MAX: Final = 15.0
RESTORE_SECONDS_MAX: Final = 20.0
READY_SECONDS_MAX: Final = 60.0
RESTORING: Final = "not running yet: "


async def happen(stage: Stage, faults: list[Fault]) -> None:
    """Let all faults happen, each at its time from now; they may overlap."""
    began = time.monotonic()

    async def one(fault: Fault) -> None:
        # The passing of time is the point: the moment is the plan's.
        await asyncio.sleep(max(began + fault.at_seconds - time.monotonic(), 0))
        stage.say(str(fault))
        await FAULTS[fault.kind](stage, fault)
        stage.result.faults[fault.kind] += 1

    async with asyncio.TaskGroup() as group:
        for fault in faults:
            group.create_task(one(fault))


async def kill(stage: Stage, fault: Fault) -> None:
    """SIGKILL, and a new start."""
    worker = stage.workers[fault.worker]
    async with stage.hold(worker):
        await worker.until_up(UP_SECONDS_MAX)
        worker.process.kill()
        stage.restart(worker)


async def kill_restoring(stage: Stage, fault: Fault) -> None:
    """SIGKILL, and another one while the next life still restores its partitions."""
    worker = stage.workers[fault.worker]
    async with stage.hold(worker):
        worker.process.kill()
        stage.restart(worker)
        page = ""
        deadline = time.monotonic() + RESTORE_SECONDS_MAX
        while not page.startswith(RESTORING) and time.monotonic() < deadline:
            await asyncio.sleep(0.01)  # between two looks
            page = await worker.get("/ready") or ""
        if not page.startswith(RESTORING):
            stage.say(f"{worker.name} was not seen restoring within {RESTORE_SECONDS_MAX:.0f} s")
        worker.process.kill()
        stage.restart(worker)


async def term(stage: Stage, fault: Fault) -> None:
    """SIGTERM, which it obeys in time, and a new start."""
    worker = stage.workers[fault.worker]
    async with stage.hold(worker):
        await stage.terminate(worker)
        stage.restart(worker)


async def freeze(stage: Stage, fault: Fault) -> None:
    """SIGSTOP until its session is over and others have its partitions, then SIGCONT."""
    worker = stage.workers[fault.worker]
    async with stage.hold(worker):
        await worker.until_up(UP_SECONDS_MAX)
        worker.process.send(signal.SIGSTOP)
        await asyncio.sleep(fault.seconds)  # the passing of time is the point
        worker.process.send(signal.SIGCONT)


async def broker_restart(stage: Stage, fault: Fault) -> None:
    """Stop the broker, or kill it, and start it again at once."""
    async with stage.hold_broker():
        if fault.is_hard:
            stage.broker.kill()
        await asyncio.to_thread(stage.broker.restart)


async def broker_away(stage: Stage, fault: Fault) -> None:
    """Let nobody reach the broker: refused if it is gone, unanswered if it is frozen."""
    async with stage.hold_broker():
        if fault.is_hard:
            stage.broker.kill()
        else:
            stage.broker.pause()
        await asyncio.sleep(fault.seconds)  # the passing of time is the point
        if fault.is_hard:
            await asyncio.to_thread(stage.broker.restart)
        else:
            stage.broker.resume()


async def rebalance(stage: Stage, fault: Fault) -> None:
    """Let one more worker join, which moves partitions, and leave again, which moves them back."""
    worker = stage.new_worker()
    async with stage.hold(worker):
        await worker.until_up(READY_SECONDS_MAX)
        await asyncio.sleep(fault.seconds)  # the passing of time is the point
        await stage.terminate(worker)
        stage.workers.remove(worker)


FAULTS: Final[dict[Kind, Callable[[Stage, Fault], Awaitable[None]]]] = {
    Kind.KILL: kill,
    Kind.KILL_RESTORING: kill_restoring,
    Kind.TERM: term,
    Kind.FREEZE: freeze,
    Kind.BROKER_RESTART: broker_restart,
    Kind.BROKER_AWAY: broker_away,
    Kind.REBALANCE: rebalance,
}
