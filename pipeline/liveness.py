"""When a source was alive: silence may only count time in which it was.

Each partition of a source reports its gaps: stretches between two of its events longer than the
source's `idle_max`. A source is dead where all of its partitions have a gap at once, for longer
than `idle_max`; those are exactly the gaps between consecutive events of all of them. A partition
that has not been read so far, or has had no event since, is in a gap as far as is known; one
that begins later says so by a gap from 0 to its first event.

Since its newest event a source counts as dead: only its next event can tell.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from pipeline.units import NEVER, Ints

Gap = tuple[int, int]
_EVER: Final = -NEVER


class Stretches:
    """Dead stretches of time, and how much of any other stretch was alive."""

    def __init__(self) -> None:
        self._starts = np.zeros(0, np.int64)
        self._ends = np.zeros(0, np.int64)
        self._dead_before = np.zeros(1, np.int64)  # up to each start, and in all

    def alive_ms(self, since_ms: Ints, until_ms: Ints) -> Ints:
        """Return how long it was alive within each stretch, the open end not judged."""
        return until_ms - since_ms - (self._dead_until(until_ms) - self._dead_until(since_ms))

    def after(self, since_ms: Ints, alive_ms: Ints) -> Ints:
        """Return the first instant by which it was alive for so long since then.

        It assumes that the source goes on living, so it is the earliest possible.
        """
        target = since_ms - self._dead_until(since_ms) + alive_ms
        passed = np.searchsorted(self._starts - self._dead_before[:-1], target, side="left")
        return np.asarray(target + self._dead_before[passed])

    def dead(self) -> list[Gap]:
        """Return the dead stretches known, in order."""
        return list(zip(self._starts.tolist(), self._ends.tolist(), strict=True))

    def _set(self, dead: Sequence[Gap]) -> int:
        """Take stretches for the dead ones; return how much time was dead, and is not any more."""
        before = self.dead()
        self._starts = np.array([a for a, _ in dead], np.int64)
        self._ends = np.array([b for _, b in dead], np.int64)
        self._dead_before = np.concatenate([[0], np.cumsum(self._ends - self._starts)])
        return _length(before) - _length(_common(before, dead))

    def _dead_until(self, instant_ms: Ints) -> Ints:
        begun = np.searchsorted(self._starts, instant_ms, side="left")
        last_end = np.concatenate([[_EVER], self._ends])[begun]
        return np.asarray(self._dead_before[begun] - np.maximum(last_end - instant_ms, 0))


class Joint(Stretches):
    """Several sources as one: dead while any of them is that has been heard of."""

    def __init__(self, sources: Sequence["Liveness"]) -> None:
        super().__init__()
        self._sources = sources
        self.belief_ms_max = min(source.belief_ms_max for source in sources)
        self.newest_ms = 0  # as far as all of them are known to have been alive; only goes on

    def restore(self, newest_ms: int) -> None:
        """Go on from there, once the sources do."""
        self.newest_ms = newest_ms
        self.update()

    def update(self) -> int:
        """Take in what the sources know now; return how much time is not dead any more."""
        heard = [source for source in self._sources if source.newest_ms]
        newest_ms = min((source.newest_ms for source in heard), default=0)
        self.newest_ms = max(self.newest_ms, newest_ms)
        return self._set(_united([gap for source in heard for gap in source.dead()]))


class Liveness(Stretches):
    """The dead stretches of one source, from what its partitions have reported."""

    def __init__(self, idle_ms_max: int, jump_ms_max: int = 0) -> None:
        super().__init__()
        self.idle_ms_max = idle_ms_max
        # What is reported may lag behind by a jump: a source that lives is never in doubt.
        self.belief_ms_max = idle_ms_max + jump_ms_max
        self._gaps: dict[int, list[Gap]] = {}
        self._newest: dict[int, int] = {}

    @property
    def newest_ms(self) -> int:
        """Return the newest event of the source, 0 for none: it was alive until then."""
        return max(self._newest.values(), default=0)

    def changes(self, partition: int, gaps: Sequence[Gap]) -> bool:
        """Return whether a report with these gaps could change what is dead or alive."""
        # With gaps of one partition alone, its own progress cannot change where all are dead.
        alone = self._newest.keys() <= {partition}
        # Nor can any, as long as none is dead and there is no gap but before the first events.
        inner = any(start > 0 for held in self._gaps.values() for start, _ in held)
        return bool(gaps) or (not alone and (inner or len(self._starts) > 0))

    def report(self, partition: int, newest_ms: int, gaps: Sequence[Gap]) -> int:
        """Take in what a partition says: its newest event, and its gaps since it last said.

        Returns:
            How much time was held to be dead before, and is not any more, in milliseconds.
        """
        known = self._newest.get(partition, 0)
        self._newest[partition] = max(known, newest_ms)
        held = self._gaps.setdefault(partition, [])
        # Said twice, or by a reader that forgot where it was: only what is new of it counts.
        held.extend((max(start, known), end) for start, end in gaps if end > known)
        if not self.changes(partition, gaps):
            return 0
        return self._find()

    def believed_ms(self, at_ms: Ints, newest_ms: Ints) -> Ints:
        """Return how far the source is believed to have been alive at instants.

        Args:
            at_ms: (n,) instants.
            newest_ms: (n,) its newest event, as far as was known then; 0 for not heard of.
        """
        end_ms = np.where(newest_ms > 0, newest_ms + self.belief_ms_max, NEVER)
        believed_ms = np.minimum(at_ms, end_ms)
        if not len(self._starts):
            return believed_ms
        begun = self._starts.searchsorted(believed_ms, side="left") - 1
        is_dead = (begun >= 0) & (believed_ms < self._ends[begun])
        within_ms = np.minimum(believed_ms, self._starts[begun] + self.belief_ms_max)
        return np.where(is_dead, within_ms, believed_ms)

    def state(self) -> dict[str, Any]:
        """Return what `restore` takes: plain values."""
        gaps = [(partition, held) for partition, held in sorted(self._gaps.items())]
        return {"gaps": gaps, "newest": sorted(self._newest.items())}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self._gaps = {p: [(start, end) for start, end in held] for p, held in state["gaps"]}
        self._newest = dict(state["newest"])
        self._find()

    def _find(self) -> int:
        newest = self.newest_ms
        dead = [(_EVER, newest)]
        for partition, held in self._gaps.items():
            open_end = (self._newest[partition], NEVER)
            dead = _common(dead, [*held, open_end])
        dead = [(a, b) for a, b in dead if b - a > self.idle_ms_max and a > 0 and b <= newest]
        return self._set(dead)


def _length(gaps: Sequence[Gap]) -> int:
    return sum(end - start for start, end in gaps)


def _united(gaps: Sequence[Gap]) -> list[Gap]:
    """Return where any is: stretches in order, none touching the next."""
    united: list[Gap] = []
    for start, end in sorted(gaps):
        if united and start <= united[-1][1]:
            united[-1] = united[-1][0], max(united[-1][1], end)
        else:
            united.append((start, end))
    return united


def _common(left: Sequence[Gap], right: Sequence[Gap]) -> list[Gap]:
    """Return where both are: the intersection of two ordered lists of stretches."""
    common, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            common.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return common
