"""Transactions of a partition, on real Kafka: whole or not at all, and one owner at a time."""

import asyncio

import pytest
from faust.types import TP

from agents.runtime.errors import Fenced, NotCommitted, RecordTooLarge
from agents.runtime.produce import SendSettings
from agents.runtime.reading import read_to_end
from agents.runtime.rows import Row
from agents.runtime.settings import RuntimeSettings
from agents.runtime.transactions import Transactor
from tests.live.support import create_topic, unique


@pytest.fixture
def topics(new_topic):
    """Two topics, as the changelog and the alerts are."""
    return new_topic("rows"), new_topic("alerts")


def rows(topic, *values):
    return [Row(topic, 0, b"k", value) for value in values]


async def values(kafka, topic):
    """What a read_committed reader sees."""
    settings = RuntimeSettings(group=unique("g"), brokers=(kafka.bootstrap,))
    return [r.value async for chunk in read_to_end(settings, TP(topic, 0)) for r in chunk.records]


def transactor(kafka, its_id):
    return Transactor(SendSettings(brokers=(kafka.bootstrap,)), its_id)


def test_all_of_a_transaction_is_seen_and_nothing_of_one_that_fails(kafka, topics):
    """A batch refused by the broker must not leave the others to be committed without it."""

    async def play():
        first, second = topics
        one = transactor(kafka, unique("id"))
        await one.start()
        await one.commit([*rows(first, b"1", b"2"), *rows(second, b"a")], 30)
        assert await values(kafka, first) == [b"1", b"2"]
        assert await values(kafka, second) == [b"a"]
        # The settings do not know that this topic takes less than Kafka's default.
        small = await made_small(kafka, second)
        with pytest.raises(NotCommitted, match="was not acknowledged: MessageSizeTooLarge"):
            await one.commit([*rows(first, b"3"), *rows(small, bytes(5_000))], 30)
        again = transactor(kafka, one._id)
        await again.start()
        await again.commit(rows(first, b"4"), 30)
        assert await values(kafka, first) == [b"1", b"2", b"4"]
        await again.close()

    asyncio.run(play())


async def made_small(kafka, like):
    return await asyncio.to_thread(
        create_topic, kafka.bootstrap, f"{like}-small", 1, max_message_bytes="1000"
    )


def test_who_starts_takes_the_id_and_the_former_owner_writes_no_more(kafka, topics):
    async def play():
        topic, its_id = topics[0], unique("id")
        old, new = transactor(kafka, its_id), transactor(kafka, its_id)
        await old.start()
        await old.commit(rows(topic, b"old"), 30)
        await new.start()
        with pytest.raises(Fenced, match=f"transactional id {its_id} has been taken or given up"):
            await old.commit(rows(topic, b"zombie"), 30)
        await new.commit(rows(topic, b"new"), 30)
        assert await values(kafka, topic) == [b"old", b"new"]
        await new.close()

    asyncio.run(play())


def test_what_was_open_when_its_owner_died_is_aborted_by_the_next(kafka, topics):
    async def play():
        topic, its_id = topics[0], unique("id")
        dead, heir = transactor(kafka, its_id), transactor(kafka, its_id)
        await dead.start()
        await dead._producer.begin_transaction()
        batch = dead._producer.create_batch()
        batch.append(key=b"k", value=b"half", timestamp=None)
        await (await dead._producer.send_batch(batch, topic, partition=0))
        await dead.close()
        await heir.start()
        assert await values(kafka, topic) == []
        await heir.commit(rows(topic, b"whole"), 30)
        assert await values(kafka, topic) == [b"whole"]
        await heir.close()

    asyncio.run(play())


def test_a_record_too_large_is_refused_before_anything_is_sent(kafka, topics):
    async def play():
        topic = topics[0]
        one = transactor(kafka, unique("id"))
        await one.start()
        with pytest.raises(RecordTooLarge):
            await one.commit(rows(topic, b"1", bytes(2_000_000)), 30)
        await one.commit(rows(topic, b"2"), 30)
        assert await values(kafka, topic) == [b"2"]
        await one.close()

    asyncio.run(play())


def test_a_transactor_that_failed_is_of_no_more_use(kafka, topics):
    async def play():
        one = transactor(kafka, unique("id"))
        await one.start()
        with pytest.raises(NotCommitted, match="was not acknowledged: TimeoutError"):
            await one.commit(rows(topics[0], b"1"), 0.0)
        with pytest.raises(AssertionError):
            await one.commit(rows(topics[0], b"2"), 30)

    asyncio.run(play())


def test_starting_waits_for_a_broker_and_can_be_given_up():
    async def play():
        nobody = Transactor(SendSettings(brokers=("127.0.0.1:1",)), "id")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await nobody.start()
        await nobody.close()

    asyncio.run(play())


def test_reading_ends_by_position_behind_markers_and_compaction(kafka, new_topic):
    """The last offset of a partition is a marker that no reader is given."""

    async def play():
        topic = new_topic("rows", cleanup_policy="compact")
        one = transactor(kafka, unique("id"))
        await one.start()
        for number in range(3):
            await one.commit(rows(topic, b"%d" % number), 30)
        settings = RuntimeSettings(group="g", brokers=(kafka.bootstrap,))
        chunks = [chunk async for chunk in read_to_end(settings, TP(topic, 0))]
        assert [record.value for chunk in chunks for record in chunk.records] == [b"0", b"1", b"2"]
        assert chunks[-1].position == chunks[-1].end == 6
        await one.close()

    asyncio.run(play())


def test_an_empty_partition_is_read_at_once(kafka, topics):
    assert asyncio.run(values(kafka, topics[0])) == []
