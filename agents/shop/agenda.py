"""Simulated time: every process is a generator that yields the instant it sleeps until.

Code before a `yield` runs at the instant the process was started or last woken, so a life reads
from top to bottom. Memory is one entry per sleeping process, however long the simulation.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import TypeAlias

Process: TypeAlias = Iterator[int]


class Agenda:
    """Sleeping processes by the instant they wake at; equal instants in order of arrival."""

    def __init__(self, start_ms: int) -> None:
        self.now = start_ms
        self._sleeping: list[tuple[int, int, Process]] = []
        self._arrivals = 0

    def begin(self, process: Process) -> None:
        """Run a process until it first sleeps."""
        wakes_at = next(process, None)
        if wakes_at is not None:
            self._arrivals += 1
            # Nobody wakes in the past: time would run backwards for everyone else.
            heappush(self._sleeping, (max(wakes_at, self.now), self._arrivals, process))

    def run(self, until_ms: float) -> Iterator[int]:
        """Wake one process after another, before `until_ms`, yielding after each the instant."""
        while self._sleeping and self._sleeping[0][0] < until_ms:
            self.now, _, process = heappop(self._sleeping)
            self.begin(process)
            yield self.now
