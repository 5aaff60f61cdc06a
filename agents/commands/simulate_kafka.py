"""`churnwatch simulate --to-kafka`: the shop writes into the source topics of a cluster.

The history goes as fast as the cluster takes it; then, live, each record when it is its time. A
pace above 1 lets the shop live faster than the clock on the wall: its records are then dated in
the future, which a worker takes only with `clock: event` and a large `intake.future_seconds_max`.
"""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final, Literal, TypeAlias

import msgspec

from agents.commands.progress import Advance, progress
from agents.connection import send_settings
from agents.runtime.connecting import unless
from agents.runtime.produce import Outbox
from agents.runtime.rows import Row, partition_for
from agents.settings import Settings
from agents.shop.events import DAY_MS, SOURCES, Event
from agents.shop.settings import ShopSettings
from agents.shop.shop import Shop
from agents.topics.partitions import source_partitions
from schemas.base import rfc3339

KeyedBy: TypeAlias = Literal["customer", "order"]
_HISTORY_ROWS: Final = 5_000  # of one call
_STEP_SECONDS: Final = 0.1  # what falls due within it is sent together
_JSON: Final = msgspec.json.Encoder()
_ITEM: Final = {"orders": "order_id", "support-tickets": "ticket_id", "touchpoints": "ref"}


@dataclass(slots=True)
class Sent:
    """What was sent."""

    counts: Counter[str] = field(default_factory=Counter)
    first_ms: int = 0
    last_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """How a shop is fed to a cluster.

    Attributes:
        keyed_by: `order` keys by the order's or ticket's id, as many shops do.
        live: go on after the history until a signal.
        pace: simulated seconds in one of the clock on the wall, once live.
    """

    keyed_by: KeyedBy = "customer"
    live: bool = False
    pace: float = 1.0


def simulate_to_kafka(shop: ShopSettings, settings: Settings, feed: Feed) -> Sent:
    """Write a shop's records into the source topics.

    Raises:
        BrokerUnreachable: no broker answers.
        TopicsError: a source topic is missing.
        DeliveryFailed: records are not acknowledged.
    """
    partitions = source_partitions(settings)
    return asyncio.run(_Feeding(shop, settings, feed, partitions).run())


def told(sent: Sent, where: str) -> Iterator[str]:
    """Yield what was sent."""
    whole = sum(sent.counts.values())
    parts = ", ".join(f"{sent.counts[source]:,} {source}" for source in SOURCES)
    span = f", from {rfc3339(sent.first_ms)} to {rfc3339(sent.last_ms)}" if whole else ""
    yield f"Sent to {where}: {whole:,} records ({parts}){span}."


class _Feeding:
    def __init__(
        self, shop: ShopSettings, settings: Settings, feed: Feed, partitions: Mapping[str, int]
    ) -> None:
        self._shop = Shop(shop)
        self._feed = feed
        self._partitions = partitions
        self._topics = {source: settings.kafka.topic(source) for source in partitions}
        self._outbox = Outbox(send_settings(settings))
        self._stopping = asyncio.Event()
        self._sent = Sent()

    async def run(self) -> Sent:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        shop = self._shop.settings
        events = self._shop.events()
        with progress() as begin:
            advance = begin("History, in days", round(shop.history_days))
            try:
                if not await unless(self._stopping, self._outbox.start()):
                    return self._sent
                first_live = await self._history(events, shop, advance)
                if first_live is not None:
                    await self._live(chain([first_live], events), shop.live_from_ms)
            finally:
                await self._outbox.stop()
        return self._sent

    async def _history(
        self, events: Iterator[Event], shop: ShopSettings, advance: Advance
    ) -> Event | None:
        """Send what is past; return the first event that is not, None at the end or a signal."""
        waiting: list[Event] = []
        days = 0
        for event in events:
            if event.sent_at >= shop.live_from_ms:
                await self._send(waiting)
                return event if self._feed.live else None
            waiting.append(event)
            if len(waiting) == _HISTORY_ROWS:
                await self._send(waiting)
                waiting = []
                passed = (event.sent_at - shop.start_ms) // DAY_MS
                advance(passed - days)
                days = passed
            if self._stopping.is_set():
                return None
        await self._send(waiting)
        return None

    async def _live(self, events: Iterator[Event], live_from_ms: int) -> None:
        """Send each event when it is its time, until a signal."""
        began = time.monotonic()
        waiting: list[Event] = []
        for event in events:
            due = began + (event.sent_at - live_from_ms) / 1000 / self._feed.pace
            left = due - time.monotonic()
            if left > _STEP_SECONDS or len(waiting) == _HISTORY_ROWS:
                await self._send(waiting)
                waiting = []
            if await self._is_stopped_within(left):
                break
            waiting.append(event)
        await self._send(waiting)

    async def _is_stopped_within(self, seconds: float) -> bool:
        if seconds <= _STEP_SECONDS:
            return self._stopping.is_set()
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _send(self, events: list[Event]) -> None:
        events = [event for event in events if event.source in self._topics]
        if not events:
            return
        await self._outbox.send([self._row(event) for event in events])
        sent = self._sent
        sent.counts.update(event.source for event in events)
        sent.first_ms = sent.first_ms or events[0].occurred_at
        sent.last_ms = max(sent.last_ms, events[-1].occurred_at)

    def _row(self, event: Event) -> Row:
        record = event.record
        key_of = record["customer_id"]
        if self._feed.keyed_by == "order":
            key_of = record.get(_ITEM[event.source]) or key_of
        key = key_of.encode()
        partition = partition_for(key, self._partitions[event.source])
        return Row(self._topics[event.source], partition, key, _JSON.encode(record))
