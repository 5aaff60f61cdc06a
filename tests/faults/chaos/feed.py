"""The shop's events into the source topics, spread over the time of the run."""

import asyncio
import itertools
import zlib
from collections.abc import Iterator
from typing import Final

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.partitioner import DefaultPartitioner

from agents.shop.events import Event
from agents.shop.shop import Shop
from tests.faults.chaos.scenario import Keyed, Scenario

PARTS: Final = 200
AWAY_MS_MAX: Final = 180_000
_ITEM: Final = {"orders": "order_id", "support-tickets": "ticket_id", "touchpoints": "ref"}


def java_place(key: bytes, partitions: int) -> int:
    """Return the partition that Java's default partitioner gives a key (murmur2)."""
    every = list(range(partitions))
    return int(DefaultPartitioner()(key, every, every))


def placed(event: Event, number: int, keyed: Keyed, partitions: int) -> tuple[bytes | None, int]:
    """Return the key of a record, and its partition: those of the user are not to be relied on."""
    if keyed == "nothing":
        return None, number % partitions
    by, _, how = keyed.partition("/")
    record = event.record
    item = record.get(_ITEM[event.source]) if by == "item" else None
    key = str(item or record["customer_id"]).encode()
    return key, zlib.crc32(key) % partitions if how else java_place(key, partitions)


async def feed(scenario: Scenario, brokers: str) -> int:
    """Send all events, however long the broker is away; return how many are acknowledged."""
    events = itertools.islice(Shop(scenario.shop).events(), scenario.events)
    size = max(scenario.events // PARTS, 1)
    loop = asyncio.get_running_loop()
    began, sent = loop.time(), 0
    # Idempotent: it tries for ever, and leaves neither a copy nor a hole.
    async with AIOKafkaProducer(
        bootstrap_servers=brokers,
        enable_idempotence=True,
        linger_ms=5,
        max_batch_size=262_144,
        request_timeout_ms=AWAY_MS_MAX,  # it also bounds the wait for room, the broker being away
    ) as producer:
        while part := list(itertools.islice(events, size)):
            due = began + sent / scenario.events * scenario.seconds
            await asyncio.sleep(max(due - loop.time(), 0))  # the passing of time is the point
            acks = [
                await producer.send(topic, value, key, partition=partition)
                for topic, key, value, partition in _records(scenario, part, sent)
            ]
            await asyncio.gather(*acks)
            sent += len(part)
    return sent


def _records(
    scenario: Scenario, events: list[Event], first: int
) -> Iterator[tuple[str, bytes | None, bytes, int]]:
    for number, event in enumerate(events, first):
        how = scenario.keyed[event.source]
        key, partition = placed(event, number, how, scenario.source_partitions)
        yield event.source, key, msgspec.json.encode(event.record), partition
