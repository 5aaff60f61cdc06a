"""The shared Kafka, as the tests of this folder ask for it."""

from collections.abc import Callable

import pytest

from agents.broker.kafka import KafkaBroker
from tests.live.support import create_topic, unique


@pytest.fixture
def kafka(shared_kafka: KafkaBroker) -> KafkaBroker:
    """Return the shared Kafka."""
    return shared_kafka


@pytest.fixture
def new_topic(kafka: KafkaBroker) -> Callable[..., str]:
    """Create a topic on the shared Kafka: `new_topic(partitions=2, cleanup_policy="compact")`."""

    def create(word: str = "topic", partitions: int = 1, **configs: str) -> str:
        return create_topic(kafka.bootstrap, unique(word), partitions, **configs)

    return create


@pytest.fixture(scope="session")
def kafka_bootstrap(shared_kafka: KafkaBroker) -> str:
    """Return the address of the shared Kafka."""
    return shared_kafka.bootstrap
