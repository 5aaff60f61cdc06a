"""Sending, on real Kafka: all of it, in order, once; and what cannot be sent is said."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from agents.runtime.errors import DeliveryFailed, RecordTooLarge
from agents.runtime.produce import Outbox, SendSettings
from agents.runtime.rows import Row
from tests.live.kafka import Kafka, unique


@pytest.fixture
def kafka(kafka_bootstrap: str) -> Kafka:
    return Kafka(kafka_bootstrap)


async def read(kafka: Kafka, topic: str, partition: int) -> "list[ConsumerRecord[bytes, bytes]]":
    """Return all records of a partition."""
    async with AIOKafkaConsumer(
        bootstrap_servers=kafka.address, auto_offset_reset="earliest"
    ) as consumer:
        tp = TopicPartition(topic, partition)
        consumer.assign([tp])
        end = (await consumer.end_offsets([tp]))[tp]
        found: list[ConsumerRecord[bytes, bytes]] = []
        while len(found) < end:
            found += (await consumer.getmany(tp, timeout_ms=1000)).get(tp, [])
        return found


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_rows_of_overlapping_calls_arrive_once_and_in_order(kafka, compression):
    """30,000 rows over 3 partitions and 10 overlapping calls, a few of them with headers."""
    topic = kafka.make_topic(unique("topic"), 3)
    calls = [
        [
            Row(
                topic,
                n % 3,
                b"k%d" % n,
                b"%d" % n + bytes(200),
                timestamp_ms=1_700_000_000_000 + n,
                headers=[("reason", b"late")] if n % 100 == 0 else [],
            )
            for n in range(call * 3_000, (call + 1) * 3_000)
        ]
        for call in range(10)
    ]

    async def send() -> None:
        outbox = Outbox(SendSettings(brokers=(kafka.address,), compression=compression))
        await outbox.start()
        await asyncio.gather(*[outbox.send(rows) for rows in calls])
        await outbox.stop()

    kafka.run(send())
    for partition in range(3):
        records = kafka.run(read(kafka, topic, partition))
        expected = list(range(partition, 30_000, 3))
        assert [int(record.value.rstrip(b"\0")) for record in records] == expected
        assert [record.timestamp - 1_700_000_000_000 for record in records] == expected
        assert [record.key for record in records] == [b"k%d" % n for n in expected]
        late = [n for n, record in zip(expected, records, strict=True) if record.headers]
        assert late == [n for n in expected if n % 100 == 0]


def test_a_record_too_large_poisons_no_other(kafka):
    """It is refused before anything is sent; without it the rest goes through."""
    topic = kafka.make_topic(unique("topic"), 1, **{"max.message.bytes": "1000"})
    settings = SendSettings(brokers=(kafka.address,), record_bytes_max={topic: 1000})
    rows = [Row(topic, 0, b"k", bytes(size)) for size in (400, 5_000, 700, 600)]

    async def send() -> None:
        outbox = Outbox(settings)
        await outbox.start()
        try:
            with pytest.raises(RecordTooLarge) as caught:
                await outbox.send(rows)
            assert caught.value.index == 1
            await outbox.send(rows[:1] + rows[2:])
        finally:
            await outbox.stop()

    kafka.run(send())
    found = kafka.run(read(kafka, topic, 0))
    assert [len(record.value or b"") for record in found] == [400, 700, 600]


def test_what_the_broker_refuses_is_an_error_now_and_later(kafka):
    """Not lost as with aiokafka's `flush`; and a torn sequence cannot be sent on."""
    topic = kafka.make_topic(unique("topic"), 1, **{"max.message.bytes": "1000"})

    async def send() -> None:
        outbox = Outbox(SendSettings(brokers=(kafka.address,)))
        await outbox.start()
        try:
            with pytest.raises(DeliveryFailed, match=f"{topic} were not acknowledged: Message"):
                await outbox.send([Row(topic, 0, b"k", bytes(5_000))])
            with pytest.raises(DeliveryFailed):
                await outbox.send([Row(topic, 0, b"k", b"fine")])
        finally:
            await outbox.stop()

    kafka.run(send())


def test_waiting_for_a_delivery_has_a_bound(kafka):
    """An idempotent producer retries for ever: here, for a partition that does not exist."""
    topic = kafka.make_topic(unique("topic"), 1)

    async def send() -> None:
        outbox = Outbox(SendSettings(brokers=(kafka.address,), delivery_seconds_max=0.0))
        await outbox.start()
        try:
            with pytest.raises(DeliveryFailed, match="TimeoutError"):
                await outbox.send([Row(topic, 0, b"k", b"fine")])
        finally:
            await outbox.stop()

    kafka.run(send())
