"""A company's history from files: the activities of all sources, merged in event time.

Of one time, the order is that of the sources (orders, tickets, touchpoints), then of the files as
given, then of the lines. All of it is held in memory, because files need not be in order.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from agents.files.blocks import Refused
from agents.files.chunk import Chunk
from agents.files.reader import chunks
from agents.sources import SOURCES, Source
from schemas.activity import Activity
from schemas.rejection import Rejection

Files = Mapping[Source, Sequence[Path]]

_PARTITION = 0


@dataclass(frozen=True, slots=True)
class History:
    """What files tell.

    `activities` are in event time. The offset of each is its rank within its source, as if the
    source were a topic of one partition.
    """

    activities: list[Activity]
    topics: tuple[str, ...]  # those that files were given for


def read_history(
    files: Files,
    latest_ms: int,
    refuse: Callable[[Sequence[Refused]], None] = lambda _: None,
    advance: Callable[[int], None] = lambda _: None,
) -> History:
    """Read files to their end.

    Args:
        files: by source.
        latest_ms: what is dated after this is refused.
        refuse: takes the records that cannot be used, as they are found.
        advance: takes how many bytes more have been read.

    Raises:
        FileError: a file cannot be read.
    """
    readers = {
        source: [chunks(path, source.form, latest_ms) for path in files.get(source, ())]
        for source in SOURCES
    }  # made at once, so that a missing file is told before any is read
    activities: list[Activity] = []
    for source, of_files in readers.items():
        mapped: list[Activity] = []
        for of_file in of_files:
            bytes_read = 0
            for chunk in of_file:
                refuse([*chunk.refused, *_map(source, chunk, mapped)])
                advance(chunk.bytes_read - bytes_read)
                bytes_read = chunk.bytes_read
        activities += _in_order(mapped)
    activities.sort(key=attrgetter("occurred_at"))
    return History(activities, tuple(source.topic for source in SOURCES if files.get(source)))


def _map(source: Source, chunk: Chunk[Any], mapped: list[Activity]) -> list[Refused]:
    """Append the activities of a chunk; return what cannot be mapped."""
    refused = []
    to_activity, topic = source.to_activity, source.topic
    offset = len(mapped)
    for index, (record, at_ms) in enumerate(zip(chunk.records, chunk.at_ms, strict=True)):
        activity = to_activity(record, at_ms, topic, _PARTITION, offset)
        if isinstance(activity, Rejection):
            refused.append(chunk.refuse(index, activity))
        else:
            mapped.append(activity)
            offset += 1
    return refused


def _in_order(activities: list[Activity]) -> list[Activity]:
    """Return the activities of one source in event time, their offsets rising."""
    activities.sort(key=attrgetter("occurred_at"))
    return [
        activity if activity.offset == offset else replace(activity, offset=offset)
        for offset, activity in enumerate(activities)
    ]
