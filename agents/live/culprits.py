"""A step that raises: which record is to blame.

The step has torn its table, so the partition starts over; then the stretch at which it raised is
folded record by record. Where it raises again is the culprit: it is left out, and becomes a dead
letter. If another record of the stretch raises as well, it is not the record that is wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from aiokafka import ConsumerRecord
from faust.types import TP

from agents.runtime.errors import Torn, WorkerError, place

Records: TypeAlias = "Sequence[ConsumerRecord[bytes, bytes]]"


class StepFailed(WorkerError):  # noqa: N818 - as the others of its tree
    """Folding raises at more than one record."""


@dataclass(slots=True)
class _Stretch:
    until: int  # offset after its last record
    culprit: int = -1


class Culprits:
    """What is suspected, by partition of the log; it outlives the lives of a partition."""

    def __init__(self) -> None:
        self._stretches: dict[int, _Stretch] = {}

    def parts(self, partition: int, records: Records, size: int) -> Iterator[tuple[Records, bool]]:
        """Yield records in parts to fold at once, each with whether it is to be left out."""
        stretch = self._stretches.get(partition)
        begin = 0
        while stretch and begin < len(records) and records[begin].offset < stretch.until:
            yield records[begin : begin + 1], records[begin].offset == stretch.culprit
            begin += 1
        for at in range(begin, len(records), size):
            yield records[at : at + size], False

    def blame(self, part: Records, error: Exception) -> Torn:
        """Take in that folding a part raised; return what to start over for.

        Raises:
            StepFailed: a second record of a stretch raises.
        """
        first, last = part[0], part[-1]
        tp = TP(first.topic, first.partition)
        where = f"{place(tp)}: folding offsets {first.offset} to {last.offset}"
        why = f"{type(error).__name__}: {error}".removesuffix(": ")
        stretch = self._stretches.get(first.partition)
        if stretch is None or first.offset >= stretch.until:
            self._stretches[first.partition] = _Stretch(last.offset + 1)
        elif stretch.culprit < 0:
            stretch.culprit = first.offset
        else:
            raise StepFailed(f"{where} raised {why}, after offset {stretch.culprit} had raised too")
        return Torn(f"{where} raised {why}")

    def passed(self, partition: int, next_offset: int) -> None:
        """Take in that what is stored goes on there: a stretch before it is over."""
        stretch = self._stretches.get(partition)
        if stretch is not None and next_offset >= stretch.until:
            del self._stretches[partition]
