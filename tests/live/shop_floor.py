"""The whole pipeline on a real Kafka, for tests: topics, sources, workers, and what came out."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import yaml
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import NewTopic
from prometheus_client.parser import text_string_to_metric_families

from agents.broker.probe import free_ports
from agents.runtime.rows import partition_for
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from schemas import log
from schemas.alert import Alert
from tests.live.kafka import Kafka, unique, wait_for

SOURCES = ("orders", "support-tickets", "touchpoints")
CONFIGS = {
    "dead-letters": {"max.message.bytes": str(1_048_588 + 65_536)},
    "customers-changelog": {"cleanup.policy": "compact"},
}
OFTEN = {"tick_seconds": 0.2}  # a test waits for ticks, to know that all is folded
LOOK_SECONDS = 0.25  # a page of metrics takes the worker ten milliseconds of its work
KILLED = {"session_seconds": 3}  # of workers that are killed: as long is waited for each
COUNTED = (("log", "customer-activity"), ("alert", "churn-alerts"))
Records = list["ConsumerRecord[bytes, bytes]"]


@dataclass(frozen=True)
class Sent:
    """One source record: where it goes, and what it is keyed by."""

    source: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass
class Floor:
    """One pipeline with topics of its own on a shared Kafka."""

    kafka: Kafka
    folder: Path
    partitions: dict[str, int]
    settings: dict[str, Any] = field(default_factory=dict)
    prefix: str = field(default_factory=lambda: unique("floor") + ".")

    def __post_init__(self) -> None:
        defaults = dict.fromkeys((*SOURCES, "customer-activity", "churn-alerts"), 1)
        self.partitions = {**defaults, "dead-letters": 1, **self.partitions}
        self.partitions["customers-changelog"] = self.partitions["customer-activity"]
        self.kafka.make_topics(
            [
                NewTopic(self.prefix + name, count, 1, topic_configs=CONFIGS.get(name, {}))
                for name, count in self.partitions.items()
            ]
        )

    @property
    def sources(self) -> Sequence[str]:
        """Return the sources that its workers read."""
        return self.settings.get("sources", SOURCES)

    def send(self, records: Iterable[Sent]) -> None:
        """Produce source records, in their order."""

        async def produce() -> None:
            async with AIOKafkaProducer(
                bootstrap_servers=self.kafka.address, linger_ms=20, max_request_size=3_000_000
            ) as producer:
                acks = [
                    await producer.send(
                        self.prefix + each.source,
                        each.value,
                        each.key,
                        partition=partition_for(each.key or b"", self.partitions[each.source]),
                        headers=list(each.headers),
                    )
                    for each in records
                ]
                for ack in acks:
                    await ack

        self.kafka.run(produce())

    def records(self, name: str) -> Records:
        """Return all records of a topic, by partition and offset."""

        async def read() -> Records:
            topic = self.prefix + name
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self.kafka.address, isolation_level="read_committed"
            )
            async with consumer:
                tps = [TopicPartition(topic, p) for p in range(self.partitions[name])]
                consumer.assign(tps)
                await consumer.seek_to_beginning(*tps)
                ends = await consumer.end_offsets(tps)
                found: Records = []
                while any([await consumer.position(tp) < ends[tp] for tp in tps]):
                    batches = await consumer.getmany(timeout_ms=100)
                    found += [record for batch in batches.values() for record in batch]
                return sorted(found, key=lambda record: (record.partition, record.offset))

        return self.kafka.run(read())

    def alerts(self) -> list[Alert]:
        """Return the alerts sent."""
        found = self.records("churn-alerts")
        return [msgspec.json.decode(r.value, type=Alert) for r in found if r.value is not None]

    @property
    def connection(self) -> dict[str, Any]:
        """The settings of the connection; the session is as short as most brokers accept."""
        return {"brokers": self.kafka.address, "prefix": self.prefix, "session_seconds": 6}

    def write_settings(self, name: str, settings: Mapping[str, Any]) -> Path:
        """Write a settings file; return its path."""
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(dict(settings)))
        return path

    def churnwatch(self, *words: str, **settings: Any) -> "subprocess.CompletedProcess[str]":
        """Run a command of the program on this floor, with its settings or others over them."""
        partitions = {f"{name}_partitions": self.partitions[topic] for name, topic in COUNTED}
        everything = {**self.settings, **settings, "kafka": self.connection, "topics": partitions}
        path = self.write_settings(unique("command"), everything)
        return subprocess.run(
            [sys.executable, "-m", "agents", *words, "--settings", str(path)],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=Path(__file__).parents[2],
            check=False,
        )

    def held_by(self, *workers: "Running") -> bool:
        """Say whether each worker holds some partitions, all of them running."""
        held = [w.metric("churnwatch_worker_partitions", phase="running") for w in workers]
        return all(sum(each) > 0 for each in held)

    def is_folded_by(self, *workers: "Running") -> bool:
        """Say whether workers have, between them, read and folded all that there is."""
        lags = [sum(worker.metric("churnwatch_worker_lag_records")) for worker in workers]
        return all(worker.get("/ready")[0] == 200 for worker in workers) and sum(lags) < 50

    def refold(self, settings: PipelineSettings) -> tuple[list[Alert], list[ActivityTable]]:
        """Fold what the log holds; return the alerts, and the tables."""
        alerts: list[Alert] = []
        tables = []
        everything = self.records("customer-activity")
        for partition in range(self.partitions["customer-activity"]):
            table = ActivityTable(settings, self.prefix + "customer-activity", partition)
            own = [record for record in everything if record.partition == partition]
            values: list[Any] = [log.decode(record.value) for record in own]
            alerts += table.step(values, [record.offset for record in own]).alerts
            tables.append(table)
        return alerts, tables

    @contextmanager
    def worker(self, *bad: str, **settings: Any) -> Iterator["Running"]:
        """Run a worker, which may be `bad` at some customers; it is killed at the end anyway."""
        port = free_ports(1)[0]
        intake = {**OFTEN, **self.settings.get("intake", {})}
        everything = {
            **self.settings,
            "intake": intake,
            **settings,
            "kafka": {**self.connection, **settings.get("kafka", {})},
            "server": {"port": port},
        }
        name = unique("worker")
        path = self.write_settings(name, everything)
        said = self.folder / f"{name}.log"
        with said.open("w") as stderr:
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.live.run_worker",
                    str(path),
                    json.dumps(self.partitions),
                    *bad,
                ],
                stderr=stderr,
                cwd=Path(__file__).parents[2],
                env={k: v for k, v in os.environ.items() if not k.startswith("CHURNWATCH_")},
            )
            try:
                yield Running(self, process, f"http://127.0.0.1:{port}", said)
            finally:
                process.kill()
                process.wait()


@dataclass
class Running:
    """A worker process."""

    floor: Floor
    process: "subprocess.Popen[bytes]"
    address: str
    said: Path

    def get(self, path: str) -> tuple[int, str]:
        """Return status and text of a page of the worker's server; 0 if it does not answer."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name: str, **labels: str) -> list[float]:
        """Return the values of a metric's series with these labels."""
        [values] = self.metrics(name, **labels)
        return values

    def metrics(self, *names: str, **labels: str) -> list[list[float]]:
        """Return the same of several metrics, at one moment."""
        lines = self.get("/metrics")[1].splitlines(keepends=True)
        own = "".join(line for line in lines if line.startswith(names))
        samples = [s for family in text_string_to_metric_families(own) for s in family.samples]
        return [
            [s.value for s in samples if s.name == name and labels.items() <= s.labels.items()]
            for name in names
        ]

    def wait(
        self, what: str, condition: Any, seconds_max: float = 60.0, every_seconds: float = 0.05
    ) -> Any:
        """Wait for a condition, as long as the worker lives."""

        def checked() -> Any:
            assert self.process.poll() is None, self.said.read_text()[-3000:]
            return condition()

        return wait_for(what, checked, seconds_max, every_seconds)

    def folded(self, seconds_max: float = 120.0) -> None:
        """Wait until all that was sent is folded, and two more ticks."""
        sources = sum(self.floor.partitions[name] for name in self.floor.sources)

        def caught_up() -> bool:
            known, lag = self.metrics(
                "churnwatch_intake_caught_up", "churnwatch_worker_lag_records"
            )
            held = sources + self.floor.partitions["customer-activity"]
            return len(known) == sources and all(known) and len(lag) == held

        self.wait("intake to catch up", caught_up, seconds_max, LOOK_SECONDS)
        partitions = self.floor.partitions["customer-activity"]
        log_end = sum(
            self.floor.kafka.log_end(self.floor.prefix + "customer-activity", p)
            for p in range(partitions)
        )
        self.wait(
            "watch to catch up",
            lambda: sum(self.metric("churnwatch_watch_next_offset")) >= log_end + 2 * partitions,
            seconds_max,
        )

    def ended(self, seconds_max: float = 60.0) -> int:
        """Wait until it has ended by itself; return the exit code."""
        return self.process.wait(seconds_max)

    def last_words(self) -> list[str]:
        """Return the critical lines of its log."""
        return [line for line in self.said.read_text().splitlines() if line.startswith("CRITICAL")]

    def stop(self, sig: signal.Signals = signal.SIGTERM, seconds_max: float = 40.0) -> int:
        """End it; return the exit code."""
        self.process.send_signal(sig)
        return self.process.wait(seconds_max)


def keyed_by(field_name: str, records: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Sent]:
    """Yield source records keyed by one of their fields."""
    for source, record in records:
        name = "customer_id" if field_name not in record else field_name
        yield Sent(source, str(record[name]).encode(), msgspec.json.encode(record))
