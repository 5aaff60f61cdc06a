"""The tick: once a second, how far each source partition has been read goes into the log.

`live_at` is the wall clock taken before the broker was asked for the end, and only if all up to
that end is acknowledged: so no event from before it can be missing from the log.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Self

from aiokafka.errors import KafkaError
from faust.types import TP

from agents import metrics
from agents.live.alignment import Alignment
from agents.live.intake import Intake
from agents.live.watch import Watch
from agents.live_settings import LOG
from agents.runtime.app import WorkerApp
from agents.runtime.life import Phase
from agents.runtime.produce import Outbox
from schemas.progress import Progress, SourceProgress


class Ticker:
    """Writes Progress, and keeps the gauges that only a tick can know."""

    def __init__(
        self,
        app: WorkerApp,
        intakes: Mapping[str, Intake],
        watch: Watch,
        log: str,
        outbox: Outbox,
        alignment: Alignment,
        tick_seconds: float,
    ) -> None:
        self._app = app
        self._intakes = intakes  # by topic
        self._watch = watch
        self._log = log
        self._outbox = outbox
        self._alignment = alignment
        self._tick_seconds = tick_seconds
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._tick_seconds)
            try:
                await self._tick()
            except (KafkaError, TimeoutError):
                continue  # the broker is away: the runtime sees to that
            except Exception as error:
                self._app.fail(error)
                return

    async def _tick(self) -> None:
        phases = self._app.partitions.phases()
        running = [tp for tp, phase in phases.items() if phase is Phase.RUNNING]
        _count(phases, [*self._intakes, self._log])
        now_ms = time.time_ns() // 1_000_000
        # Asked for before the ends are: so nothing can have been read beyond them.
        known = {tp: self._known(tp) for tp in running if tp.topic in self._intakes}
        ends = await self._app.batches.ends(running)
        for tp, read in known.items():
            self._intakes[tp.topic].expect(tp, read, ends.get(tp, read))
        self._lag(ends)
        reports = [
            report
            for tp in running
            if (report := self._report(tp, ends.get(tp), now_ms)) is not None
        ]
        if reports:
            some = next(iter(self._intakes.values()))
            await self._outbox.send(some.everywhere(Progress(reports)))

    def _known(self, tp: TP) -> int:
        """Return up to which offset the fold knows a source partition."""
        return self._watch.source_offset(self._intakes[tp.topic].source.topic, tp.partition)

    def _report(self, tp: TP, end: int | None, now_ms: int) -> SourceProgress | None:
        intake = self._intakes.get(tp.topic)
        if intake is None or end is None:
            return None
        reading = intake.readings.get(tp)
        caught_up = reading is not None and reading.next_offset >= end
        metrics.INTAKE_CAUGHT_UP.labels(intake.source.topic, tp.partition).set(caught_up)
        return intake.progress(tp, now_ms if caught_up else 0)

    def _lag(self, ends: Mapping[TP, int]) -> None:
        for tp, end in ends.items():
            if tp.topic == self._log:
                folded = self._watch.next_offset(tp.partition)
                behind = 0 if folded is None else max(end - folded, 0)
                self._alignment.behind(tp.partition, behind)
                metrics.WORKER_LAG.labels(LOG, tp.partition).set(behind)
            elif (intake := self._intakes.get(tp.topic)) and (reading := intake.readings.get(tp)):
                lag = max(end - reading.next_offset, 0)
                metrics.WORKER_LAG.labels(intake.source.topic, tp.partition).set(lag)


def _count(phases: Mapping[TP, Phase], topics: Sequence[str]) -> None:
    for topic in topics:
        for phase in Phase:
            held = sum(1 for tp, is_in in phases.items() if tp.topic == topic and is_in is phase)
            metrics.WORKER_PARTITIONS.labels(topic, phase.value).set(held)
