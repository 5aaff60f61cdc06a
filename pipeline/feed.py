"""What intake knows of one source partition in event time: watermark, jumps and gaps.

One wrong date must not move time: an event dated more than `jump_max` beyond the watermark moves
it only once events of other customers have confirmed that time has come that far.

What a fold may take for granted has to be in the log before the activity that relies on it. So
there are events that a report must precede: the first of all, the first after a gap, and any
dated more than `jump_max` beyond what was last reported.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from pipeline.settings import FeedSettings
from pipeline.units import HOUR_MS, Ints
from schemas.progress import SourceProgress

AHEAD_MAX: Final = 1_000  # events kept that wait for a jump to be confirmed


class Feed:
    """The event time of one source partition, as far as it has been read."""

    def __init__(self, settings: FeedSettings, watermark_ms: int = 0) -> None:
        self._idle_ms = round(settings.idle_hours_max * HOUR_MS)
        self._jump_ms = round(settings.jump_hours_max * HOUR_MS)
        self._confirmations = settings.jump_confirmations
        self._ahead: list[tuple[int, str]] = []  # events beyond a jump: when, and whose
        self._gaps: list[tuple[int, int]] = []
        self._reported_ms = watermark_ms
        self.watermark_ms = watermark_ms

    def read(self, customer_ids: Sequence[str], times_ms: Sequence[int] | Ints) -> int:
        """Take in events in order, up to the first that a report must precede.

        Returns:
            How many were taken in: all, or the number before that event. `report`, then call
            again with the rest.
        """
        begin = self._steady(times_ms)
        for taken in range(begin, len(times_ms)):
            at_ms = int(times_ms[taken])
            if self._advance(customer_ids[taken], at_ms) or self._must_report(at_ms):
                return taken
        return len(times_ms)

    def report(
        self, topic: str, partition: int, partitions: int, next_offset: int, live_at_ms: int = 0
    ) -> SourceProgress:
        """Return what there is to say, and forget the gaps: they are said once."""
        gaps, self._gaps = self._gaps, []
        self._reported_ms = self.watermark_ms
        return SourceProgress(
            topic, partition, partitions, next_offset, self.watermark_ms, live_at_ms, gaps
        )

    def _steady(self, times_ms: Sequence[int] | Ints) -> int:
        """Take in at once the events at the beginning that need no closer look; return how many."""
        if not self.watermark_ms or not len(times_ms):
            return 0
        marks = np.maximum.accumulate(np.concatenate([[self.watermark_ms], times_ms]))
        ahead = np.diff(marks) > min(self._idle_ms, self._jump_ms)
        ahead |= marks[1:] > self._reported_ms + self._jump_ms
        taken = int(ahead.argmax()) if ahead.any() else len(times_ms)
        if marks[taken] > self.watermark_ms:
            self._ahead.clear()
        self.watermark_ms = int(marks[taken])
        return taken

    def _must_report(self, at_ms: int) -> bool:
        unsaid = self.watermark_ms > self._reported_ms
        return unsaid and at_ms > self._reported_ms + self._jump_ms

    def _advance(self, customer_id: str, at_ms: int) -> bool:
        """Move the watermark as far as an event allows; return whether that left a gap."""
        if not self.watermark_ms:
            self.watermark_ms = at_ms
            self._gaps.append((0, at_ms))  # since when there is something to hear of it
            return True
        if at_ms <= self.watermark_ms:
            return False
        if at_ms - self.watermark_ms > self._jump_ms:
            if len(self._ahead) < AHEAD_MAX:
                self._ahead.append((at_ms, customer_id))
            while (further_ms := self._confirmed()) > self.watermark_ms:
                self._move(further_ms)
        else:
            self._move(at_ms)
            self._ahead.clear()
        return bool(self._gaps)

    def _move(self, at_ms: int) -> None:
        """Move the watermark, by way of what was ahead and now is not."""
        passed = [ms for ms, _ in self._ahead if ms <= at_ms]
        self._ahead = [event for event in self._ahead if event[0] > at_ms]
        for mark_ms in sorted([*passed, at_ms]):
            if mark_ms - self.watermark_ms > self._idle_ms:
                self._gaps.append((self.watermark_ms, mark_ms))
            self.watermark_ms = max(self.watermark_ms, mark_ms)

    def _confirmed(self) -> int:
        """Return how far time has come by what is ahead, the next step at least."""
        if not self._ahead:
            return self.watermark_ms
        nearest_ms = min(self._ahead)[0]
        if nearest_ms <= self.watermark_ms + self._jump_ms:
            return nearest_ms  # within reach of a jump confirmed before
        earliest: dict[str, int] = {}
        for ms, who in sorted(self._ahead):
            earliest.setdefault(who, ms)
        if len(earliest) <= self._confirmations:
            return self.watermark_ms
        return sorted(earliest.values())[-1 - self._confirmations]
