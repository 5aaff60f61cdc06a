"""What each fault does. Workers and broker are back when it returns, with what has happened."""

import asyncio
import re
import signal
import time
from collections.abc import Awaitable, Callable
from typing import Final

from tests.faults.chaos.plan import Fault, Kind
from tests.faults.chaos.stage import UP_SECONDS_MAX, Stage
from tests.faults.chaos.worker import Worker

RESTORE_SECONDS_MAX: Final = 30.0
READY_SECONDS_MAX: Final = 60.0
RESTORING: Final = "not running yet: "
RUNNING: Final = re.compile(r'^churnwatch_worker_partitions{.*"running".*} [1-9]', re.MULTILINE)


async def happen(stage: Stage, faults: list[Fault]) -> None:
    """Let all faults happen, each at its time from now; they may overlap."""
    began = time.monotonic()

    async def one(fault: Fault) -> None:
        # The passing of time is the point: the moment is the plan's.
        await asyncio.sleep(max(began + fault.at_seconds - time.monotonic(), 0))
        stage.say(str(fault))
        happened = await FAULTS[fault.kind](stage, fault)
        stage.result.faults[happened] += 1

    async with asyncio.TaskGroup() as group:
        for fault in faults:
            group.create_task(one(fault))


async def kill(stage: Stage, fault: Fault) -> Kind:
    """SIGKILL, and a new start."""
    worker = stage.workers[fault.worker]
    async with stage.hold(worker):
        await worker.until_up(UP_SECONDS_MAX)
        worker.process.kill()
        stage.restart(worker)
    return Kind.KILL


async def kill_restoring(stage: Stage, fault: Fault) -> Kind:
    """SIGKILL, and another one while the next life still restores its partitions."""
    worker = stage.workers[fault.worker]
    async with stage.hold(worker):
        worker.process.kill()
        stage.restart(worker)
        is_caught = await _until_restoring(worker)
        worker.process.kill()
        stage.restart(worker)
    if not is_caught:
        stage.say(f"{worker.name} was killed twice, but not seen restoring")
    return Kind.KILL_RESTORING if is_caught else Kind.KILL


async def _until_restoring(worker: Worker) -> bool:
    """Wait until a worker restores; return whether it was seen doing so."""
    deadline = time.monotonic() + RESTORE_SECONDS_MAX
    while time.monotonic() < deadline:
        await asyncio.sleep(0.01)  # between two looks
        if (await worker.get("/ready") or "").startswith(RESTORING):
            return True
        if RUNNING.search(await worker.get("/metrics") or ""):
            return False
    return False


async def term(stage: Stage, fault: Fault) -> Kind:
    """SIGTERM, which it obeys in time, and a new start."""
    worker = stage.workers[fault.worker]
    async with stage.hold(worker):
        await stage.terminate(worker)
        stage.restart(worker)
    return Kind.TERM


async def freeze(stage: Stage, fault: Fault) -> Kind:
    """SIGSTOP until its session is over and others have its partitions, then SIGCONT."""
    worker = stage.workers[fault.worker]
    async with stage.hold(worker):
        await worker.until_up(UP_SECONDS_MAX)
        worker.process.send(signal.SIGSTOP)
        await asyncio.sleep(fault.seconds)  # the passing of time is the point
        worker.process.send(signal.SIGCONT)
    return Kind.FREEZE


async def broker_restart(stage: Stage, fault: Fault) -> Kind:
    """Stop the broker, or kill it, and start it again at once."""
    async with stage.hold_broker():
        if fault.is_hard:
            stage.broker.kill()
        await asyncio.to_thread(stage.broker.restart)
    return Kind.BROKER_RESTART


async def broker_away(stage: Stage, fault: Fault) -> Kind:
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
    return Kind.BROKER_AWAY


async def rebalance(stage: Stage, fault: Fault) -> Kind:
    """Let one more worker join, which moves partitions, and leave again, which moves them back."""
    worker = stage.new_worker()
    async with stage.hold(worker):
        await worker.until_up(READY_SECONDS_MAX)
        await asyncio.sleep(fault.seconds)  # the passing of time is the point
        await stage.terminate(worker)
        stage.workers.remove(worker)
    return Kind.REBALANCE


FAULTS: Final[dict[Kind, Callable[[Stage, Fault], Awaitable[Kind]]]] = {
    Kind.KILL: kill,
    Kind.KILL_RESTORING: kill_restoring,
    Kind.TERM: term,
    Kind.FREEZE: freeze,
    Kind.BROKER_RESTART: broker_restart,
    Kind.BROKER_AWAY: broker_away,
    Kind.REBALANCE: rebalance,
}
