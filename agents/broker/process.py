"""A child process that does not outlive us, however we end.

A watcher (`sh`) holds the reading end of a pipe of ours. When we are gone, even by
SIGKILL, the pipe closes and the watcher kills the child. That works on any POSIX system,
and from any thread, which a parent-death signal does not. The child begins only when
its watcher is there.
"""

import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

STOP_SECONDS_MAX = 15.0
WHEN_WATCHED = 'read _ && exec "$@" </dev/null'
INTERRUPTS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the end of the block.

    For the start of a child: an exception in the midst of it leaves one that nobody knows of.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # no signal interrupts here
        return
    heard: list[int] = []
    before = {number: signal.getsignal(number) for number in INTERRUPTS}
    for number in before:
        signal.signal(number, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for sent in heard:
            signal.raise_signal(sent)


class GuardedProcess:
    """A running child and its watcher."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        """Start the child; what it prints is appended to `log`."""
        # Sessions of their own: a Ctrl-C at the terminal is for us to act on.
        with log.open("ab") as out:
            self._child = subprocess.Popen(  # noqa: S603
                ["/bin/sh", "-c", WHEN_WATCHED, "sh", *command],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._watcher = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", f"read _; kill -9 {self._child.pid}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._child.stdin is not None
        with suppress(BrokenPipeError), self._child.stdin as go:
            go.write(b"\n")

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """The child's exit code, -N if signal N ended it; None while it runs."""
        return self._child.poll()

    def has_ended(self) -> bool:
        """Say whether the child has ended by itself."""
        return self.exit_code is not None

    def send(self, number: signal.Signals) -> None:
        """Send the child a signal."""
        self._child.send_signal(number)

    def stop(self) -> None:
        """End the child: SIGTERM, and SIGKILL if that takes too long."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)  # a paused process hears SIGTERM only when it goes on
        try:
            self._child.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()
        self._dismiss_watcher()

    def kill(self) -> None:
        """End the child at once (SIGKILL)."""
        self._child.kill()
        self._child.wait()
        self._dismiss_watcher()

    def _dismiss_watcher(self) -> None:
        self._watcher.kill()
        self._watcher.communicate()
