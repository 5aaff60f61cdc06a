"""The log in Kafka, read to its end by `churnwatch fit`."""

import asyncio
from collections.abc import Iterator

from faust.types import TP

from agents.connection import runtime_settings
from agents.live_settings import LOG
from agents.runtime.reading import read_to_end
from agents.settings import Settings
from agents.topics.partitions import partitions_of
from schemas import log
from schemas.rejection import Rejection

Values = list[log.Record | Rejection]


def partitions_read(settings: Settings) -> Iterator[Values]:
    """Yield what each partition of the log holds.

    Raises:
        BrokerUnreachable: no broker answers.
        TopicsError: a topic is missing.
    """
    topic = settings.kafka.topic(LOG)
    for partition in range(partitions_of(settings)[LOG]):
        yield asyncio.run(_read(settings, TP(topic, partition)))


async def _read(settings: Settings, partition: TP) -> Values:
    values: Values = []
    async for chunk in read_to_end(runtime_settings(settings), partition):
        values += [log.decode(record.value) for record in chunk.records]
    return values
