"""Alignment: in a backfill no source runs far ahead of the slowest, and none ahead of the fold.

A source partition that is more than `skew_max` of event time ahead of the slowest one that still
has more to read waits, but not longer than `align_wait_max` for each batch. And intake waits while
the log that it feeds is too far ahead of watch: downstream first.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agents.live_settings import IntakeSettings
from agents.metrics import INTAKE_HELD
from pipeline.units import HOUR_MS
from schemas.progress import SourceProgress

_RECHECK_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class _Read:
    watermark_ms: int
    caught_up: bool


class Alignment:
    """How far every source partition has been read, and how far behind watch is."""

    def __init__(self, settings: IntakeSettings) -> None:
        self._settings = settings
        self._skew_ms = round(settings.skew_hours_max * HOUR_MS)
        self._read: dict[tuple[str, int], _Read] = {}
        self._behind: dict[int, int] = {}  # records, by partition of the log

    def hear(self, progress: SourceProgress) -> None:
        """Take in how far a source partition has been read, by whichever worker."""
        caught_up = progress.live_at > 0
        self._read[progress.topic, progress.partition] = _Read(progress.watermark, caught_up)

    def behind(self, partition: int, records: int) -> None:
        """Take in how many records of a log partition watch has not folded."""
        self._behind[partition] = records

    def let_go(self, partition: int) -> None:
        """Forget a log partition that is held no more."""
        self._behind.pop(partition, None)

    async def wait(self, source: str, partition: int) -> None:
        """Wait until a source partition may read on, within the bounds."""
        await self._hold(source, "ahead_of_sources", lambda: self._is_ahead(source, partition))
        await self._hold(source, "ahead_of_watch", self._is_log_ahead)

    async def _hold(self, source: str, reason: str, must_wait: Callable[[], bool]) -> None:
        if not must_wait():
            return
        began = time.monotonic()
        while must_wait() and time.monotonic() - began < self._settings.align_wait_seconds_max:
            await asyncio.sleep(_RECHECK_SECONDS)
        INTAKE_HELD.labels(source, reason).inc(time.monotonic() - began)

    def _is_ahead(self, source: str, partition: int) -> bool:
        own = self._read.get((source, partition))
        behind_ms = [read.watermark_ms for read in self._read.values() if not read.caught_up]
        if own is None or not behind_ms:
            return False
        return own.watermark_ms - min(behind_ms) > self._skew_ms

    def _is_log_ahead(self) -> bool:
        return max(self._behind.values(), default=0) > self._settings.log_ahead_records_max
