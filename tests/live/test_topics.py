"""`churnwatch topics`, and what a worker says of topics and brokers, on real Kafka."""

import json
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from agents.broker.kafka import KafkaBroker
from agents.broker.probe import free_ports
from tests.live.commands import Installation, install
from tests.live.support import create_topic

NAMES = (
    "orders",
    "support-tickets",
    "touchpoints",
    "customer-activity",
    "churn-alerts",
    "dead-letters",
    "customers-changelog",
)


@pytest.fixture
def here(kafka: KafkaBroker, tmp_path: Path) -> Installation:
    return install(kafka.bootstrap, tmp_path)


@pytest.fixture
def admin(kafka: KafkaBroker) -> Any:
    client = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    yield client
    client.close()


def configs(admin: Any, topic: str) -> dict[str, str]:
    """Return the settings of a topic, asked with kafka-python alone."""
    asked = [ConfigResource(ConfigResourceType.TOPIC, topic)]
    found = admin.describe_configs(asked, config_filter="all")["topic"][topic]
    return {key: config["value"] for key, config in found.items()}


def test_a_dry_run_is_the_default_and_makes_nothing(here: Installation, admin: Any) -> None:
    done = here.run("topics", "create")
    assert done.returncode == 0
    assert "Nothing was done" in done.stdout
    assert all(here.prefix + name in done.stdout for name in NAMES)
    assert not [name for name in admin.list_topics() if name.startswith(here.prefix)]


