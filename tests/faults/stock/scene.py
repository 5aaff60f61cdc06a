"""Where a scenario plays: a Kafka with a proxy before it, topics, and workers of the stock app."""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.errors import GroupCoordinatorNotAvailableError

from agents.broker.process import GuardedProcess
from tests.faults.proxy import Proxy
from tests.faults.stock.app import ROWS, WINDOWS
from tests.live.kafka import Kafka, unique, wait_for

PARTITIONS = 4
KEYS = 50  # a partition
EXIT_SECONDS_MAX = 60.0
SETTLED_SECONDS, SETTLED_SECONDS_MAX = 6.0, 180.0  # Faust commits every 2.8 s

T = TypeVar("T")


class Worker:
    """A process of the stock app, and its notes."""

    def __init__(self, name: str, process: GuardedProcess, out: Path, said: Path) -> None:
        self.name = name
        self.process = process
        self.out = out
        self.said = said

    def notes(self, kind: str) -> list[list[Any]]:
        """Return the notes of this kind, without it; whole lines only."""
        text = self.out.read_text() if self.out.exists() else ""
        lines = [json.loads(line) for line in text.splitlines(keepends=True) if line[-1] == "\n"]
        return [line[1:] for line in lines if line[0] == kind]

    def done(self) -> list[tuple[int, int]]:
        """Return (partition, offset) of each event handled, in order."""
        return [(partition, offset) for partition, offset in self.notes("done")]

    def is_restored(self) -> bool:
        """Say whether Faust called itself ready."""
        return "Worker ready" in self.said.read_text()

    def ends(self, seconds_max: float = EXIT_SECONDS_MAX) -> bool:
        """Wait for the process to end; say whether it did."""
        try:
            wait_for("an end", self.process.has_ended, seconds_max)
        except AssertionError:
            return False
        return True


@dataclass
class Scene:
    """A broker, directly (`kafka`) and by way of a proxy (`proxy`), and a folder for notes."""

    kafka: Kafka
    proxy: Proxy
    folder: Path
    guarantee: str  # Faust's `processing_guarantee`

    @contextmanager
    def working(self, by_proxy: bool = False, **plan: Any) -> Iterator[Worker]:
        """Run a worker; it is killed at the end, whatever happens."""
        name = unique("worker")
        out, said = self.folder / f"{name}.notes", self.folder / f"{name}.said"
        brokers = f"127.0.0.1:{self.proxy.port}" if by_proxy else self.kafka.address
        fixed = {"brokers": brokers, "name": name, "out": str(out), "folder": str(self.folder)}
        settings = {"processing_guarantee": self.guarantee} | plan.get("settings", {})
        plan = {"partitions": PARTITIONS} | fixed | plan | {"settings": settings}
        command = [sys.executable, "-m", "tests.faults.stock.app", json.dumps(plan)]
        process = GuardedProcess(command, said)
        try:
            yield Worker(name, process, out, said)
        finally:
            process.kill()

    def source(self, count: int, partitions: int = PARTITIONS) -> str:
        """Make a topic with so many events in each partition."""
        topic = self.kafka.make_topic(unique("events"), partitions)
        for partition in range(partitions):
            self.fill(topic, partition, count)
        return topic

    def fill(self, topic: str, partition: int, count: int) -> None:
        """Append events of `KEYS` keys that no other partition has."""
        keys = (b"%d-%d" % (partition, number % KEYS) for number in range(count))
        self.append(topic, partition, ((key, b"event") for key in keys))

    def append(
        self,
        topic: str,
        partition: int,
        pairs: Iterable[tuple[bytes, bytes | None]],
        at_ms: int | None = None,
    ) -> None:
        """Append these keys and values, dated now if not told, in batches as large as a fetch."""

        async def send() -> None:
            async with AIOKafkaProducer(
                bootstrap_servers=self.kafka.address, max_batch_size=1 << 18, linger_ms=20
            ) as producer:
                sent = [
                    await producer.send(topic, value, key, partition, timestamp_ms=at_ms)
                    for key, value in pairs
                ]
                await asyncio.gather(*sent)

        self.kafka.run(send())

    def changelog(self, app_id: str, **config: str) -> str:
        """Make the topic of an app's table beforehand, as Faust would, and with these settings."""
        settings = {"cleanup.policy": "compact"} | config
        return self.kafka.make_topic(f"{app_id}-{ROWS}-changelog", PARTITIONS, **settings)

    def windows_changelog(self, app_id: str) -> str:
        """Return the name of the topic of an app's windowed table."""
        return f"{app_id}-{WINDOWS}-changelog"

    def records(self, topic: str, partitions: int = PARTITIONS) -> list[ConsumerRecord]:
        """Return what a topic holds and is committed."""

        async def read() -> list[ConsumerRecord]:
            tps = [TopicPartition(topic, partition) for partition in range(partitions)]
            async with AIOKafkaConsumer(
                bootstrap_servers=self.kafka.address,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
            ) as consumer:
                consumer.assign(tps)
                ends = await consumer.end_offsets(tps)
                found: list[ConsumerRecord] = []
                while any([await consumer.position(tp) < ends[tp] for tp in tps]):
                    batches = await consumer.getmany(timeout_ms=200)
                    found += [record for records in batches.values() for record in records]
                return found

        return self.kafka.run(asyncio.wait_for(read(), EXIT_SECONDS_MAX))

    def counts(self, changelog: str) -> Counter[str]:
        """Return what the table counted of each key, as its changelog has it."""
        rows = {record.key: json.loads(record.value) for record in self.records(changelog)}
        return Counter({json.loads(key): row["count"] for key, row in rows.items()})

    def committed(self, app_id: str, topic: str, partitions: int = PARTITIONS) -> dict[int, int]:
        """Return the committed offsets, 0 where there is none."""
        try:
            offsets = self.kafka.committed(app_id, topic, partitions)
        except GroupCoordinatorNotAvailableError:  # the broker has had no group yet
            return dict.fromkeys(range(partitions), 0)
        return {partition: max(offset, 0) for partition, offset in offsets.items()}


def settled(look: Callable[[], T], seconds: float = SETTLED_SECONDS) -> T:
    """Return what is seen once it has stood still so long: that no more comes shows only so."""
    last = look()
    since = time.monotonic()

    def stands() -> bool:
        nonlocal last, since
        now = look()
        if now != last:
            last, since = now, time.monotonic()
        return time.monotonic() - since > seconds

    wait_for("standing still", stands, SETTLED_SECONDS_MAX)
    return last


def fold(count: int, partitions: int = PARTITIONS) -> Counter[str]:
    """Return the right counts of a topic made by `Scene.source`."""
    keys = (f"{partition}-{n % KEYS}" for partition in range(partitions) for n in range(count))
    return Counter(keys)
