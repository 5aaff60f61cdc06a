"""What intake knows of one source partition in event time: watermark, jumps and gaps.

One wrong date must not move time: an event dated more than `jump_max` beyond the watermark moves
it only once events of other customers have confirmed that time has come that far.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pipeline.settings import FORBID, positive, require
from pipeline.units import HOUR_MS
from schemas.progress import SourceProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """How a source is expected to behave in time."""

    __pydantic_config__: ClassVar = FORBID

    idle_hours_max: float = 48.0  # [J] longer without any event: the source is dead
    jump_hours_max: float = 24.0  # [J] an event further ahead needs confirmation
    jump_confirmations: int = 2  # [J] by so many other customers

    def __post_init__(self) -> None:
        positive("idle_hours_max", self.idle_hours_max)
        positive("jump_hours_max", self.jump_hours_max)
        n = self.jump_confirmations
        require(1 <= n <= 100, "jump_confirmations", n, "wants 1 to 100")


class Feed:
    """The event time of one source partition, as far as it has been read."""

    def __init__(self, settings: FeedSettings, watermark_ms: int = 0) -> None:
        self._idle_ms = round(settings.idle_hours_max * HOUR_MS)
        self._jump_ms = round(settings.jump_hours_max * HOUR_MS)
        self._confirmations = settings.jump_confirmations
        self._ahead: dict[str, int] = {}  # by customer: earliest event beyond a jump
        self.watermark_ms = watermark_ms
        self.announced_ms = watermark_ms
        self._gaps: list[tuple[int, int]] = []

    def read(self, customer_ids: Sequence[str], times_ms: Sequence[int]) -> int:
        """Take in events in order, up to the first that must be preceded by an announcement.

        An announcement (a Progress record with the gap in it) has to reach the log before the
        first activity after a gap, so that a fold never takes dead time for silence.

        Returns:
            How many events were taken in; `report`, then call again with the rest.
        """
        for taken, (customer_id, at_ms) in enumerate(zip(customer_ids, times_ms, strict=True)):
            if at_ms <= self.watermark_ms:
                continue
            if self.watermark_ms and at_ms - self.watermark_ms > self._jump_ms:
                at_ms = self._confirmed(customer_id, at_ms)  # noqa: PLW2901
                if at_ms <= self.watermark_ms:
                    continue
            gap = self.watermark_ms and at_ms - self.watermark_ms > self._idle_ms
            if gap:
                self._gaps.append((self.watermark_ms, at_ms))
            self.watermark_ms = at_ms
            if gap:
                return taken
        return len(times_ms)

    def report(
        self, topic: str, partition: int, partitions: int, next_offset: int, live_at_ms: int = 0
    ) -> SourceProgress:
        """Return what there is to announce, and forget its gaps: they are announced once."""
        gaps, self._gaps = self._gaps, []
        self.announced_ms = self.watermark_ms
        return SourceProgress(
            topic, partition, partitions, next_offset, self.watermark_ms, live_at_ms, gaps
        )

    def _confirmed(self, customer_id: str, at_ms: int) -> int:
        """Return how far time is confirmed to have come, after one more event beyond a jump."""
        ahead = self._ahead
        ahead[customer_id] = min(at_ms, ahead.get(customer_id, at_ms))
        if len(ahead) <= self._confirmations:
            return self.watermark_ms
        confirmed = sorted(ahead.values())[-1 - self._confirmations]
        ahead.clear()
        return confirmed
