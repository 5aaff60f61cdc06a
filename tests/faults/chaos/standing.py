"""How far everything has been read and folded, as Kafka tells it, and whether it still moves."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from agents.live_settings import LOG
from agents.settings import Settings
from tests.faults.chaos.changelog import HEADER, TOPIC, next_offset
from tests.faults.chaos.scenario import LOG_PARTITIONS, Scenario

LOOK_SECONDS_MAX: Final = 10.0
Place = tuple[str, int]


class Stands(NamedTuple):
    """How far a partition has come, of how far it goes."""

    position: int
    end: int


class Standing:
    """The reader of it all. The positions of the log are those of the headers, the only truth."""

    def __init__(self, scenario: Scenario, settings: Settings) -> None:
        self._settings = settings
        self._sources = [
            TopicPartition(source, partition)
            for source in settings.sources
            for partition in range(scenario.source_partitions)
        ]
        self._log = [TopicPartition(LOG, partition) for partition in range(LOG_PARTITIONS)]
        self._read_to: dict[TopicPartition, int] = {}
        self.headers: dict[int, int] = {}

    async def look(self) -> Mapping[Place, Stands] | None:
        """Return how far each source and log partition has come; None if nobody answers."""
        try:
            async with asyncio.timeout(LOOK_SECONDS_MAX):
                committed = await self._committed()
                ends = await self._ends_and_headers()
        except (KafkaError, OSError, TimeoutError):
            return None
        known = {tp: committed.get(tp, 0) for tp in self._sources}
        known |= {tp: self.headers.get(tp.partition, 0) for tp in self._log}
        return {
            (tp.topic, tp.partition): Stands(position, ends[tp]) for tp, position in known.items()
        }

    async def _committed(self) -> dict[TopicPartition, int]:
        kafka = self._settings.kafka
        admin = AIOKafkaAdminClient(bootstrap_servers=list(kafka.addresses))
        try:
            await admin.start()
            found = await admin.list_consumer_group_offsets(kafka.group, partitions=self._sources)
        finally:
            await admin.close()
        return {tp: max(known.offset, 0) for tp, known in found.items()}

    async def _ends_and_headers(self) -> dict[TopicPartition, int]:
        changelog = [TopicPartition(TOPIC, tp.partition) for tp in self._log]
        async with AIOKafkaConsumer(
            bootstrap_servers=list(self._settings.kafka.addresses),
            isolation_level="read_committed",
            enable_auto_commit=False,
        ) as consumer:
            ends: dict[TopicPartition, int] = await consumer.end_offsets(
                [*self._sources, *self._log, *changelog]
            )
            consumer.assign(changelog)
            for tp in changelog:
                consumer.seek(tp, self._read_to.get(tp, 0))
            while any([await consumer.position(tp) < ends[tp] for tp in changelog]):
                for tp, records in (await consumer.getmany(timeout_ms=50)).items():
                    for record in records:
                        if record.key[:1] == HEADER and record.value is not None:
                            self.headers[tp.partition] = next_offset(record.value)
                for tp in changelog:
                    self._read_to[tp] = await consumer.position(tp)
        return ends


class Stillness:
    """Finds the partition that has more to read and does not move."""

    def __init__(self) -> None:
        self._moved: dict[Place, tuple[int, float]] = {}

    def stuck(
        self, standing: Mapping[Place, Stands], calm_since: float, seconds_max: float
    ) -> Iterator[str]:
        """Yield a line for each partition that stands still for too long, without a fault."""
        now = time.monotonic()
        for place, (position, end) in standing.items():
            last, since = self._moved.get(place, (-1, now))
            if position != last or position >= end:
                self._moved[place] = position, now
            elif now - max(since, calm_since) > seconds_max:
                yield f"{place[0]}[{place[1]}] stands at {position} of {end}"


def behind(standing: Mapping[Place, Stands], topics: Sequence[str]) -> list[str]:
    """Return which partitions of these topics have not been read to their end."""
    return [
        f"{topic}[{partition}] at {position} of {end}"
        for (topic, partition), (position, end) in standing.items()
        if topic in topics and position < end
    ]
