"""What holds for every test, and a real Kafka for those that ask for it, one a session."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from agents.broker.choose import why_not_kafka
from agents.broker.kafka import KafkaBroker

# No deadline for one example: machines are noisy, and a time is measured in benchmarks, not here.
settings.register_profile("churnwatch", deadline=None)
settings.load_profile("churnwatch")


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
