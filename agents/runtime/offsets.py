"""Safe offsets: below a partition's safe offset, all is done and need not be read again.

Agents move them forward; the consumer commits them and nothing else. They never go back
within one assignment, and a word from an assignment that is over is not heard.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from faust.types import TP


@dataclass(slots=True)
class _Held:
    generation: int
    safe: int
    committed: int
    note: str = ""
    waiting_since: float | None = None


class Position(NamedTuple):
    """Where a partition goes on, and what is kept beside it for whoever goes on there."""

    offset: int
    note: str = ""


class SafeOffsets:
    """The next offset of each held partition that is safe to go on from."""

    def __init__(self) -> None:
        self._held: dict[TP, _Held] = {}

    def begin(self, tp: TP, next_offset: int, generation: int) -> None:
        """Hold a partition, which goes on at `next_offset`; nothing is to be committed yet."""
        self._held[tp] = _Held(generation, next_offset, next_offset)

    def restart(self, tp: TP, next_offset: int) -> None:
        """Go on at another place, even a lower one: the log itself is not what it was."""
        held = self._held[tp]
        self.begin(tp, next_offset, held.generation)

    def advance(self, tp: TP, next_offset: int, generation: int, note: str = "") -> bool:
        """Say that everything below `next_offset` is done.

        Args:
            tp: the partition.
            next_offset: the next offset to read after a restart; lower ones than before are fine.
            generation: of the batch that was done last.
            note: what is committed beside the offset, for whoever goes on from there.

        Returns:
            Whether it was heard: not, if that assignment is over.
        """
        held = self._held.get(tp)
        if held is None or held.generation != generation:
            return False
        if next_offset > held.safe:
            held.safe, held.note = next_offset, note
            if held.waiting_since is None:
                held.waiting_since = time.monotonic()
        return True

    def of(self, tp: TP) -> Position | None:
        """Return the safe position of a partition, None if it is not held."""
        held = self._held.get(tp)
        return None if held is None else Position(held.safe, held.note)

    def pending(self) -> dict[TP, Position]:
        """Return what is safe and not committed."""
        held = self._held.items()
        return {tp: Position(it.safe, it.note) for tp, it in held if it.safe > it.committed}

    def committed(self, positions: Mapping[TP, Position]) -> None:
        """Take in what the broker has accepted."""
        for tp, (offset, _) in positions.items():
            held = self._held.get(tp)
            if held is not None:
                held.committed = max(held.committed, offset)
                held.waiting_since = time.monotonic() if held.safe > held.committed else None

    def clear(self) -> None:
        """Let go of all partitions: nothing is committed for them any more."""
        self._held.clear()

    def waiting_seconds(self) -> float:
        """Return for how long the longest waiting partition has had no commit, 0 if none waits."""
        held = list(self._held.values())  # the watchdog asks from its own thread
        since = [one.waiting_since for one in held if one.waiting_since]
        return time.monotonic() - min(since) if since else 0.0
