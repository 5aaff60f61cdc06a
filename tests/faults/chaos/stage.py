"""The stage of one run: its broker, its workers, and whoever acts on them, one at a time each."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agents.broker.kafka import KafkaBroker
from agents.commands import topics
from agents.settings import Settings, load_settings
from tests.faults.chaos.changelog import TOPIC
from tests.faults.chaos.result import Result
from tests.faults.chaos.scenario import LOG_PARTITIONS, Scenario
from tests.faults.chaos.worker import ENDS_BY_ITSELF, Worker
from tests.live.kafka import Kafka

UP_SECONDS_MAX: Final = 15.0
STOP_SECONDS_MAX: Final = 40.0  # a worker gives itself 25
LOOK_SECONDS: Final = 0.1
LIVES_MAX: Final = 30  # of a worker: faults, and ends with a word on why
# Small segments and an eager cleaner: the changelog is compacted while it is written and read.
BROKER: Final = {"log.cleaner.backoff.ms": "1000"}
COMPACTED: Final = {
    "cleanup.policy": "compact",
    "min.cleanable.dirty.ratio": "0.1",
    "segment.bytes": str(1 << 20),
}


class ChaosError(AssertionError):
    """The run cannot go on: something did not happen within its bound."""


@dataclass
class Stage:
    """Everything that runs, and what is noted of it.

    Attributes:
        workers: that are to run.
        everyone: they, and those that have left.
        troubles: how often the broker has been in trouble.
        calm_since: on the monotonic clock, when the last fault ended.
    """

    scenario: Scenario
    folder: Path
    broker: KafkaBroker
    result: Result
    workers: list[Worker] = field(default_factory=list)
    everyone: list[Worker] = field(default_factory=list)
    broker_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    troubles: int = 0
    calm_since: float = 0.0
    began_at: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        """Tell what happens, and when."""
        sys.stdout.write(f"{time.monotonic() - self.began_at:7.1f} s  {line}\n")
        sys.stdout.flush()

    def fail(self, line: str) -> None:
        """Note what must not be."""
        self.result.failures.append(line)
        self.say(f"FAILED: {line}")

    def calm(self) -> None:
        """Note that a fault is over: from now on there is no excuse for standing still."""
        self.calm_since = time.monotonic()

    def new_worker(self) -> Worker:
        """Make another worker, and start it."""
        name = f"w{len(self.everyone) + 1}"
        worker = Worker(name, self.folder, self.scenario, self.broker.bootstrap)
        worker.start()
        self.workers.append(worker)
        self.everyone.append(worker)
        return worker

    @property
    def settings(self) -> Settings:
        """The settings of all workers, the first one's name and port apart."""
        return load_settings(self.workers[0].settings_path)

    async def make_topics(self) -> None:
        """Make all topics, the changelog first, the rest as `churnwatch topics create` does."""
        kafka = Kafka(self.broker.bootstrap)
        await asyncio.to_thread(kafka.make_topic, TOPIC, LOG_PARTITIONS, **COMPACTED)
        path = Worker("topics", self.folder, self.scenario, self.broker.bootstrap).settings_path
        await asyncio.to_thread(topics.create, load_settings(path), None, apply=True)

    @asynccontextmanager
    async def hold(self, worker: Worker) -> AsyncIterator[None]:
        """Have a worker to oneself, alive."""
        async with worker.lock:
            self.revive(worker)
            yield
            self.calm()

    @asynccontextmanager
    async def hold_broker(self) -> AsyncIterator[None]:
        """Have the broker to oneself, and let everyone else know that it is in trouble."""
        async with self.broker_lock:
            self.troubles += 1
            yield
            self.calm()

    def revive(self, worker: Worker) -> None:
        """Start a worker again that has ended by itself, once that is judged."""
        code = worker.process.exit_code
        if code is not None:
            self.judge(worker, code)
            self.restart(worker)

    def restart(self, worker: Worker) -> None:
        """Start a worker again that is gone."""
        if worker.lives >= LIVES_MAX:
            raise ChaosError(f"{worker.name} has been started {LIVES_MAX} times: {worker.why()}")
        worker.process.kill()  # if it is gone, its watcher may be left
        worker.start()
        self.result.restarts += 1

    def judge(self, worker: Worker, code: int) -> None:
        """Count the end of a worker that nobody asked for; without a word on why it is a fault."""
        why = worker.why()
        if code in ENDS_BY_ITSELF and why:
            self.result.exits[code] += 1
            self.say(f"{worker.name} ended with {code}: {why}")
        else:
            last = worker.said.strip().splitlines()[-1:]
            self.fail(f"{worker.name} ended with {code}, unexplained; it said last: {last}")

    async def terminate(self, worker: Worker) -> None:
        """End a worker by SIGTERM: it stops within its bound and exits with 0.

        With the broker in trouble meanwhile it may also end with a word on why.
        """
        was_up, troubles = await worker.until_up(UP_SECONDS_MAX), self.troubles
        ended = worker.process.exit_code
        if ended is not None:
            self.judge(worker, ended)
            return
        worker.process.send(signal.SIGTERM)
        code = await worker.until_ended(STOP_SECONDS_MAX)
        if code == 0 or (code == -signal.SIGTERM and not was_up):
            return
        if code is None:
            worker.process.kill()
            self.fail(f"{worker.name} runs {STOP_SECONDS_MAX:.0f} s after SIGTERM")
        elif self.troubles > troubles or self.broker_lock.locked():
            self.judge(worker, code)
        else:
            self.fail(f"{worker.name} ended with {code} after SIGTERM: {worker.why()}")

    async def stop(self, worker: Worker) -> None:
        """End a worker for good, as whoever deploys it would."""
        async with worker.lock:
            await self.terminate(worker)

    async def supervise(self) -> None:
        """Start again, for as long as this runs, every worker that ends by itself."""
        while True:
            for worker in list(self.workers):
                if not worker.lock.locked():
                    self.revive(worker)
            await asyncio.sleep(LOOK_SECONDS)  # between two looks

    def tell_of_tracebacks(self) -> None:
        """Note every stack trace that a worker has printed: what it expects is one line."""
        for worker in self.everyone:
            for raised in worker.tracebacks():
                self.fail(f"{worker.name} printed a traceback: {raised}")

    def close(self) -> None:
        """End all processes, whatever state they are in."""
        for worker in self.everyone:
            worker.process.kill()
        self.broker.stop()
