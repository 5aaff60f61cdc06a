"""Copies made by the hop through intake: known by their position in the source.

Intake sends again, under new offsets, what it cannot tell was sent. Within one partition of the
log the activities of one source partition come in its order, so what is at or below the newest
position seen has been folded before.
"""

from collections.abc import Sequence

import numpy as np

from pipeline.units import Bools
from schemas.activity import Activity

INDEX_MAX = 255  # activities of one source record, less one


class Positions:
    """The next position expected of each source partition."""

    def __init__(self) -> None:
        self._next: dict[tuple[str, int], int] = {}

    def fresh(self, activities: Sequence[Activity]) -> Bools:
        """Return which activities have not been seen, and count them as seen."""
        sources = [(a.topic, a.partition) for a in activities]
        position = np.array([(a.offset << 8) + a.index for a in activities], np.int64)
        fresh = np.ones(len(activities), np.bool_)
        distinct = set(sources)
        for source in distinct:
            which = (
                np.arange(len(sources))
                if len(distinct) == 1
                else np.flatnonzero([other == source for other in sources])
            )
            before = np.maximum.accumulate(np.r_[self._next.get(source, 0) - 1, position[which]])
            fresh[which] = position[which] > before[:-1]
            self._next[source] = int(before[-1]) + 1
        return fresh

    def state(self) -> dict[tuple[str, int], tuple[int, int]]:
        """Return the next (offset, index) of each source partition."""
        return {source: (at >> 8, at & INDEX_MAX) for source, at in self._next.items()}

    def restore(self, state: dict[tuple[str, int], tuple[int, int]]) -> None:
        """Go on from a `state`."""
        self._next = {source: (offset << 8) + index for source, (offset, index) in state.items()}
