"""Tools of Prometheus, a real Prometheus, and the worker that it scrapes."""

import json
import os
import shutil
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.broker.kafka import KafkaBroker
from agents.broker.probe import free_ports
from agents.broker.process import GuardedProcess
from tests.deploy.support import PROMETHEUS, RULES, Served, load
from tests.live.kafka import Kafka
from tests.live.shop_floor import Floor
from tests.live.support import eventually

PACKAGES = {
    "amtool": "prometheus-alertmanager",
    "prometheus": "prometheus",
    "promtool": "prometheus",
}
SCRAPE_SECONDS = 1
READY_SECONDS_MAX = 60.0


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """Return the path of a tool; where it is missing skip, on CI fail."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            lacking = f"{name} is not on the PATH; it is in Debian's package {PACKAGES[name]}"
            if os.environ.get("CI") == "true":
                pytest.fail(f"CI must run these tests: {lacking}")
            pytest.skip(lacking)  # meant: not everybody has it; on CI it failed above
        return path

    return find


@pytest.fixture(scope="module", params=["every metric set", "a real worker"])
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Yield where the metrics of a worker are served, as `http://HOST:PORT/metrics`.

    Once of a stand-in that sets every metric there is, again and again; once of a worker on a real
    Kafka with a shop that goes on. Expressions on what that has not had to count, or does not count
    just now, may be empty (`MAY_BE_UNSEEN`, `NEED_A_NEW_ALERT` in test_live_expressions.py).
    """
    folder = tmp_path_factory.mktemp("worker")
    if request.param == "a real worker":
        broker = request.getfixturevalue("shared_kafka")
        with worker_of_a_shop(broker, folder) as url:
            yield Served(url, counts_on=False)
    else:
        with stand_in(folder) as url:
            yield Served(url, counts_on=True)


@contextmanager
def stand_in(folder: Path) -> Iterator[str]:
    """Serve every metric with every label, from a process of its own."""
    [port] = free_ports(1)
    script = Path(__file__).parent / "exposition.py"
    process = GuardedProcess([sys.executable, str(script), str(port)], folder / "log")
    try:
        url = f"http://127.0.0.1:{port}/metrics"
        eventually(lambda: process.has_ended() or answers(url), READY_SECONDS_MAX)
        assert not process.has_ended(), (folder / "log").read_text("utf-8")
        yield url
    finally:
        process.stop()


@contextmanager
def worker_of_a_shop(broker: KafkaBroker, folder: Path) -> Iterator[str]:
    """Run a worker, and a shop whose hours pass in seconds, so that all rates have a value."""
    ahead = {"future_seconds_max": 1e8}
    floor = Floor(
        Kafka(broker.bootstrap),
        folder,
        {"orders": 2, "customer-activity": 2},
        {"clock": "event", "alerts": {"max_age_hours": 0}, "intake": ahead},
    )
    with floor.worker() as worker:
        settings = next(folder.glob("worker-*.yaml"))
        shop = GuardedProcess(
            [
                *(sys.executable, "-m", "agents", "simulate", "--to-kafka", "--live"),
                *("--settings", str(settings), "--customers", "300", "--days", "60"),
                *("--pace", "7200"),
            ],
            folder / "shop.log",
        )
        try:
            worker.wait("alerts", lambda: sum(worker.metric("churnwatch_alerts_total")) > 20, 90)
            yield worker.address + "/metrics"
        finally:
            shop.stop()


@pytest.fixture(scope="module")
def prometheus_url(
    tool: Callable[[str], str],
    served: Served,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """Yield the address of a Prometheus that scrapes the worker and evaluates the rules."""
    binary = tool("prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    config = folder / "prometheus.yml"
    config.write_text(yaml.safe_dump(_config(served.url)), "utf-8")
    [port] = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    command = [
        binary,
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    process = GuardedProcess(command, folder / "log")
    try:
        ready = f"{url}/-/ready"
        eventually(lambda: process.has_ended() or answers(ready), READY_SECONDS_MAX)
        assert not process.has_ended(), (folder / "log").read_text("utf-8")
        yield url
    finally:
        process.stop()


def _config(metrics_url: str) -> dict[str, Any]:
    """Return what is deployed, scraping one worker, and more often."""
    config: dict[str, Any] = load(PROMETHEUS)
    every = f"{SCRAPE_SECONDS}s"
    config["global"] |= {"scrape_interval": every, "evaluation_interval": every}
    config["rule_files"] = [str(RULES)]
    del config["alerting"]
    address = urllib.parse.urlsplit(metrics_url)
    [job] = config["scrape_configs"]
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": [address.netloc]}]
    job["metrics_path"] = address.path
    return config


def answers(url: str) -> bool:
    """Say whether a GET is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="module")
def ask(prometheus_url: str) -> Callable[..., Any]:
    """Return a function that asks Prometheus's API: `ask("query", query="up")`."""

    def get(path: str, **parameters: str) -> Any:
        query = urllib.parse.urlencode(parameters)
        url = f"{prometheus_url}/api/v1/{path}?{query}"
        with urllib.request.urlopen(url, timeout=10) as answer:
            said = json.load(answer)
        assert said["status"] == "success", said
        return said["data"]

    return get
