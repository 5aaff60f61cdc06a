"""A broker for the fault tests: the shared one, and one behind a proxy of its own."""

from collections.abc import Iterator

import pytest

from agents.broker import probe
from agents.broker.kafka import KafkaBroker
from tests.faults.proxy import Proxy
from tests.live.kafka import Kafka


@pytest.fixture
def kafka(shared_kafka: KafkaBroker) -> Kafka:
    """Return the shared Kafka."""
    return Kafka(shared_kafka.bootstrap)


@pytest.fixture(scope="session")
def behind_proxy(needs_kafka: None) -> Iterator[tuple[Kafka, Proxy]]:  # noqa: ARG001
    """Give a Kafka and a proxy before it: workers go by the proxy, the tests go straight."""
    [port] = probe.free_ports(1)
    with Proxy() as proxy:
        proxy.start(port)
        with KafkaBroker(proxied={port: proxy.port}) as broker:
            yield Kafka(broker.bootstrap), proxy


@pytest.fixture
def proxied(behind_proxy: tuple[Kafka, Proxy]) -> Iterator[tuple[Kafka, Proxy]]:
    """Give the same, with nothing in the way."""
    yield behind_proxy
    behind_proxy[1].reset()
