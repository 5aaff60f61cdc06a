"""What a seed stands for, but for its faults: the shop, the workers, and how records are keyed."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from agents.shop.events import SOURCES, Source
from agents.shop.settings import ShopSettings

LOG_PARTITIONS: Final = 8
EVENTS_OF_A_CUSTOMER: Final = 20  # on average, over some eight weeks

# By the customer, or by the order or ticket, as Java or librdkafka place it; or by nothing.
Keyed = Literal["customer", "customer/crc32", "item", "item/crc32", "nothing"]
KEYED: Final[tuple[Keyed, ...]] = ("customer", "customer/crc32", "item", "item/crc32", "nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One run.

    Attributes:
        seed: of everything.
        events: of the shop, sent while the faults happen.
        workers: that are there from the beginning.
        seconds: over which the events are sent, and within which every fault begins.
        is_short: fewer faults, and none that lasts long.
        source_partitions: of each source.
        keyed: how the records of each source are keyed and placed.
        has_names: the workers are static members.
        session_seconds: after which the group forgets a silent worker.
        away_seconds: how long the broker is away.
        stuck_seconds_max: how long a partition with more to read may stand still, without a fault.
        settle_seconds_max: from the last event and fault until all is read, folded and flushed.
    """

    seed: int
    events: int
    workers: int
    seconds: float
    is_short: bool
    source_partitions: int
    keyed: Mapping[Source, Keyed]
    has_names: bool
    session_seconds: float = 6.0  # Kafka takes no shorter one
    away_seconds: float = 60.0
    stuck_seconds_max: float = 90.0
    settle_seconds_max: float = 300.0

    @property
    def shop(self) -> ShopSettings:
        """The shop; it never ends, and the first `events` of it are taken."""
        return ShopSettings(
            seed=self.seed,
            customers=max(self.events // EVENTS_OF_A_CUSTOMER, 50),
            start=datetime(2024, 1, 1, tzinfo=UTC),
            days=1_000.0,
        )

    @property
    def seconds_max(self) -> float:
        """The bound of a run, whatever hangs."""
        return 3 * self.seconds + self.settle_seconds_max + 120

    @property
    def command(self) -> str:
        """The command that runs it again."""
        return (
            f"python -m tests.faults.chaos --seed {self.seed} --events {self.events}"
            f" --workers {self.workers} --seconds {self.seconds:g}{' --short' * self.is_short}"
        )

    def worker_settings(self, brokers: str, name: str, port: int) -> dict[str, Any]:
        """Return what stands in a worker's settings file."""
        return {
            "clock": "event",
            "alerts": {"max_age_hours": 0},
            "kafka": {
                "brokers": brokers,
                "session_seconds": self.session_seconds,
                "instance_id": name if self.has_names else "",
            },
            # Months pass in minutes: sources keep within weeks of one another, not within hours.
            "feeds": {key: {"idle_hours_max": 480, "jump_hours_max": 240} for key in SOURCES},
            "intake": {"skew_hours_max": 240, "align_wait_seconds_max": 1.0},
            "server": {"port": port},
            "topics": {
                "log_partitions": LOG_PARTITIONS,
                "source_partitions": self.source_partitions,
                "replication_factor": 1,
            },
        }


def scenario(
    seed: int,
    *,
    short: bool = False,
    events: int | None = None,
    workers: int | None = None,
    seconds: float | None = None,
    settle_seconds_max: float | None = None,
) -> Scenario:
    """Return the scenario of a seed; what is given stands over what the seed says."""
    draw = random.Random(f"scenario {seed}")
    drawn_workers = draw.choice((2, 3))
    source_partitions = draw.choice((3, 4, 8))
    keyed = {source: draw.choice(KEYED) for source in SOURCES}
    has_names = draw.random() < 0.3
    return Scenario(
        seed=seed,
        events=events or (6_000 if short else 200_000),
        workers=workers or (2 if short else drawn_workers),
        seconds=seconds or (18.0 if short else 240.0),
        is_short=short,
        source_partitions=source_partitions,
        keyed=keyed,
        has_names=has_names,
        away_seconds=8.0 if short else 60.0,
        stuck_seconds_max=45.0 if short else 90.0,
        settle_seconds_max=settle_seconds_max or (60.0 if short else 300.0),
    )
