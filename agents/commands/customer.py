"""`churnwatch customer ID`: what the log knows of one customer, and why an alert stands."""

import asyncio
import math
from collections.abc import Iterator

from faust.types import TP

from agents.commands.columns import columns
from agents.connection import runtime_settings
from agents.live.dossier import Dossier
from agents.live_settings import LOG
from agents.runtime.reading import read_to_end
from agents.runtime.rows import partition_for
from agents.sentences import sentence
from agents.settings import Settings
from agents.topics.partitions import partitions_of
from pipeline.census import Census
from schemas.activity import Activity, Kind
from schemas.base import rfc3339

_OVER = frozenset({"resolved", "lost", "expired", "retracted"})
_SHARE_MIN = 0.005


def dossier(settings: Settings, customer_id: str) -> Dossier:
    """Read all there is of a customer, from the one partition of the log that holds it.

    Raises:
        BrokerUnreachable: no broker answers.
        TopicsError: a topic is missing.
    """
    count = partitions_of(settings)[LOG]
    topic = settings.kafka.topic(LOG)
    partition = partition_for(customer_id.encode(), count)
    found = Dossier.of(customer_id, settings.pipeline(), topic, partition)
    asyncio.run(_read(found, settings, topic, partition))
    return found


async def _read(into: Dossier, settings: Settings, topic: str, partition: int) -> None:
    async for chunk in read_to_end(runtime_settings(settings), TP(topic, partition)):
        some = [record for record in chunk.records if into.concerns(record.key)]
        into.fold([record.value for record in some], [record.offset for record in some])


def unknown(found: Dossier) -> str:
    """Return the line about a customer of whom there is nothing."""
    where = f"{found.table.topic}/{found.table.partition}"
    if found.count:
        return f"customer {found.customer_id!r} was forgotten: `forget` is the last word in {where}"
    return (
        f"customer {found.customer_id!r} is not known: nothing of that id in {where}; "
        "ids are compared as they are, case and spaces included"
    )


def told(found: Dossier) -> Iterator[str]:
    """Yield a dossier in words."""
    row = found.census()
    where = f"{found.table.topic}/{found.table.partition}"
    yield f"{found.customer_id}, as of {_at(found.now_ms)} ({found.count:,} records in {where})"
    yield from columns(list(_facts(row)), "  ")
    yield from _why(found, row)
    yield from _matters(found)
    yield from _alerts(found)
    yield f"Last {len(found.events)} of {found.count:,} events"
    yield from columns([_event(event) for event in found.events], "  ")


def _facts(row: Census) -> Iterator[tuple[str, str]]:
    yield "stage", row.stage[0]
    orders, tickets = int(row.orders[0]), int(row.tickets[0])
    yield "orders", f"{orders:,}, the last {_at(int(row.last_order_ms[0]))}" if orders else "none"
    yield "tickets", f"{tickets:,}"
    if math.isnan(row.silence_days[0]):
        yield "silence", "not known: no order yet"
    else:
        yield "silence", f"{row.silence_days[0]:.1f} days without an order (the feed being alive)"
        yield "probability", f"{row.churn_probability[0]:.0%} of no order within the horizon"
    if not math.isnan(row.value_at_risk[0]):
        yield "at risk", f"{row.value_at_risk[0]:,.0f} {row.currency[0]}".rstrip()
    yield "frustration", f"{row.frustration[0]:.2f} of {row.endurance[0]:.2f} that can be borne"


def _why(found: Dossier, row: Census) -> Iterator[str]:
    whole = float(row.frustration[0])
    parts = [(cause, part) for cause, part in found.causes() if part > _SHARE_MIN * whole]
    if parts:
        yield "Frustration comes from"
        yield from columns(
            [(cause, f"{part:.2f}", f"{part / whole:.0%}") for cause, part in parts], "  "
        )
        factors = " x ".join(f"{factor:.2f} {name}" for name, factor in found.endurance().items())
        yield f"Endurance is {factors}"


def _matters(found: Dossier) -> Iterator[str]:
    rows = []
    for matter in found.open_matters():
        late = found.overdue_days(matter)
        promised = f"promised for {_at(matter.promised_ms)}" if matter.promised_ms else "no promise"
        overdue = f"{late:.1f} days overdue" if late else ""
        rows.append((matter.what, f"open since {_at(matter.opened_ms)}", promised, overdue))
    yield "Open matters" if rows else "Open matters: none"
    if rows:
        yield from columns(rows, "  ")


def _alerts(found: Dossier) -> Iterator[str]:
    standing = [alert for alert in found.alerts.values() if alert.state not in _OVER]
    yield "Open alerts" if standing else "Open alerts: none"
    for alert in standing:
        yield f"  {sentence(alert)}"
        yield f"    {alert.kind}, {alert.state}, {alert.severity}; alert_id {alert.alert_id}"


def _event(event: Activity) -> tuple[str, str, str, str]:
    source = f"{event.topic}/{event.partition}@{event.offset}"
    what = Kind(event.kind).name.lower().replace("_", " ")
    return _at(event.occurred_at), what, event.item, source


def _at(at_ms: int) -> str:
    return rfc3339(at_ms)[:16].replace("T", " ")
