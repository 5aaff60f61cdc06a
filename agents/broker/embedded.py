"""librdkafka's in-process broker, for machines without Java.

It comes with the extra `churnwatch[embedded]` (confluent-kafka) and lives in the memory of
this process. It is a mock for client tests: enough for the demo and a first look, with
one worker, and not for a test of faults.
"""

from typing import Any, ClassVar

from agents.broker.base import Broker, BrokerError

START_SECONDS_MAX = 10.0


class EmbeddedBroker(Broker):
    """A broker in this process; its topics are gone when it stops."""

    kind: ClassVar[str] = "embedded"
    limits: ClassVar[str] = (
        "in memory, 5 MB a partition and then the oldest go; topics are made by use, with 4"
        " partitions; one aiokafka member a group; transactions fence nobody; read with"
        " check_crcs off"
    )

    def __init__(self) -> None:
        self._client: Any = None  # librdkafka's mock lives as long as the client that asked for it
        self._bootstrap: str | None = None

    @property
    def bootstrap(self) -> str:
        """Where clients connect, as `127.0.0.1:PORT`."""
        if self._bootstrap is None:
            raise BrokerError("the embedded broker has no port yet: start it first")
        return self._bootstrap

    def start(self) -> None:
        """Start it; raises `BrokerError` if confluent-kafka is not installed."""
        try:
            from confluent_kafka import Producer  # noqa: PLC0415
        except ImportError:
            raise BrokerError(
                "confluent_kafka is not installed; the embedded broker needs churnwatch[embedded]"
            ) from None
        # Level 0: librdkafka writes "mock cluster enabled" to stderr otherwise.
        self._client = Producer({"test.mock.num.brokers": 1, "log_level": 0})
        (broker,) = self._client.list_topics(timeout=START_SECONDS_MAX).brokers.values()
        self._bootstrap = f"{broker.host}:{broker.port}"

    def stop(self) -> None:
        """End it, and forget all it held."""
        self._client = None
        self._bootstrap = None
