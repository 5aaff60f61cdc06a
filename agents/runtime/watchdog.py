"""The watchdog: a thread that ends a process which is up and no longer works.

It runs beside the event loop, so it sees what the loop cannot: that the loop itself stands
still. It ends the process with one line and exit code 70; Kafka gives the partitions to others.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence

EXIT_WATCHDOG = 70

Check = Callable[[], str | None]


def end_process(reason: str) -> None:
    """Say why, and end at once: no handler or `finally` may hang it again."""
    sys.stderr.write(f"churnwatch: watchdog ends the process: {reason}\n")
    sys.stderr.flush()
    os._exit(EXIT_WATCHDOG)


class LoopHeart:
    """Whether an event loop still turns."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds_max: float) -> None:
        self._loop = loop
        self._seconds_max = seconds_max
        self._beaten_at = time.monotonic()

    def __call__(self) -> str | None:
        """Return what is wrong, and ask the loop for another beat."""
        still = time.monotonic() - self._beaten_at
        if still > self._seconds_max:
            return f"the event loop has stood still for {still:.0f} s"
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._beat)
        return None

    def _beat(self) -> None:
        self._beaten_at = time.monotonic()


def too_long(what: str, seconds: Callable[[], float], seconds_max: float) -> Check:
    """Return a check that something does not last longer than a bound."""

    def check() -> str | None:
        lasted = seconds()
        return f"{what} for {lasted:.0f} s" if lasted > seconds_max else None

    return check


class Watchdog:
    """Looks at all checks, again and again, until one has something to say."""

    def __init__(
        self,
        checks: Sequence[Check] = (),
        *,
        every_seconds: float = 1.0,
        end: Callable[[str], None] = end_process,
    ) -> None:
        self._checks = list(checks)
        self._every_seconds = every_seconds
        self._end = end
        self._off = threading.Event()
        self._stop_by: float | None = None
        self._thread = threading.Thread(target=self._look, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to look on."""
        self._thread.start()

    def add(self, *checks: Check) -> None:
        """Look at these too."""
        self._checks.extend(checks)

    def stop_within(self, seconds_max: float) -> None:
        """From now on the process has this long to end by itself; the first call counts."""
        if self._stop_by is None:
            self._seconds_max = seconds_max
            self._stop_by = time.monotonic() + seconds_max

    def call_off(self) -> None:
        """Stop looking (tests; a process that ends needs no calling off)."""
        self._off.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._off.wait(self._every_seconds):
            reason = self._wrong()
            if reason is not None:
                self._end(reason)
                return

    def _wrong(self) -> str | None:
        if self._stop_by is not None:
            # While stopping, things do stand still; only the time it takes counts.
            late = time.monotonic() > self._stop_by
            return f"not stopped within {self._seconds_max:.0f} s" if late else None
        try:
            return next((reason for check in self._checks if (reason := check())), None)
        except Exception as exc:
            return f"a check of its own raised {type(exc).__name__}: {exc}"
