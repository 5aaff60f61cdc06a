"""Progress: how far a worker has read its sources, the tick of `customer-activity`.

Time enters the log here and nowhere else.
"""

from msgspec import Struct


class SourceProgress(Struct, frozen=True, array_like=True, gc=False):
    """How far one source partition has been read.

    All activities below `next_offset` are in the log before this record. `watermark` is the
    newest confirmed event time (0: none yet), `live_at` the wall clock if it has been read to
    its end (0: it has not), both in milliseconds. `gaps` are the stretches (from, to), in event
    time, new since the last report, in which this source partition had no event for longer
    than the source's `idle_max`.
    """

    topic: str
    partition: int
    partitions: int
    next_offset: int
    watermark: int
    live_at: int = 0
    gaps: list[tuple[int, int]] = []


class Progress(Struct, frozen=True, array_like=True, tag="p", gc=False):
    """How far one worker has read the source partitions that it holds."""

    sources: list[SourceProgress]
