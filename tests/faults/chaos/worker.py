"""A worker process over all its lives, and what its ends mean."""

import asyncio
import itertools
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from agents.broker.probe import free_ports
from agents.broker.process import GuardedProcess
from tests.faults.chaos.scenario import Scenario

LOOK_SECONDS: Final = 0.05
ANSWER_SECONDS_MAX: Final = 3.0
EXPLAINED: Final = (
    "Worker ends: ",
    "Worker does not start: ",
    "watchdog ends the process: ",
)
ENDS_BY_ITSELF: Final = (1, 70)  # it cannot go on, and says why; the watchdog ended it
# No reason, but a bug of ours: whatever the line that it is told in.
BUG: Final = re.compile(
    r"\b(Assertion|Attribute|Index|Key|Lookup|Name|NotImplemented|Recursion|Type|Value)Error\b"
)


class Worker:
    """`churnwatch worker` with settings and a port of its own. Whoever acts on it holds `lock`."""

    def __init__(self, name: str, folder: Path, scenario: Scenario, brokers: str) -> None:
        self.name = name
        self.lock = asyncio.Lock()
        self.lives = 0
        [port] = free_ports(1)
        self._address = f"http://127.0.0.1:{port}"
        self.settings_path = folder / f"{name}.yaml"
        settings: dict[str, Any] = scenario.worker_settings(brokers, name, port)
        self.settings_path.write_text(yaml.safe_dump(settings), "utf-8")
        self.said_file = folder / f"{name}.log"
        self._began = 0  # this life's first byte in the log
        self._process: GuardedProcess | None = None

    def start(self) -> None:
        """Begin a life."""
        self.lives += 1
        self._began = self.said_file.stat().st_size if self.said_file.exists() else 0
        command = [sys.executable, "-m", "agents", "worker", "--settings", str(self.settings_path)]
        self._process = GuardedProcess(command, self.said_file)

    @property
    def process(self) -> GuardedProcess:
        """The process of this life."""
        if self._process is None:
            raise AssertionError(f"{self.name} was not started")
        return self._process

    @property
    def said(self) -> str:
        """What it has said in this life."""
        with self.said_file.open("rb") as log:
            log.seek(self._began)
            return log.read().decode("utf-8", "replace")

    def why(self) -> str:
        """Return its own word on why this life ended; empty if there is none, or it is a bug."""
        for line in reversed(self.said.splitlines()):
            for begin in EXPLAINED:
                if begin in line:
                    why = line[line.index(begin) :].partition('", "')[0].rstrip('"}')
                    return "" if BUG.search(why) else why
        return ""

    def tracebacks(self) -> list[str]:
        """Return of each stack trace that it has printed, in any life, what was raised where."""
        text = self.said_file.read_text("utf-8", "replace") if self.said_file.exists() else ""
        _, *after = text.replace("\\n", "\n").split("Traceback (most recent call last)")
        return [_raised(each.splitlines()[1:]) for each in after]

    async def get(self, path: str) -> str | None:
        """Return a page of its server; None if there is no answer."""
        return await asyncio.to_thread(self._get, path)

    async def until_up(self, seconds_max: float) -> bool:
        """Wait until its server answers; return whether it does."""
        try:
            async with asyncio.timeout(seconds_max):
                while await self.get("/live") is None:
                    if self.process.has_ended():
                        return False
                    await asyncio.sleep(LOOK_SECONDS)  # between two looks
        except TimeoutError:
            return False
        return True

    async def until_ended(self, seconds_max: float) -> int | None:
        """Wait until it has ended; return its exit code, None if it still runs."""
        try:
            async with asyncio.timeout(seconds_max):
                while (code := self.process.exit_code) is None:
                    await asyncio.sleep(LOOK_SECONDS)  # between two looks
                return code
        except TimeoutError:
            return None

    def _get(self, path: str) -> str | None:
        try:
            address = self._address + path
            with urllib.request.urlopen(address, timeout=ANSWER_SECONDS_MAX) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return error.read().decode()
        except OSError:
            return None


def _raised(trace: Sequence[str]) -> str:
    """Return the last place of a stack trace and the error, from its lines on."""
    places = list(itertools.takewhile(lambda line: line.startswith(" "), trace))
    where = [line.strip() for line in places if line.lstrip().startswith("File ")]
    error = trace[len(places)].rstrip('"}') if len(trace) > len(places) else "cut short"
    return f"{error} ({where[-1] if where else 'nowhere'})"
