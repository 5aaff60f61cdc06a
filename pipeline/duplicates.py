"""Copies made by the hop through intake: known by their position in the source.

Intake sends again, under new offsets, what it cannot tell was sent. Within one partition of the
log the activities of one source partition come in its order, so what is at or below the newest
position seen has been folded before.
"""

from collections.abc import Iterator

import numpy as np

from pipeline.events import Fields
from pipeline.units import Bools, Ints, nonzero

INDEX_MAX = 255  # activities of one source record, less one


class Positions:
    """The next position expected of each source partition."""

    def __init__(self) -> None:
        self._next: dict[tuple[str, int], int] = {}

    def fresh(self, fields_of: Fields) -> Bools:
        """Return which activities have not been seen, and count them as seen."""
        position = np.array(fields_of["offset"], np.int64) << 8
        position += np.array(fields_of["index"], np.int64)
        fresh = np.ones(len(position), np.bool_)
        for source, which in _by_source(fields_of["topic"], fields_of["partition"]):
            expected = np.r_[self._next.get(source, 0) - 1, position[which]]
            newest = np.maximum.accumulate(expected)
            fresh[which] = position[which] > newest[:-1]
            self._next[source] = int(newest[-1]) + 1
        return fresh

    def forget(self, topic: str) -> None:
        """Expect a topic from its beginning."""
        self._next = {source: at for source, at in self._next.items() if source[0] != topic}

    def offset(self, topic: str, partition: int) -> int:
        """Return the offset of the newest position seen of a source partition, 0 for none."""
        return max(self._next.get((topic, partition), 0) - 1, 0) >> 8

    def state(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Return the next (offset, index) of each source partition."""
        return {source: (at >> 8, at & INDEX_MAX) for source, at in self._next.items()}

    def restore(self, state: dict[tuple[str, int], tuple[int, int]]) -> None:
        """Go on from a `state`."""
        self._next = {source: (offset << 8) + index for source, (offset, index) in state.items()}


def _by_source(
    topics: list[str], partitions: list[int]
) -> Iterator[tuple[tuple[str, int], Ints | slice]]:
    """Yield each source partition with the places of its activities."""
    names = sorted(set(topics))
    if len(names) == 1 and len(set(partitions)) == 1:
        yield (names[0], partitions[0]), slice(None)
        return
    code = {name: place for place, name in enumerate(names)}
    source = np.array([code[topic] for topic in topics], np.int64) << 32
    source += np.array(partitions, np.int64)
    for one in np.unique(source).tolist():
        yield (names[one >> 32], one & 0xFFFFFFFF), nonzero(source == one)