def test_what_create_makes_is_what_check_wants(here: Installation, admin: Any) -> None:
    assert here.run("topics", "create", "--yes").returncode == 0
    assert {n for n in admin.list_topics() if n.startswith(here.prefix)} == {
        here.prefix + name for name in NAMES
    }
    done = here.run("topics", "check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing to create" in here.run("topics", "create", "--yes").stdout
    log = configs(admin, f"{here.prefix}customer-activity")
    assert (log["cleanup.policy"], log["retention.ms"]) == ("delete", str(730 * 86_400_000))
    assert configs(admin, f"{here.prefix}customers-changelog")["cleanup.policy"] == "compact"
    # A source record of Kafka's default size, and 64 KiB of headers.
    assert configs(admin, f"{here.prefix}dead-letters")["max.message.bytes"] == "1114124"


def test_check_tells_every_difference(kafka: KafkaBroker, here: Installation, admin: Any) -> None:
    """A log that is compacted loses the past; one with other partitions mixes customers up."""
    create_topic(kafka.bootstrap, f"{here.prefix}customer-activity", 5, cleanup_policy="compact")
    create_topic(kafka.bootstrap, f"{here.prefix}orders", 1, max_message_bytes="2000000")
    assert here.run("topics", "create", "--yes").returncode == 0
    done = here.run("topics", "check")
    assert done.returncode == 1
    rows = [line.split() for line in done.stdout.splitlines()]
    log, orders = f"{here.prefix}customer-activity", f"{here.prefix}orders"
    assert [log, "partitions", "2", "5"] in rows
    assert [log, "cleanup.policy", "delete", "compact"] in rows
    assert [orders, "max.message.bytes", "at", "most", "1048588", "2000000"] in rows
    assert configs(admin, orders)["max.message.bytes"] == "2000000"  # it is the user's
    assert [row[:2] for row in rows if row[0] == orders] == [[orders, "max.message.bytes"]]


def test_describe_shows_what_is_there_beside_what_must_be(here: Installation) -> None:
    assert f"{here.prefix}orders  (missing)" in here.run("topics", "describe").stdout
    here.run("topics", "create", "--yes")
    rows = [line.split() for line in here.run("topics", "describe").stdout.splitlines()]
    assert ["cleanup.policy", "compact", "must", "be", "compact"] in rows
    assert ["partitions", "2", "yours", "(made", "with", "2)"] in rows


def test_more_copies_than_brokers(kafka: KafkaBroker, tmp_path: Path) -> None:
    here = install(kafka.bootstrap, tmp_path, topics={"replication_factor": 3})
    done = here.run("topics", "create", "--yes")
    assert done.returncode == 2
    assert done.stderr == (
        f"churnwatch: topics.replication_factor is 3, and there is 1 broker at {kafka.bootstrap}; "
        "wants at most 1: set topics.replication_factor, or give --replication-factor 1\n"
    )
    assert here.run("topics", "create", "--yes", "--replication-factor", "1").returncode == 0
    assert here.run("topics", "check").returncode == 1
    assert here.run("topics", "check", "--replication-factor", "1").returncode == 0


def last_line(stderr: str) -> str:
    """Return what the one JSON line on standard error says."""
    [line] = stderr.splitlines()
    logged = json.loads(line)
    assert (logged["level"], logged["logger"]) == ("critical", "churnwatch")
    message = logged["message"]
    assert isinstance(message, str)
    return message


def test_a_worker_names_the_topic_it_lacks(kafka: KafkaBroker, here: Installation) -> None:
    there = ("orders", "support-tickets", "churn-alerts", "dead-letters")
    for name in (*there, "customer-activity", "customers-changelog"):
        create_topic(kafka.bootstrap, here.prefix + name, 2)
    done = here.run("worker")
    assert done.returncode == 2
    assert last_line(done.stderr) == (
        f"Worker does not start: topic `{here.prefix}touchpoints` does not exist on "
        f"{kafka.bootstrap}; create it, or run `churnwatch topics create --yes`."
    )


@pytest.mark.parametrize(
    ("topic", "setting"),
    [("customer-activity", "topics.log_partitions"), ("churn-alerts", "topics.alert_partitions")],
)
def test_a_worker_names_the_topic_with_too_few_partitions(
    kafka: KafkaBroker, here: Installation, topic: str, setting: str
) -> None:
    create_topic(kafka.bootstrap, here.prefix + topic, 1)
    here.run("topics", "create", "--yes")
    done = here.run("worker")
    assert done.returncode == 2
    start = f"Worker does not start: topic `{here.prefix}{topic}` on {kafka.bootstrap} has "
    assert last_line(done.stderr).startswith(f"{start}1 partition; {setting} is 2: ")


def test_a_source_may_have_any_number_of_partitions(kafka: KafkaBroker, here: Installation) -> None:
    create_topic(kafka.bootstrap, f"{here.prefix}orders", 1, max_message_bytes="1000000")
    here.run("topics", "create", "--yes")
    done = here.run("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "brokers in the cluster: 1" in done.stdout
    assert "partitions  orders 1, support-tickets 2, " in done.stdout


@pytest.mark.parametrize("command", [("topics", "check"), ("check",), ("customer", "c-1")])
def test_a_broker_that_is_not_there(command: tuple[str, ...], tmp_path: Path) -> None:
    """One line with the address and how long it was tried, and exit code 1."""
    [port] = free_ports(1)
    here = install(f"127.0.0.1:{port}", tmp_path, kafka={"connect_seconds_max": 1})
    done = here.run(*command)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("churnwatch: no broker answered for ")
    assert f" s at 127.0.0.1:{port}: " in line


def test_a_worker_without_a_broker(tmp_path: Path) -> None:
    [port] = free_ports(1)
    here = install(f"127.0.0.1:{port}", tmp_path, kafka={"connect_seconds_max": 1})
    done = here.run("worker")
    assert done.returncode == 1
    assert "no broker answered for " in last_line(done.stderr)
    assert f"127.0.0.1:{port}" in last_line(done.stderr)


def test_a_worker_with_wrong_settings(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("topics: {log_partitions: 0}\n")
    done = Installation(path, "", 0).run("worker")
    assert done.returncode == 2
    assert "topics.log_partitions" in last_line(done.stderr)


def test_check_offline_needs_no_broker(tmp_path: Path) -> None:
    here = install("127.0.0.1:1", tmp_path)
    done = here.run("check", "--offline")
    assert (done.returncode, done.stdout) == (0, "Settings are fine.\n")
