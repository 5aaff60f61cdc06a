"""A real Kafka for the tests of this folder, one for the whole session."""

import os
from collections.abc import Callable, Iterator

import pytest

from agents.broker.choose import why_not_kafka
from agents.broker.kafka import KafkaBroker
from tests.live.support import create_topic, unique


@pytest.fixture(scope="session")
def needs_kafka() -> None:
    """Skip what needs a real Kafka where none can run; on CI that is a failure."""
    lacking = why_not_kafka()
    if lacking and os.environ.get("CI") == "true":
        pytest.fail(f"CI must run the live tests: {lacking}")
    if lacking:
        pytest.skip(lacking)


@pytest.fixture(scope="session")
def shared_kafka(needs_kafka: None) -> Iterator[KafkaBroker]:  # noqa: ARG001
    """A Kafka shared by the session: tests use topics of their own, and do not break it."""
    with KafkaBroker() as broker:
        yield broker


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
