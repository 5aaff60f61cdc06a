"""The Kafka settings of the compose file are Kafka's own names, and a node runs with them."""

from typing import Any

import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from agents.broker.kafka import KafkaBroker
from agents.cli import run
from agents.settings import load_settings
from agents.topics.partitions import partitions_of
from tests.deploy.support import compose

# What a local node decides for itself: addresses and folders.
PLACES = {
    "advertised.listeners",
    "controller.quorum.voters",
    "listener.security.protocol.map",
    "listeners",
    "log.dirs",
}


def wanted() -> dict[str, str]:
    """Return the compose file's settings by the names that Kafka gives them."""
    environment: dict[str, str] = compose()["services"]["kafka"]["environment"]
    named = {name: value for name, value in environment.items() if name.startswith("KAFKA_")}
    del named["KAFKA_HEAP_OPTS"]
    return {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in named.items()
    }


@pytest.mark.usefixtures("needs_kafka")
def test_a_node_runs_with_the_settings_of_the_compose_file() -> None:
    """Kafka passes over names that it does not know, so each is looked for among those it knows."""
    settings = {name: value for name, value in wanted().items() if name not in PLACES}
    with KafkaBroker(settings=settings) as broker:
        known = _settings_of(broker.bootstrap)
    assert set(wanted()) <= set(known)
    assert {name: known[name] for name in settings} == settings


@pytest.mark.usefixtures("needs_kafka")
def test_what_makes_the_topics_makes_all_that_a_worker_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the service's own command and variables, on a node with the node's settings."""
    service = compose()["services"]["topics"]
    settings = {name: value for name, value in wanted().items() if name not in PLACES}
    with KafkaBroker(settings=settings) as broker:
        for name, value in service["environment"].items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("CHURNWATCH_KAFKA__BROKERS", broker.bootstrap)
        assert run(service["command"]) == 0, capsys.readouterr().err
        assert run(["topics", "check"]) == 0, capsys.readouterr().out
        assert "customers-changelog" in partitions_of(load_settings())


def _settings_of(bootstrap: str) -> dict[str, Any]:
    """Return all settings of the one node."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        node = ConfigResource(ConfigResourceType.BROKER, "1")
        found = admin.describe_configs([node], config_filter="all")["broker"]["1"]
    finally:
        admin.close()
    return {name: one["value"] for name, one in found.items()}
