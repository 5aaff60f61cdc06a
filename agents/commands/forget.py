"""`churnwatch forget ID`: erase what is known of a customer.

It writes a touchpoint, so that it has its place among all else that happened to the customer.
"""

import asyncio
import time
import uuid
from collections.abc import Iterator
from typing import Final

import msgspec

from agents.connection import send_settings
from agents.live_settings import LOG
from agents.problems import UserError
from agents.runtime.produce import Outbox
from agents.runtime.rows import Row, partition_for
from agents.settings import Settings
from agents.topics.partitions import source_partitions

SOURCE: Final = "touchpoints"
_ID_LENGTH_MAX: Final = 256


def forget(settings: Settings, customer_id: str) -> None:
    """Write the touchpoint.

    Raises:
        UserError: touchpoints are not among the sources, or the id is none.
        BrokerUnreachable: no broker answers.
        TopicsError: the topic is missing.
        DeliveryFailed: it is not acknowledged.
    """
    check(settings, customer_id)
    partitions = source_partitions(settings)[SOURCE]
    key = customer_id.encode()
    event = {
        "event_id": str(uuid.uuid4()),
        "customer_id": customer_id,
        "kind": "forget",
        "occurred_at": time.time_ns() // 1_000_000,
    }
    topic = settings.kafka.topic(SOURCE)
    row = Row(topic, partition_for(key, partitions), key, msgspec.json.encode(event))
    asyncio.run(_send(settings, row))


async def _send(settings: Settings, row: Row) -> None:
    async with Outbox(send_settings(settings)) as outbox:
        await outbox.send([row])


def check(settings: Settings, customer_id: str) -> None:
    """Refuse what cannot be asked for."""
    if SOURCE not in settings.sources:
        sources = ", ".join(settings.sources)
        raise UserError(f"sources are {sources}; forget needs {SOURCE} among them")
    if not 1 <= len(customer_id) <= _ID_LENGTH_MAX:
        raise UserError(
            f"customer id of {len(customer_id)} characters; wants 1 to {_ID_LENGTH_MAX}"
        )


def told(settings: Settings, customer_id: str) -> Iterator[str]:
    """Yield what happens now, and when the erasure is complete."""
    topic, s = settings.kafka.topic, settings.topics
    yield f"A touchpoint to forget {customer_id} is in {topic(SOURCE)}. A running worker erases"
    yield "the customer's row and voids the open alerts within seconds of reading it."
    yield "The erasure is complete when these have let go of what they hold:"
    yield f"  {topic('customers-changelog')}: two days, by compaction"
    yield f"  {topic(LOG)}: {s.log_retention_days} days, by retention"
    yield f"  {topic('churn-alerts')}: {s.alert_retention_days} days, by retention"
    yield f"  {topic('dead-letters')}: {s.dead_letter_retention_days} days, by retention"
    yield "  the sources: as you keep them"


def asked(settings: Settings, customer_id: str) -> Iterator[str]:
    """Yield what it would do."""
    yield (
        f"Would write a touchpoint to forget {customer_id} into "
        f"{settings.kafka.topic(SOURCE)} on {settings.kafka.brokers}. It cannot be undone."
    )
    yield "Add --yes to do it."
