"""The flusher of one shard: when what has changed is written, one transaction at a time.

Alerts are written at once; rows that changed wait a little for company; that the log was folded
further, and nothing else, waits longest. Folding goes on meanwhile, until so much is waiting that
it has to wait for the writing.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from agents.live.shard import Shard, Snapshot
from agents.live_settings import FlushSettings
from agents.reports_state import FlushWasCommitted
from agents.runtime.transactions import Transactor


class Flusher:
    """Writes one shard, until told to stop or until a transaction fails."""

    def __init__(
        self,
        shard: Shard,
        transactor: Transactor,
        settings: FlushSettings,
        committed: Callable[[Snapshot], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._shard = shard
        self._transactor = transactor
        self._settings = settings
        self._committed = committed
        self._failed = failed
        self._began_at = time.monotonic()
        self._written_at = time.monotonic()
        self._moved = asyncio.Event()
        self._written = asyncio.Event()
        self._behind = False
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name=f"flush-{shard.partition}")

    @property
    def unwritten_seconds(self) -> float:
        """For how long something has been waiting to be written."""
        waits = self._shard.rows_waiting or self._shard.alerts_waiting
        return time.monotonic() - self._written_at if waits else 0.0

    async def folded(self, *, behind: bool) -> None:
        """Take in that the shard has changed; return when more may be folded.

        Args:
            behind: there is much more to fold: what is written should be large, not soon.
        """
        self._behind = behind
        self._moved.set()
        while self._is_full() and not self._task.done():
            self._written.clear()
            await self._written.wait()

    async def drain(self) -> None:
        """Write all that waits, and stop; nothing may be folded any more.

        Raises:
            StartOver: it cannot be written.
        """
        self._stopping = True
        self._moved.set()
        await asyncio.wait({self._task})
        if self._shard.has_moved:
            await self._flush()

    async def stop(self) -> None:
        """Stop in the middle, whatever waits."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        try:
            while await self._is_due():
                await self._flush()
        except Exception as exc:
            self._failed(exc)
        finally:
            self._written.set()  # who waits for room must not wait for ever

    async def _is_due(self) -> bool:
        """Wait until something has to be written; return False when told to stop."""
        while not self._stopping:
            self._moved.clear()
            left = self._due_seconds() - (time.monotonic() - self._began_at)
            if left <= 0:
                return True
            with suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left if left < 1e9 else None)
        return False

    def _due_seconds(self) -> float:
        """Return how long after the last flush began the next one is due."""
        s, shard = self._settings, self._shard
        if self._is_full():
            return 0.0
        if shard.alerts_waiting and not self._behind:
            return s.alert_seconds
        if shard.alerts_waiting or shard.rows_waiting:
            return s.row_seconds
        return s.header_seconds if shard.has_moved else float("inf")

    def _is_full(self) -> bool:
        s, shard = self._settings, self._shard
        return shard.rows_waiting >= s.rows_max or shard.alerts_waiting >= s.rows_max

    async def _flush(self) -> None:
        self._began_at = began = time.monotonic()
        snapshot = self._shard.take()
        self._written.set()  # there is room again while this is under way
        await self._transactor.commit(snapshot.rows, self._settings.seconds_max)
        self._written_at = time.monotonic()
        self._committed(snapshot)
        FlushWasCommitted(
            self._shard.partition,
            snapshot.next_offset,
            snapshot.rows,
            snapshot.alerts,
            time.monotonic() - began,
        ).emit()
