"""Play the scenarios on a Kafka of their own, and print what stock Faust did.

python -m tests.faults.stock [NAME ...]
"""

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
def stage() -> Iterator[Scene]:
    """Give a broker, a proxy before it and a folder."""
    folder = Path(tempfile.mkdtemp(prefix="churnwatch-stock-"))
    [port] = probe.free_ports(1)
    try:
        with Proxy() as proxy:
            proxy.start(port)
            with KafkaBroker(proxied={port: proxy.port}, settings=RIGHTS) as broker:
                yield Scene(Kafka(broker.bootstrap), proxy, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def play(scenario: Scenario, scene: Scene) -> Finding | None:
    """Play one; None if it could not be brought to where it says something."""
    try:
        return scenario.play(scene)
    except AssertionError as exc:
        print(f"{scenario.name}: not played to its end: {exc}", file=sys.stderr)
        return None
    finally:
        scene.proxy.reset()


def main(names: Sequence[str]) -> int:
    """Play those named by number, or all; print a table in Markdown."""
    chosen = [scenario for scenario in SCENARIOS if not names or scenario.name in names]
    print(f"faust-streaming {version('faust-streaming')}, aiokafka {version('aiokafka')}, ", end="")
    print(f"Apache Kafka {kafka_version()}\n")
    print("| # | what must hold | what stock Faust did | verdict | s |")
    print("| --- | --- | --- | --- | --- |")
    with stage() as scene:
        for scenario in chosen:
            began = time.monotonic()
            finding = play(scenario, scene) or Finding(True, "not played to its end")
            cells = [scenario.name, scenario.must_hold, finding.seen, finding.verdict]
            cells.append(f"{time.monotonic() - began:.0f}")
            print(f"| {' | '.join(cells)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
