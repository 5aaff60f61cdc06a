"""What the topics hold in the end, as any reader sees it (`read_committed`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from agents.files.log_dump import read_log, write_log
from agents.live_settings import ALERTS, LOG
from agents.settings import Settings
from agents.sources import SOURCES
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from schemas import log
from schemas.activity import Activity
from schemas.alert import Alert
from schemas.decode import decode_many
from schemas.progress import Progress
from schemas.rejection import Rejection
from tests.faults.chaos import changelog
from tests.faults.chaos.feed import java_place
from tests.faults.chaos.scenario import LOG_PARTITIONS

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"
_ANY_DATE_MS = 1 << 62


@dataclass(frozen=True, slots=True)
class Logged:
    """One partition of the log."""

    records: list[Activity | Progress]
    offsets: list[int]
    unreadable: int

    @property
    def activities(self) -> list[Activity]:
        """Its activities, copies too."""
        return [record for record in self.records if isinstance(record, Activity)]

    def activities_from(self, offset: int) -> int:
        """Return how many activities stand at an offset or later."""
        pairs = zip(self.records, self.offsets, strict=True)
        return sum(at >= offset and isinstance(record, Activity) for record, at in pairs)


async def topic_of(settings: Settings, name: str, partitions: int) -> list[list[Record]]:
    """Return the records of each partition of a topic."""
    tps = [TopicPartition(settings.kafka.topic(name), number) for number in range(partitions)]
    found: list[list[Record]] = [[] for _ in tps]
    async with AIOKafkaConsumer(
        bootstrap_servers=list(settings.kafka.addresses), isolation_level="read_committed"
    ) as consumer:
        consumer.assign(tps)
        await consumer.seek_to_beginning(*tps)
        ends = await consumer.end_offsets(tps)
        while any([await consumer.position(tp) < ends[tp] for tp in tps]):
            for tp, records in (await consumer.getmany(timeout_ms=50)).items():
                found[tp.partition] += records
    return found


async def logged(settings: Settings) -> list[Logged]:
    """Return the partitions of the log."""
    return [_logged(records) for records in await topic_of(settings, LOG, LOG_PARTITIONS)]


def _logged(records: Iterable[Record]) -> Logged:
    readable: list[Activity | Progress] = []
    offsets: list[int] = []
    unreadable = 0
    for record in records:
        value = log.decode(record.value)
        if isinstance(value, Rejection):
            unreadable += 1
        else:
            readable.append(value)
            offsets.append(record.offset)
    return Logged(readable, offsets, unreadable)


async def alerts(settings: Settings) -> list[Alert]:
    """Return the alerts, in the order of their partitions."""
    by_partition = await topic_of(settings, ALERTS, settings.topics.alert_partitions)
    return [
        msgspec.json.decode(record.value, type=Alert)
        for records in by_partition
        for record in records
        if record.value is not None
    ]


async def compacted(settings: Settings) -> list[dict[bytes, bytes]]:
    """Return the newest value of each key of the changelog, by partition."""
    return [
        _newest(records) for records in await topic_of(settings, changelog.TOPIC, LOG_PARTITIONS)
    ]


def _newest(records: Iterable[Record]) -> dict[bytes, bytes]:
    newest: dict[bytes, bytes] = {}
    for record in records:
        if record.value is None:
            newest.pop(record.key or b"", None)
        else:
            newest[record.key or b""] = record.value
    return newest


async def expected_log(settings: Settings) -> list[list[Activity]]:
    """Return what the sources come to: activities by partition of the log.

    Those of one source partition are together and in its order.
    """
    expected: list[list[Activity]] = [[] for _ in range(LOG_PARTITIONS)]
    for source in SOURCES:
        by_partition = await topic_of(settings, source.topic, settings.topics.source_partitions)
        for partition, found in enumerate(by_partition):
            decoded = decode_many([r.value for r in found], source.form, _ANY_DATE_MS)
            assert not decoded.rejections, "the shop sends nothing that is refused"
            for record, value, at_ms in zip(found, decoded.records, decoded.at_ms, strict=True):
                activity = source.to_activity(value, at_ms, source.topic, partition, record.offset)
                assert isinstance(activity, Activity)
                key = activity.customer_id.encode()
                expected[java_place(key, LOG_PARTITIONS)].append(activity)
    return expected


def replayed(
    settings: PipelineSettings, partition: int, dump: Path, until: int | None
) -> tuple[ActivityTable, list[Alert]]:
    """Fold a dump of the log up to an offset, as `replay --activity` does."""
    table, found = ActivityTable(settings, LOG, partition), list[Alert]()
    for chunk in read_log(dump):
        assert not chunk.refused, chunk.refused[0]
        below = _count_below(chunk.offsets, until)
        found += table.step(chunk.records[:below], chunk.offsets[:below]).alerts
    return table, found


def dumped(found: Logged, path: Path) -> Path:
    """Write a partition of the log to a file."""
    with path.open("wb") as out:
        write_log(found.records, found.offsets, out)
    return path


def _count_below(offsets: Sequence[int], until: int | None) -> int:
    return len(offsets) if until is None else sum(offset < until for offset in offsets)
