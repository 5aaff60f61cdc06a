"""Play the scenarios on a Kafka of their own, and print what stock Faust did.

python -m tests.faults.stock [--exactly-once] [NAME ...]
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from agents.broker import probe
from agents.broker.jars import kafka_version
from agents.broker.kafka import KafkaBroker
from tests.faults.proxy import Proxy
from tests.faults.stock import acks, hangs, restarts, windows, writes, zombie  # noqa: F401
from tests.faults.stock.finding import SCENARIOS, Finding, Scenario
from tests.faults.stock.scene import Scene
from tests.live.kafka import Kafka

# A broker that knows of access rights, and allows what none forbids.
RIGHTS = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
}


@contextmanager
def stage(guarantee: str) -> Iterator[Scene]:
    """Give a broker, a proxy before it and a folder."""
    folder = Path(tempfile.mkdtemp(prefix="churnwatch-stock-"))
    [port] = probe.free_ports(1)
    try:
        with Proxy() as proxy:
            proxy.start(port)
            with KafkaBroker(proxied={port: proxy.port}, settings=RIGHTS) as broker:
                yield Scene(Kafka(broker.bootstrap), proxy, folder, guarantee)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def play(scenario: Scenario, scene: Scene) -> Finding:
    """Play one; it may turn out that it could not be brought to where it says something."""
    try:
        return scenario.play(scene)
    except AssertionError as exc:
        return Finding(None, f"not played to its end: {exc}")
    finally:
        scene.proxy.reset()


def say(*cells: str) -> None:
    """Print a row of the table at once."""
    sys.stdout.write(f"| {' | '.join(cells)} |\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Play those named, or all; print a table in Markdown."""
    known = sorted(SCENARIOS, key=lambda scenario: scenario.order)
    parser = argparse.ArgumentParser(prog="python -m tests.faults.stock")
    parser.add_argument("--exactly-once", action="store_true", help="not Faust's default guarantee")
    parser.add_argument("names", nargs="*", metavar="NAME", help="1, 2, 3a, ...; all if none")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - {scenario.name for scenario in known}:
        parser.error(f"no such scenario: {', '.join(sorted(unknown))}")
    guarantee = "exactly_once" if asked.exactly_once else "at_least_once"
    packages = [f"{name} {version(name)}" for name in ("faust-streaming", "aiokafka")]
    sys.stdout.write(f"{', '.join(packages)}, Apache Kafka {kafka_version()}, {guarantee}\n\n")
    say("#", "what must hold", "what stock Faust did", "verdict", "s")
    say(*["---"] * 5)
    with stage(guarantee) as scene:
        for scenario in known:
            if not asked.names or scenario.name in asked.names:
                began = time.monotonic()
                finding = play(scenario, scene)
                seconds = f"{time.monotonic() - began:.0f}"
                say(scenario.name, scenario.must_hold, finding.seen, finding.verdict, seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
