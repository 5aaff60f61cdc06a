"""A pipeline of its own on a local Kafka, for the live benchmarks: topics, worker, metrics."""

import os
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kafka import KafkaConsumer, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from agents.broker.probe import free_ports
from agents.commands.simulate_kafka import Feed, simulate_to_kafka
from agents.live_settings import LOG
from agents.settings import Settings, load_settings
from agents.shop.settings import ShopSettings
from benchmarks.figures import memory_bytes

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Site:
    """One set of topics, and the settings that name them."""

    def __init__(
        self,
        broker: str,
        folder: Path,
        name: str,
        log_partitions: int,
        source_partitions: int = 4,
        **more: Any,
    ):
        self.broker = broker
        self.prefix = f"{name}-{time.time_ns()}."
        self.partitions = {"source": source_partitions, "log": log_partitions, "alert": 4}
        self.path = folder / f"{name}.yaml"
        self.said = folder / f"{name}.log"
        self.port = free_ports(1)[0]
        counts = {f"{what}_partitions": count for what, count in self.partitions.items()}
        settings = {
            "kafka": {"brokers": broker, "prefix": self.prefix},
            "server": {"port": self.port},
            "topics": {"replication_factor": 1, **counts},
            **more,
        }
        self.path.write_text(yaml.safe_dump(settings), encoding="utf-8")
        self._churnwatch("topics", "create", "--yes")

    def fill(self, shop: ShopSettings) -> int:
        """Write a shop's records into the sources; return how many."""
        return sum(simulate_to_kafka(shop, self.settings, Feed()).counts.values())

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return load_settings(self.path)

    @contextmanager
    def worker(self) -> Iterator["Running"]:
        """Run a worker, as a user would; it is asked to end afterwards."""
        command = [sys.executable, "-m", "agents", "worker", "--settings", str(self.path)]
        with self.said.open("w") as said:
            process = subprocess.Popen(command, stdout=said, stderr=said)
            try:
                yield Running(process, f"http://127.0.0.1:{self.port}", self)
            finally:
                process.terminate()
                process.wait(60)

    def _churnwatch(self, *words: str) -> None:
        command = [sys.executable, "-m", "agents", *words, "--settings", str(self.path)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@dataclass
class Running:
    """A worker process."""

    process: "subprocess.Popen[bytes]"
    address: str
    site: Site

    def ready(self) -> float:
        """Wait until all its partitions run; return when that was."""
        self.wait("to be ready", lambda: self._get("/ready") is not None, 0.05)
        return time.perf_counter()

    def caught_up(self) -> float:
        """Wait until the sources are read to their end and the log is folded; return when."""

        def done() -> bool:
            metrics = self.metrics()
            sources = len(self.site.settings.sources) * self.site.partitions["source"]
            lags = metrics["churnwatch_worker_lag_records"]
            known = metrics["churnwatch_intake_caught_up"]
            held = sources + self.site.partitions["log"]
            # The reports of the last tick may be on their way for ever: one second's worth.
            return len(known) == sources and all(known) and len(lags) == held and sum(lags) < 100

        self.wait("to catch up", done, 0.2)
        return time.perf_counter()

    def folded(self) -> None:
        """Wait until all of the log as it is now is folded, and two more ticks."""
        topic, partitions = f"{self.site.prefix}{LOG}", self.site.partitions["log"]
        reader = KafkaConsumer(bootstrap_servers=self.site.broker)
        ends = reader.end_offsets([TopicPartition(topic, each) for each in range(partitions)])
        reader.close()
        wanted = sum(ends.values()) + 2 * partitions
        self.wait(
            "to fold the log",
            lambda: sum(self.metrics()["churnwatch_watch_next_offset"]) >= wanted,
            0.2,
        )

    def cpu_seconds(self) -> float:
        """Return the processor time it has used so far."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / CLOCK_TICKS

    def peak_bytes(self) -> int:
        """Return the most memory it has held so far."""
        return memory_bytes("VmHWM", self.process.pid)

    def metrics(self) -> Mapping[str, list[float]]:
        """Return the values of all series by the metric's name."""
        found: dict[str, list[float]] = defaultdict(list)
        for family in text_string_to_metric_families(self._get("/metrics") or ""):
            for sample in family.samples:
                found[sample.name].append(sample.value)
        return found

    def wait(self, what: str, condition: Callable[[], bool], every_seconds: float) -> None:
        """Wait for a condition, as long as the worker lives, ten minutes at most."""
        deadline = time.monotonic() + 600
        while not condition():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.site.said.read_text(encoding="utf-8")[-2000:]
                raise RuntimeError(f"waited in vain for the worker {what}; it said: {said}")
            time.sleep(every_seconds)  # meant: between two looks, until the deadline above

    def _get(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(self.address + path, timeout=5) as answer:
                return str(answer.read().decode())
        except OSError:
            return None
