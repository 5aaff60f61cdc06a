"""How the runtime talks to Kafka, and how long it waits for anything: always a bound."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Isolation = Literal["read_committed", "read_uncommitted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeSettings:
    """Options of one worker: one consumer group, one connection to Kafka.

    Attributes:
        group: consumer group, and the application's id.
        brokers: `host:port` of some brokers.
        instance_id: names this worker for good (static membership): a restart within
            `session_seconds` moves no partition. None: a new member at each start.
        isolation_level: `read_committed` passes over aborted transactions.
        check_crcs: whether what is fetched is checked against its checksum.
        security: aiokafka's security options (`security_protocol`, `ssl_context`, `sasl_*`).
        session_seconds: after this long without a heartbeat a worker is out.
        rebalance_seconds: what all workers have to give up their partitions.
        fetch_wait_ms: the broker answers an empty fetch after this long.
        poll_records_max: records of one fetch, over all partitions.
        partition_fetch_bytes_max: bytes of one partition in one fetch.
        partition_bytes_max: what a partition may have waiting; over it, it is not fetched.
        commit_every_seconds: how often safe offsets are committed.
        commit_seconds_max: how long one commit may be retried.
        drain_seconds_max: how long a revoked partition may finish its batch and drain.
        handle_seconds_max: a handler that has one batch for longer is stuck.
        stop_seconds_max: from SIGTERM to the end of the process.
        connect_seconds_max: how long the first connection is tried.
        broker_away_seconds_max: how long the worker goes on with no broker answering.
    """

    group: str
    brokers: tuple[str, ...]
    instance_id: str | None = None
    isolation_level: Isolation = "read_committed"
    check_crcs: bool = True
    security: Mapping[str, Any] = field(default_factory=dict)
    session_seconds: float = 30.0
    rebalance_seconds: float = 60.0
    fetch_wait_ms: int = 100
    poll_records_max: int = 10_000
    partition_fetch_bytes_max: int = 1_048_576
    partition_bytes_max: int = 8_388_608
    commit_every_seconds: float = 1.0
    commit_seconds_max: float = 5.0
    drain_seconds_max: float = 15.0
    handle_seconds_max: float = 300.0
    stop_seconds_max: float = 25.0
    connect_seconds_max: float = 30.0
    broker_away_seconds_max: float = 300.0

    def __post_init__(self) -> None:
        bounds = self.drain_seconds_max + self.commit_seconds_max
        if bounds >= self.rebalance_seconds:
            raise ValueError(
                f"drain_seconds_max + commit_seconds_max is {bounds:g} s; "
                f"it must be below rebalance_seconds, {self.rebalance_seconds:g} s"
            )
        if not self.brokers:
            raise ValueError("brokers is empty; give at least one host:port")

    @property
    def broker_list(self) -> str:
        """The brokers, for a message."""
        return ",".join(self.brokers)
