"""Alignment: in a backfill no source runs far ahead of the slowest, and none ahead of the fold.

A source partition does not go on to a time more than `skew_max` beyond what the slowest one that
still has more to read has come to; but it waits no longer than `align_wait_max` for each step. So,
with the skew below a source's `idle_max`, no stretch is taken for dead only because another
partition has not been read that far. And intake waits while the log that it feeds is too far ahead
of watch: downstream first.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from agents.live_settings import IntakeSettings
from agents.metrics import INTAKE_HELD
from schemas.progress import SourceProgress


@dataclass(frozen=True, slots=True)
class _Read:
    come_to_ms: int
    caught_up: bool


class Alignment:
    """How far every source partition has been read, and how far behind watch is."""

    def __init__(self, settings: IntakeSettings) -> None:
        self._settings = settings
        self._read: dict[tuple[str, int], _Read] = {}
        self._own: set[tuple[str, int]] = set()  # partitions that this worker reads itself
        self._ending: set[tuple[str, int]] = set()  # to be given up: they wait no more
        self._behind: dict[int, int] = {}  # records, by partition of the log
        self._moved = asyncio.Event()  # set, and replaced, whenever one of the above changes

    def read(self, source: str, partition: int, come_to_ms: int) -> None:
        """Take in that a partition of this worker has come to there, and may have more."""
        self._own.add((source, partition))
        self._come((source, partition), come_to_ms, caught_up=False)

    def report(self, progress: SourceProgress) -> None:
        """Take in what this worker says of a partition of its own."""
        key = progress.topic, progress.partition
        self._own.add(key)
        self._come(key, progress.watermark, caught_up=progress.live_at > 0)

    def hear(self, progress: SourceProgress) -> None:
        """Take in what the log says of a partition that another worker reads."""
        key = progress.topic, progress.partition
        if key not in self._own:  # of its own the log knows old news only
            self._come(key, progress.watermark, caught_up=progress.live_at > 0)

    def _come(self, key: tuple[str, int], come_to_ms: int, *, caught_up: bool) -> None:
        known = self._read.get(key)
        self._read[key] = _Read(max(come_to_ms, known.come_to_ms if known else 0), caught_up)
        self._tell()

    def ending(self, source: str, partition: int) -> None:
        """Take in that a partition of this worker is to be given up: it waits no more."""
        self._ending.add((source, partition))
        self._tell()

    def leave(self, source: str, partition: int) -> None:
        """Forget a source partition until the log says of it what its next reader has read."""
        self._ending.discard((source, partition))
        self._own.discard((source, partition))
        self._read.pop((source, partition), None)
        self._tell()

    def behind(self, partition: int, records: int) -> None:
        """Take in how many records of a log partition watch has not folded."""
        self._behind[partition] = records
        self._tell()

    def let_go(self, partition: int) -> None:
        """Forget a log partition that is held no more."""
        self._behind.pop(partition, None)
        self._tell()

    async def wait(self, source: str, partition: int, until_ms: int, skew_ms: int) -> bool:
        """Wait until a source partition may go on to a time, within the bounds.

        Returns:
            Whether it may; not, if it is to be given up.

        Args:
            source: topic of the source, by its name here.
            partition: which one.
            until_ms: the event time of what it would write next.
            skew_ms: how far ahead of the slowest that may be.
        """
        me = (source, partition)
        self.read(source, partition, until_ms)  # there is nothing left to read before that
        await self._hold(me, "ahead_of_sources", lambda: self._is_ahead(me, until_ms, skew_ms))
        await self._hold(me, "ahead_of_watch", self._is_log_ahead)
        return me not in self._ending

    async def _hold(self, me: tuple[str, int], reason: str, must_wait: Callable[[], bool]) -> None:
        if me in self._ending or not must_wait():
            return
        began = time.monotonic()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.align_wait_seconds_max):
                while me not in self._ending and must_wait():
                    await self._moved.wait()
        INTAKE_HELD.labels(me[0], reason).inc(time.monotonic() - began)

    def _tell(self) -> None:
        """Wake all who wait, to look again."""
        self._moved.set()
        self._moved = asyncio.Event()

    def _is_ahead(self, me: tuple[str, int], until_ms: int, skew_ms: int) -> bool:
        others = (read for key, read in self._read.items() if key != me and not read.caught_up)
        slowest_ms = min((read.come_to_ms for read in others), default=until_ms)
        return until_ms - slowest_ms > skew_ms

    def _is_log_ahead(self) -> bool:
        return max(self._behind.values(), default=0) > self._settings.log_ahead_records_max
