"""Reading a topic without a group: nothing is committed, and no worker notices."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from agents.live_settings import KafkaSettings

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"


@asynccontextmanager
async def reader(
    kafka: KafkaSettings, topic: str, partitions: Sequence[int]
) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a consumer of some partitions, at their beginning; aborted transactions are left out."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=list(kafka.addresses),
        enable_auto_commit=False,
        isolation_level="read_committed",
        check_crcs=kafka.check_crcs,
    )
    try:
        await consumer.start()
        assigned = [TopicPartition(topic, partition) for partition in partitions]
        consumer.assign(assigned)
        await consumer.seek_to_beginning(*assigned)
        yield consumer
    finally:
        await consumer.stop()


async def read_to_end(
    kafka: KafkaSettings, topic: str, partition: int
) -> AsyncIterator[list[Record]]:
    """Yield the records of a partition, from its first to what is its last at the call."""
    async with reader(kafka, topic, [partition]) as consumer:
        tp = TopicPartition(topic, partition)
        end: Any = (await consumer.end_offsets([tp]))[tp]
        while await consumer.position(tp) < end:
            found = await consumer.getmany(tp, timeout_ms=1_000, max_records=10_000)
            yield [record for record in found.get(tp, []) if record.offset < end]
