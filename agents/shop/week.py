"""The shop's week: how busy each hour is, and the clock that makes it so.

Orders are a Poisson process in *busy time*, which runs faster in busy hours and keeps step with
the calendar over a whole week: a non-homogeneous Poisson process by time change (Cinlar 1975).
"""

from bisect import bisect_right
from itertools import accumulate

from agents.shop.events import DAY_MS, HOUR_MS

_WEEK_MS = 7 * DAY_MS
_MONDAY_MS = 4 * DAY_MS  # the epoch was a Thursday

_BUSY_BY_DAY = (1.15, 1.05, 1.0, 1.0, 1.1, 0.95, 0.75)  # Monday first
_BUSY_BY_HOUR = (
    *(0.10, 0.05, 0.04, 0.04, 0.05, 0.15, 0.4, 0.8),
    *(1.2, 1.5, 1.6, 1.6, 1.5, 1.4, 1.3, 1.3),
    *(1.3, 1.4, 1.6, 1.9, 2.0, 1.6, 0.9, 0.35),
)


class Week:
    """Calendar time and busy time, one into the other."""

    def __init__(self) -> None:
        raw = [day * hour for day in _BUSY_BY_DAY for hour in _BUSY_BY_HOUR]
        mean = sum(raw) / len(raw)
        self._speeds = [busy / mean for busy in raw]
        self._busy_until = [0.0, *accumulate(speed * HOUR_MS for speed in self._speeds)]

    def later(self, at: int, busy_ms: float) -> int:
        """Return the instant at which `busy_ms` (>= 0) of busy time have passed since `at`."""
        weeks, in_week = divmod(at - _MONDAY_MS, _WEEK_MS)
        hour, in_hour = divmod(in_week, HOUR_MS)
        busy = self._busy_until[hour] + in_hour * self._speeds[hour] + busy_ms
        more_weeks, busy = divmod(busy, self._busy_until[-1])
        hour = min(bisect_right(self._busy_until, busy), len(self._speeds)) - 1
        in_hour_ms = (busy - self._busy_until[hour]) / self._speeds[hour]
        return round(_MONDAY_MS + (weeks + more_weeks) * _WEEK_MS + hour * HOUR_MS + in_hour_ms)
