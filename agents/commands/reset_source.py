"""`churnwatch topics reset-source NAME`: a source topic was deleted and made anew; read it so.

The fold knows copies by their place in the source, so what comes at places it has seen would be
dropped. A Reset in every partition of the log makes it forget the places of that source, in order.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from faust.types import TP

from agents.connection import runtime_settings, send_settings
from agents.live_settings import LOG
from agents.problems import UserError
from agents.runtime.idle_group import IdleGroup, idle_group
from agents.runtime.offsets import Position
from agents.runtime.produce import Outbox
from agents.runtime.rows import Row
from agents.settings import Settings
from agents.topics.partitions import partitions_of
from schemas import log
from schemas.reset import Reset


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source partition was read up to, and what it holds now."""

    partition: int
    was: int | None  # None: never read
    begins: int
    ends: int


def places(settings: Settings, source: str) -> list[Place]:
    """Return how the group stands to a source.

    Raises:
        UserError: it is no source.
        GroupIsBusy: a worker is running.
        BrokerUnreachable, TopicsError: as for a worker.
    """
    return asyncio.run(_reset(settings, source, _checked(settings, source), apply=False))


def reset(settings: Settings, source: str) -> list[Place]:
    """Have a source read from its beginning; return how it was, partition by partition."""
    return asyncio.run(_reset(settings, source, _checked(settings, source), apply=True))


def _checked(settings: Settings, source: str) -> Mapping[str, int]:
    if source not in settings.sources:
        sources = ", ".join(settings.sources)
        raise UserError(f"{source} is no source; the settings name {sources}")
    return partitions_of(settings)


async def _reset(
    settings: Settings, source: str, partitions: Mapping[str, int], *, apply: bool
) -> list[Place]:
    topic = settings.kafka.topic(source)
    tps = [TP(topic, number) for number in range(partitions[source])]
    async with idle_group(runtime_settings(settings), tps) as group:
        found = [await _place(group, tp) for tp in tps]
        if apply:
            # First the log: to read again what the fold takes for copies would lose it.
            await _tell_the_log(settings, source, partitions[LOG])
            for tp in tps:
                known = await group.committed(tp)
                note = "" if known is None else known.note
                await group.commit(tp, Position(await group.beginning(tp), note))
    return found


async def _place(group: IdleGroup, tp: TP) -> Place:
    known = await group.committed(tp)
    was = None if known is None else known.offset
    return Place(tp.partition, was, await group.beginning(tp), await group.end(tp))


async def _tell_the_log(settings: Settings, source: str, partitions: int) -> None:
    topic, value = settings.kafka.topic(LOG), log.encode(Reset(source))
    async with Outbox(send_settings(settings)) as outbox:
        await outbox.send(Row(topic, number, None, value) for number in range(partitions))


def told(found: list[Place], source: str, *, applied: bool) -> Iterator[str]:
    """Yield what was, or would be, done, by partition."""
    for each in found:
        was = "was never read" if each.was is None else f"was read up to {each.was}"
        makes_sense = each.was is None or each.was <= each.ends
        lies = "" if makes_sense else f" and ends at {each.ends}: it was made anew"
        yield f"{source}/{each.partition} {was}{lies}; goes on at {each.begins}"
    if applied:
        yield f"{source} is read from its beginning when a worker starts."
    else:
        yield "Only for a topic that was deleted and made anew. Add --yes to do it."
