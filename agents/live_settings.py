"""The settings of a live worker: where Kafka is, what topics are called, how it is served."""

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from pipeline.checks import FORBID, positive, require
from pipeline.errors import SettingError

LOG: Final = "customer-activity"
ALERTS: Final = "churn-alerts"
DEAD_LETTERS: Final = "dead-letters"
CHANGELOG: Final = "customers-changelog"
# What Kafka takes in the name of a topic, which is 249 long at most: the longest here adds 19.
_PREFIX: Final = re.compile(r"[A-Za-z0-9._-]{0,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSettings:
    """Where Kafka is. `prefix` goes before the name of every topic and of the group."""

    __pydantic_config__: ClassVar = FORBID

    brokers: str = "127.0.0.1:9092"  # host:port, several with commas
    prefix: str = ""
    instance_id: str = ""  # names this worker for good: a restart then moves no partition
    check_crcs: bool = True  # off only for the embedded broker, which sends wrong ones
    compression: str = ""  # of what is written: gzip, or none
    accept_loss: bool = False  # go on where records were deleted before they were read
    session_seconds: float = 30.0  # a worker not heard of for so long loses its partitions
    connect_seconds_max: float = 30.0
    broker_away_seconds_max: float = 300.0
    stop_seconds_max: float = 25.0

    def __post_init__(self) -> None:
        for broker in self.addresses:
            host, _, port = broker.rpartition(":")
            wants = "wants host:port, several with commas"
            require(bool(host) and port.isdigit(), "kafka.brokers", self.brokers, wants)
        wants = "wants up to 200 of the letters a to z and A to Z, digits, '.', '_' and '-'"
        require(bool(_PREFIX.fullmatch(self.prefix)), "kafka.prefix", self.prefix, wants)
        if self.compression not in ("", "gzip"):
            raise SettingError("kafka.compression", self.compression, "wants gzip, or nothing")
        for name in (
            "session_seconds",
            "connect_seconds_max",
            "broker_away_seconds_max",
            "stop_seconds_max",
        ):
            positive(f"kafka.{name}", getattr(self, name))

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return the brokers, one by one."""
        return tuple(part.strip() for part in self.brokers.split(","))

    @property
    def group(self) -> str:
        """Return the consumer group."""
        return f"{self.prefix}churnwatch"

    def topic(self, name: str) -> str:
        """Return the topic that goes by a name here."""
        return self.prefix + name


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where `/metrics`, `/live` and `/ready` are served; port 0: anywhere, -1: nowhere."""

    __pydantic_config__: ClassVar = FORBID

    host: str = "127.0.0.1"
    port: int = 9469

    def __post_init__(self) -> None:
        require(-1 <= self.port <= 65535, "server.port", self.port, "wants -1 to 65535")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeSettings:
    """How sources are read."""

    __pydantic_config__: ClassVar = FORBID

    future_seconds_max: float = 300.0  # dated further beyond the wall clock: a dead letter
    tick_seconds: float = 1.0  # how often progress is written to the log
    # A source this far ahead of the slowest waits, in a backfill; at most half its idle_hours_max.
    skew_hours_max: float = 24.0
    align_wait_seconds_max: float = 10.0  # but not longer than this for each batch
    log_ahead_records_max: int = 200_000  # intake waits while watch is further behind

    def __post_init__(self) -> None:
        for name in ("tick_seconds", "skew_hours_max", "log_ahead_records_max"):
            positive(f"intake.{name}", getattr(self, name))
        for name in ("future_seconds_max", "align_wait_seconds_max"):
            value = getattr(self, name)
            require(value >= 0, f"intake.{name}", value, "wants a number from 0 on")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushSettings:
    """When what has changed is written: how long after the last time, at the most."""

    __pydantic_config__: ClassVar = FORBID

    alert_seconds: float = 0.05  # if alerts wait
    row_seconds: float = 1.0  # if customers' rows have changed
    header_seconds: float = 10.0  # if only the log has gone on
    rows_max: int = 10_000  # so many wait: write now, and fold no further until there is room
    seconds_max: float = 60.0  # a transaction that takes longer is given up

    def __post_init__(self) -> None:
        for name in ("row_seconds", "header_seconds", "seconds_max"):
            positive(f"flush.{name}", getattr(self, name))
        value = self.alert_seconds
        require(value >= 0, "flush.alert_seconds", value, "wants a number from 0 on")
        rows = self.rows_max
        require(rows >= 1, "flush.rows_max", rows, "wants a whole number from 1 on")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSettings:
    """Which alerts are sent: transitions older than this only move the state; 0: all are sent."""

    __pydantic_config__: ClassVar = FORBID

    max_age_hours: float = 24.0

    def __post_init__(self) -> None:
        value = self.max_age_hours
        require(value >= 0, "alerts.max_age_hours", value, "wants a number from 0 on")


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSettings:
    """What `churnwatch topics create` makes."""

    __pydantic_config__: ClassVar = FORBID

    source_partitions: int = 8
    log_partitions: int = 8
    alert_partitions: int = 4
    replication_factor: int = 3
    log_retention_days: int = 730
    alert_retention_days: int = 365
    dead_letter_retention_days: int = 30
    source_bytes_max: int = 1_048_588  # Kafka's own default of max.message.bytes

    def __post_init__(self) -> None:
        for name in TopicSettings.__slots__:
            value = getattr(self, name)
            require(value >= 1, f"topics.{name}", value, "wants a whole number from 1 on")
