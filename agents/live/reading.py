"""Reading a topic without a group: nothing is committed, and no worker notices."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from agents.live_settings import KafkaSettings
from agents.runtime.connecting import whole

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
        await whole(consumer.start())
        assigned = [TopicPartition(topic, partition) for partition in partitions]
        consumer.assign(assigned)
        await consumer.seek_to_beginning(*assigned)
        yield consumer
    finally:
        await consumer.stop()
