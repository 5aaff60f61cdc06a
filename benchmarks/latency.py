"""From the produce of the event that tips a customer to its alert read back, under a load."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from agents.runtime.rows import partition_for
from benchmarks.site import Site

STEP_SECONDS = 0.01
BACKGROUND_CUSTOMERS = 20_000
MARKED_EACH_SECOND = 10
# The third of these is the one that raises frustration, for a customer never seen before.
TIPPING = ("opened", "escalated", "reopened")
ANSWER_SECONDS_MAX = 10.0
JSON = msgspec.json.Encoder()


@dataclass
class Run:
    """What was sent, and what came back."""

    name: str  # ids begin with it: no run meets the customers of another
    sent_at: dict[str, float] = field(default_factory=dict)  # the tipping event, by customer
    seconds: dict[str, float] = field(default_factory=dict)
    events: int = 0
    spent_seconds: float = 0.0

    def at(self, share: float) -> float:
        """Return a quantile of the latencies, in milliseconds."""
        ordered = sorted(self.seconds.values())
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]


async def alert_latency(site: Site, seconds: float, events_per_second: int) -> Run:
    """Send events at a pace, some of which tip a customer; wait for their alerts."""
    run = Run(f"{time.time_ns():x}")
    topic = site.prefix + "churn-alerts"
    async with (
        AIOKafkaProducer(bootstrap_servers=site.broker) as producer,
        AIOKafkaConsumer(
            topic, bootstrap_servers=site.broker, isolation_level="read_committed"
        ) as consumer,
    ):
        await consumer.seek_to_end()
        reading = asyncio.create_task(_read(consumer, run))
        await _send(producer, site, run, seconds, events_per_second)
        deadline = time.perf_counter() + ANSWER_SECONDS_MAX
        while len(run.seconds) < len(run.sent_at) and time.perf_counter() < deadline:
            await asyncio.sleep(0.1)
        reading.cancel()
    return run


async def _read(consumer: AIOKafkaConsumer, run: Run) -> None:
    async for record in consumer:
        now = time.perf_counter()
        customer = (record.key or b"").decode().rpartition("/")[0]
        if customer in run.sent_at:
            run.seconds.setdefault(customer, now - run.sent_at[customer])


async def _send(
    producer: AIOKafkaProducer, site: Site, run: Run, seconds: float, per_second: int
) -> None:
    began = time.perf_counter()
    marked = 0
    while (passed := time.perf_counter() - began) < seconds:
        while marked < passed * MARKED_EACH_SECOND:
            await _tip(producer, site, run, f"{run.name}-{marked:06d}")
            marked += 1
        while run.events < passed * per_second:
            await _background(producer, site, run)
            run.events += 1
        await asyncio.sleep(STEP_SECONDS)
    run.spent_seconds = time.perf_counter() - began


async def _tip(producer: AIOKafkaProducer, site: Site, run: Run, customer: str) -> None:
    for status in TIPPING:
        run.sent_at[customer] = time.perf_counter()
        fields = {"ticket_id": f"{customer}-1", "status": status}
        await _put(producer, site, "support-tickets", customer, f"{customer}-{status}", fields)
        run.events += 1


async def _background(producer: AIOKafkaProducer, site: Site, run: Run) -> None:
    number = run.events
    customer = f"c-{number * 7919 % BACKGROUND_CUSTOMERS:06d}"
    name = f"{run.name}-e{number:09d}"
    kinds: Sequence[tuple[str, dict[str, object]]] = (
        ("orders", {"order_id": f"o-{name}", "status": "placed", "amount": 40.0}),
        ("touchpoints", {"kind": "follow_up"}),
        ("support-tickets", {"ticket_id": f"t-{name}", "status": "opened"}),
    )
    topic, fields = kinds[number % 3]
    await _put(producer, site, topic, customer, name, fields)


async def _put(
    producer: AIOKafkaProducer,
    site: Site,
    topic: str,
    customer: str,
    name: str,
    fields: dict[str, object],
) -> None:
    key = customer.encode()
    partition = partition_for(key, site.partitions["source"])
    event = {"event_id": name, "customer_id": customer, "occurred_at": time.time_ns() // 1_000_000}
    await producer.send(site.prefix + topic, JSON.encode(event | fields), key, partition)
