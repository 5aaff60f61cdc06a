"""What the tests do to Kafka: make topics, fill them, and ask what was committed."""

import asyncio
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete
from aiokafka.errors import KafkaError

T = TypeVar("T")
names = itertools.count()


def unique(prefix: str) -> str:
    """Return a name no other test and no other run uses."""
    return f"{prefix}-{os.getpid()}-{next(names)}-{time.time_ns() % 10**9}"


def wait_for(
    what: str, condition: Callable[[], T], seconds_max: float = 30.0, every_seconds: float = 0.05
) -> T:
    """Return what a condition returns as soon as that is true; fail at the deadline."""
    deadline = time.monotonic() + seconds_max
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds_max:.0f} s")
        time.sleep(every_seconds)  # meant: between two looks, until the deadline above
    return found


@dataclass(frozen=True)
class Kafka:
    """A broker, and what to do with it."""

    address: str

    def make_topic(self, name: str, partitions: int, **config: str) -> str:
        self.make_topics([NewTopic(name, partitions, 1, topic_configs=config)])
        return name

    def make_topics(self, topics: Sequence[NewTopic]) -> None:
        names = [topic.name for topic in topics]
        tps = [
            TopicPartition(topic.name, p) for topic in topics for p in range(topic.num_partitions)
        ]

        async def make(admin: AIOKafkaAdminClient) -> None:
            answer = await admin.create_topics(topics)
            assert all(code == 0 for _, code, *_ in answer.topic_errors), answer

        async def have_leaders() -> bool:
            # Named at once: for each that it does not know a client waits anew.
            async with AIOKafkaConsumer(*names, bootstrap_servers=self.address) as consumer:
                try:
                    return len(await asyncio.wait_for(consumer.end_offsets(tps), 5)) == len(tps)
                except (KafkaError, TimeoutError):
                    return False

        self.run(self._with_admin(make))
        wait_for("a leader for each", lambda: self.run(have_leaders()))

    def delete_topic(self, name: str) -> None:
        async def delete(admin: AIOKafkaAdminClient) -> None:
            await admin.delete_topics([name])

        self.run(self._with_admin(delete))
        wait_for(f"{name} to go", lambda: name not in self.run(self._with_admin(_topics)))

    def delete_records(self, topic: str, partition: int, before_offset: int) -> None:
        async def delete(admin: AIOKafkaAdminClient) -> None:
            await admin.delete_records(
                {TopicPartition(topic, partition): RecordsToDelete(before_offset)}
            )

        self.run(self._with_admin(delete))

    def fill(self, topic: str, partition: int, count: int, value_bytes: int = 20) -> None:
        """Append records whose value is their number, padded."""

        async def send() -> None:
            async with AIOKafkaProducer(
                bootstrap_servers=self.address, max_batch_size=262_144
            ) as producer:
                values = iter(range(count))
                left = next(values, None)
                while left is not None:
                    batch = producer.create_batch()
                    while left is not None and batch.append(
                        timestamp=None, key=b"k", value=b"%d" % left + bytes(value_bytes)
                    ):
                        left = next(values, None)
                    await (await producer.send_batch(batch, topic, partition=partition))

        self.run(send())

    def committed(self, group: str, topic: str, partitions: int) -> dict[int, int]:
        async def ask(admin: AIOKafkaAdminClient) -> dict[int, int]:
            found = await admin.list_consumer_group_offsets(
                group, partitions=[TopicPartition(topic, p) for p in range(partitions)]
            )
            return {tp.partition: known.offset for tp, known in found.items()}

        return self.run(self._with_admin(ask))

    def log_end(self, topic: str, partition: int) -> int:
        async def ask() -> int:
            async with AIOKafkaConsumer(bootstrap_servers=self.address) as consumer:
                tp = TopicPartition(topic, partition)
                return int((await consumer.end_offsets([tp]))[tp])

        return self.run(ask())

    @staticmethod
    def run(work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(work)

    async def _with_admin(self, work: Callable[[AIOKafkaAdminClient], Coroutine[Any, Any, T]]) -> T:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.address)
        await admin.start()
        try:
            return await work(admin)
        finally:
            await admin.close()


async def _topics(admin: AIOKafkaAdminClient) -> list[str]:
    return list(await admin.list_topics())


@dataclass
class Worker:
    """A worker process and its notes."""

    process: "subprocess.Popen[str]"
    out: Path
    said: Path

    def notes(self, *kinds: str) -> list[list[Any]]:
        """Return what was written down, whole lines only."""
        text = self.out.read_text() if self.out.exists() else ""
        lines = [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]
        return [line for line in lines if line[0] in kinds]

    def offsets(self, partition: int) -> list[int]:
        """Return the offsets handled of one partition, in order."""
        return [o for note in self.notes("batch") if note[2] == partition for o in note[3]]

    def handled(self) -> int:
        return sum(len(note[3]) for note in self.notes("batch"))

    def stop(self, seconds_max: float = 20.0, sig: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(sig)
        return self.ended(seconds_max)

    def ended(self, seconds_max: float) -> int:
        """Wait for the end; return the exit code."""
        return self.process.wait(seconds_max)

    def lines(self, level: str) -> list[str]:
        """Return what was logged, or said on stderr, with this at the beginning."""
        return [line for line in self.said.read_text().splitlines() if line.startswith(level)]


@contextmanager
def working(kafka: Kafka, tmp_path: Path, topics: Sequence[str], **plan: Any) -> Iterator[Worker]:
    """Run a worker process; it is killed at the end, whatever happens."""
    name = unique("worker")
    out, said = tmp_path / f"{name}.notes", tmp_path / f"{name}.said"
    plan = {"brokers": kafka.address, "topics": topics, "out": str(out), **plan}
    with said.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.live.worker", json.dumps(plan)],
            stderr=stderr,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        try:
            yield Worker(process, out, said)
        finally:
            process.kill()
            process.wait()
