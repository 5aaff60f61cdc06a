"""For how long an event loop is held: how late it comes round to who asked, all the while.

By the wall clock, which is what others wait, and by the processor's, which other work on the
machine does not lengthen.
"""

import asyncio
import time
from typing import Self

import numpy as np

from benchmarks.figures import Figure

LOOK_SECONDS = 0.001


class Held:
    """Looks on while it is entered; figures of all that it has seen."""

    def __init__(self) -> None:
        self._late_ms: list[float] = []
        self._busy_ms: list[float] = []
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._looking = asyncio.create_task(self._look())
        await asyncio.sleep(0)  # it looks from now on
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._looking is not None
        await asyncio.sleep(2 * LOOK_SECONDS)  # it sees the last of it, too
        self._looking.cancel()
        await asyncio.wait({self._looking})

    async def _look(self) -> None:
        while True:
            began, processor = time.perf_counter(), time.process_time()
            await asyncio.sleep(LOOK_SECONDS)
            self._late_ms.append(1e3 * (time.perf_counter() - began - LOOK_SECONDS))
            self._busy_ms.append(1e3 * (time.process_time() - processor))

    def figure(self, what: str) -> Figure:
        """Return the longest, with the rest in a note."""
        (late, most), (busy, busy_most) = (
            np.percentile(times, (99, 100)) for times in (self._late_ms, self._busy_ms)
        )
        note = f"p99 {late:.0f}; of the processor: max {busy_most:.0f}, p99 {busy:.0f}"
        return Figure(f"{what} holds the loop, max, ms", f"{most:.0f}", note)
