"""A history from the log itself: its activities in event time, each once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter

from msgspec.structs import replace

from agents.offline.history import History
from schemas.activity import Activity
from schemas.log import Record
from schemas.reset import Reset

_Place = tuple[str, int, int, int, int]


def each_once(records: Iterable[Record]) -> list[Activity]:
    """Return the activities of one partition of the log, in its order, without the copies.

    A source that was made anew counts its offsets from the start again: those are no copies.
    """
    found: dict[_Place, Activity] = {}
    made_anew: Counter[str] = Counter()
    for record in records:
        if isinstance(record, Reset):
            made_anew[record.topic] += 1
        elif isinstance(record, Activity):
            r = record
            place = (r.topic, made_anew[r.topic], r.partition, r.offset, r.index)
            found.setdefault(place, record)
    return list(found.values())


def log_history(activities: Iterable[Activity], sources: Sequence[str]) -> History:
    """Return activities as the history that files of them would give, numbered by their source.

    Args:
        activities: of all partitions of the log, each once.
        sources: the topics of the settings.
    """
    next_offset = dict.fromkeys(sources, 0)
    numbered = []
    for activity in sorted(activities, key=attrgetter("occurred_at")):
        offset = next_offset.setdefault(activity.topic, 0)
        next_offset[activity.topic] += 1
        numbered.append(replace(activity, partition=0, offset=offset, index=0))
    return History(numbered, tuple(next_offset))
