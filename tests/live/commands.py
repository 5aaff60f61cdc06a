"""The program as a user runs it, against a Kafka: a settings file, commands, and a worker."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml
from prometheus_client.parser import text_string_to_metric_families

from agents.broker.probe import free_ports
from tests.live.support import eventually, unique

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installation:
    """Settings for a broker, with topics of its own."""

    path: Path
    prefix: str
    port: int

    def run(self, *arguments: str, seconds_max: float = 60.0) -> "subprocess.CompletedProcess[str]":
        """Run a command that takes the settings; return its exit code and what it said."""
        return run(*arguments, "--settings", str(self.path), seconds_max=seconds_max)

    def metrics(self, *names: str) -> list[float]:
        """Return the sums of metrics of the worker that runs, at one moment."""
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines(keepends=True)
        own = "".join(line for line in lines if line.startswith(names))
        samples = [s for family in text_string_to_metric_families(own) for s in family.samples]
        return [sum(s.value for s in samples if s.name == name) for name in names]

    @contextmanager
    def working(self) -> Iterator["subprocess.Popen[str]"]:
        """Run a worker; it is ended in the end."""
        process = start("worker", "--settings", str(self.path), stderr=subprocess.DEVNULL)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)

    def work_off(self, records: int) -> None:
        """Run a worker until it has read so many source records, and folded all it made of them."""

        def is_done() -> bool:
            try:
                read, caught_up, lag = self.metrics(
                    "churnwatch_intake_records_total",
                    "churnwatch_intake_caught_up",
                    "churnwatch_worker_lag_records",
                )
            except OSError:  # not up yet
                return False
            return read >= records and caught_up == 3 * 2 and lag == 0

        with self.working():
            eventually(is_done, 60)


def install(bootstrap: str, folder: Path, **parts: Any) -> Installation:
    """Write the settings file of an installation; its topics are not there yet."""
    prefix = f"{unique('cw')}-"
    [port] = free_ports(1)
    settings: dict[str, Any] = {
        "kafka": {"brokers": bootstrap, "prefix": prefix, "connect_seconds_max": 10},
        "server": {"port": port},
        "topics": {
            "replication_factor": 1,
            "source_partitions": 2,
            "log_partitions": 2,
            "alert_partitions": 2,
        },
        "intake": {"tick_seconds": 0.2},
    }
    for name, part in parts.items():
        merged = {**settings.get(name, {}), **part} if isinstance(part, dict) else part
        settings[name] = merged
    path = folder / f"{prefix}settings.yaml"
    path.write_text(yaml.safe_dump(settings))
    return Installation(path, prefix, port)


def start(*arguments: str, **options: Any) -> "subprocess.Popen[str]":
    """Start the program."""
    return subprocess.Popen(
        [sys.executable, "-m", "agents", *arguments],
        cwd=ROOT,
        text=True,
        env=os.environ | options.pop("env", {}),
        **options,
    )


def run(*arguments: str, seconds_max: float = 60.0) -> "subprocess.CompletedProcess[str]":
    """Run the program; return its exit code and what it said."""
    return subprocess.run(
        [sys.executable, "-m", "agents", *arguments],
        cwd=ROOT,
        text=True,
        capture_output=True,
        timeout=seconds_max,
        check=False,
    )
