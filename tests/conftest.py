"""What holds for every test, and a real Kafka for those that ask for it, one a session."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from agents.broker import probe
from agents.broker.choose import why_not_kafka
from agents.broker.kafka import KafkaBroker

# Processes that run tests at once take ports of their own: one must not be found free by two.
PORTS_EACH = 1_000
NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
probe.PORT_MIN += NUMBER * PORTS_EACH % (probe.PORT_MAX - probe.PORT_MIN)
probe.PORT_MAX = probe.PORT_MIN + PORTS_EACH

# No deadline for one example, nor for drawing some: machines are noisy, and a time is measured in
# benchmarks, not here.
settings.register_profile("churnwatch", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("churnwatch")


@pytest.fixture(scope="session")
def needs_kafka() -> None:
    """Skip what needs a real Kafka where none can run; on CI that is a failure."""
    lacking = why_not_kafka()
    if lacking and os.environ.get("CI") == "true":
        pytest.fail(f"CI must run the live tests: {lacking}")
    if lacking:
        pytest.skip(lacking)  # meant: not everybody has Java; on CI it failed above


@pytest.fixture(scope="session")
def shared_kafka(needs_kafka: None) -> Iterator[KafkaBroker]:  # noqa: ARG001
    """A Kafka shared by the session: tests use topics of their own, and do not break it."""
    with KafkaBroker(settings={"group.min.session.timeout.ms": "1000"}) as broker:
        yield broker
