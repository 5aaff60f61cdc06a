"""Real Kafka for the tests: the address of a broker that may be filled with junk."""

import os

import pytest


@pytest.fixture(scope="session")
def kafka_bootstrap() -> str:
    """The broker's `host:port`, from CHURNWATCH_TEST_BROKER."""
    address = os.environ.get("CHURNWATCH_TEST_BROKER")
    if address is None:
        pytest.skip("set CHURNWATCH_TEST_BROKER to the host:port of a throw-away Kafka")
    return address
