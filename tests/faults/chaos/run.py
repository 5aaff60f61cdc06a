"""One run, from the first event to the verdict."""

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from agents.broker.kafka import KafkaBroker
from agents.live_settings import LOG
from pipeline.settings import PipelineSettings
from schemas.alert import Alert
from tests.faults.chaos import changelog, read_back, verify
from tests.faults.chaos.changelog import Kept, kept
from tests.faults.chaos.faults import happen
from tests.faults.chaos.feed import feed
from tests.faults.chaos.plan import plan
from tests.faults.chaos.read_back import Logged
from tests.faults.chaos.result import Result
from tests.faults.chaos.scenario import Scenario
from tests.faults.chaos.stage import BROKER, ChaosError, Stage
from tests.faults.chaos.standing import Place, Standing, Stands, Stillness, behind

LOOK_SECONDS: Final = 1.0


async def run(scenario: Scenario, folder: Path) -> Result:
    """Run a scenario; whatever goes wrong is in the result.

    Args:
        scenario: what to run.
        folder: empty; logs, dumps and the broker's data are left in it.
    """
    result = Result(scenario.seed)
    broker = KafkaBroker(folder / "kafka", settings=BROKER)
    stage = Stage(scenario, folder, broker, result)
    try:
        await asyncio.to_thread(broker.start)
        try:
            async with asyncio.timeout(scenario.seconds_max):
                await play(stage)
        except TimeoutError:
            told = await _told(stage)
            raise ChaosError(f"not over in {scenario.seconds_max:.0f} s; {told}") from None
        for what, lines in (await differences(stage)).items():
            stage.say(f"{what}: {'differs' if lines else 'as it should be'}")
            for line in verify.first(what, lines):
                stage.fail(line)
    except Exception as error:
        # A harness that fails is a failed run too, and the next seed has its turn.
        for each in _leaves(error):
            stage.fail(f"{type(each).__name__}: {each}")
    finally:
        stage.close()
        stage.tell_of_tracebacks()
        result.seconds = time.monotonic() - stage.began_at
    return result


async def play(stage: Stage) -> None:
    """Send the events while the faults happen; return when all is read, folded and stopped."""
    await stage.make_topics()
    for _ in range(stage.scenario.workers):
        stage.new_worker()
    faults = plan(stage.scenario)
    for fault in faults:
        stage.say(f"planned: at {fault.at_seconds:g} s {fault}")
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(stage.supervise())
        settling = group.create_task(settle(stage, over))
        feeding = group.create_task(feed(stage.scenario, stage.broker.bootstrap))
        await happen(stage, faults)
        stage.result.events = await feeding
        stage.say(f"{stage.result.events:,} events are sent and all faults are over")
        over.set()
        await settling
        keeping.cancel()
    await asyncio.gather(*(stage.stop(worker) for worker in stage.workers))
    stage.say("all workers have stopped")


async def settle(stage: Stage, over: asyncio.Event) -> None:
    """Look on until all is read and folded once it is over; nothing may stand still meanwhile."""
    standing, stillness = Standing(stage.scenario, stage.settings), Stillness()
    goal: Mapping[Place, Stands] = {}
    deadline = float("inf")
    while time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)  # between two looks
        if over.is_set():
            deadline = min(deadline, time.monotonic() + stage.scenario.settle_seconds_max)
        found = await standing.look()
        if found is None or stage.broker_lock.locked():
            continue
        has_headers = bool(standing.headers)
        moving = {place: at for place, at in found.items() if has_headers or place[0] != LOG}
        stuck = list(stillness.stuck(moving, stage.calm_since, stage.scenario.stuck_seconds_max))
        if stuck:
            raise ChaosError(f"stuck: {'; '.join(stuck)}; {await _told(stage)}")
        if over.is_set() and not behind(found, stage.settings.sources):
            # The log grows by a tick a second for ever: what is there now has to be folded.
            goal = goal or {place: at for place, at in found.items() if place[0] == LOG}
            if all(found[place].position >= at.end for place, at in goal.items()):
                return
    left = behind(found or {}, [*stage.settings.sources, LOG])
    stage.fail(f"not settled in {stage.scenario.settle_seconds_max:.0f} s: {'; '.join(left)}")


async def differences(stage: Stage) -> dict[str, list[str]]:
    """Return in what the topics are not as they should be, by what was compared."""
    settings = stage.settings
    core = settings.pipeline()
    expected, logs = await read_back.expected_log(settings), await read_back.logged(settings)
    changelogs, sent = await read_back.compacted(settings), await read_back.alerts(settings)
    found: dict[str, list[str]] = {"log": [], "tables": [], "alerts": []}
    folded: list[Alert] = []
    for partition, logged in enumerate(logs):
        stage.result.duplicates += len(verify.without_copies(logged.activities)[1])
        found["log"] += verify.log_differences(partition, logged.activities, expected[partition])
        if logged.unreadable:
            found["log"].append(f"log[{partition}]: {logged.unreadable} records are unreadable")
        there = _kept(core, partition, changelogs[partition])
        until = there.next_offset if there else None
        dump = read_back.dumped(logged, stage.folder / f"log-{partition}.jsonl")
        table, alerts = read_back.replayed(core, partition, dump, until)
        folded += alerts
        stage.result.customers += len(table)
        found["tables"] += _table_differences(partition, logged, there, kept(table, until or 0))
    stage.result.alerts = len(sent)
    found["alerts"] += verify.alert_differences(sent, folded)
    return found


def _kept(
    settings: PipelineSettings, partition: int, compacted: Mapping[bytes, bytes]
) -> Kept | None:
    read = changelog.read_table(settings, LOG, partition, compacted)
    return None if read is None else kept(*read)


def _table_differences(
    partition: int, logged: Logged, there: Kept | None, folded: Kept
) -> list[str]:
    if there is None:
        return [f"{changelog.TOPIC}[{partition}] has no header"]
    later = logged.activities_from(there.next_offset)
    unfolded = [f"log[{partition}]: {later} activities after the header's offset"] * bool(later)
    return [*unfolded, *verify.table_differences(partition, there, folded)]


async def _told(stage: Stage) -> str:
    """Return what the workers say of themselves."""
    said = [f"{w.name}: {(await w.get('/ready') or 'no answer').strip()}" for w in stage.workers]
    return ", ".join(said)


def _leaves(error: Exception) -> list[Exception]:
    if isinstance(error, ExceptionGroup):
        return [leaf for each in error.exceptions for leaf in _leaves(each)]
    return [error]
