"""`churnwatch rebuild`: fold the log again, after a change of settings that shape the state."""

import asyncio
from collections.abc import Iterator

from agents.commands.columns import columns
from agents.commands.progress import progress
from agents.live.rebuilding import Rebuilt, rebuild
from agents.live_settings import LOG
from agents.settings import Settings
from agents.topics.partitions import partitions_of


def run(settings: Settings) -> list[Rebuilt]:
    """Rebuild every partition.

    Raises:
        BrokerUnreachable: no broker answers.
        TopicsError: a topic is missing.
        GroupIsBusy: a worker is running.
    """
    partitions = partitions_of(settings)[LOG]
    return asyncio.run(_rebuilt(settings, partitions))


async def _rebuilt(settings: Settings, partitions: int) -> list[Rebuilt]:
    found = []
    with progress() as begin:
        advance = begin("Partitions", partitions)
        async for each in rebuild(settings, partitions):
            found.append(each)
            advance(1)
    return found


def told(found: list[Rebuilt]) -> Iterator[str]:
    """Yield what was rebuilt, by partition, and what to know of it."""
    rows = [("partition", "customers", "rows deleted", "alerts not told again", "goes on at")]
    rows += [
        (
            str(each.partition),
            f"{each.customers:,}",
            f"{each.deleted:,}",
            f"{each.alerts_muted:,}",
            str(each.next_offset),
        )
        for each in found
    ]
    yield from columns(rows, "")
    cut = [str(each.partition) for each in found if each.log_start > 0]
    if cut:
        yield (
            f"The log of partition {', '.join(cut)} has lost its beginning to its retention: "
            "what was before is not in the state any more."
        )
    yield "Rebuilt. Workers may be started."


def asked(settings: Settings) -> Iterator[str]:
    """Yield what a rebuild would do."""
    where = settings.kafka.topic(LOG)
    yield (
        f"Would fold {where} on {settings.kafka.brokers} again with these settings, and replace "
        "the state by what comes of it. No alert is sent."
    )
    yield "All workers must be stopped. Add --yes to do it."
