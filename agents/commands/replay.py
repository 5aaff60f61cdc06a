"""`churnwatch replay`: fold files, or a dump of the log, and say what was found."""

import gc
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from agents.commands.outputs import check_apart, opened
from agents.commands.progress import Begin, progress
from agents.files.blocks import Refused, check_readable
from agents.files.customers_file import write_customers
from agents.files.log_dump import read_log, write_log
from agents.files.refused_file import write_dead_letters
from agents.offline.history import Files, History, read_history
from agents.offline.intake_replay import BATCH, Intake, Log
from agents.offline.ledger import entries
from agents.offline.ledger_file import write_ledger
from agents.offline.replay import Batch, Replay, numbered
from agents.problems import UserError
from pipeline.census import census
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS
from schemas.alert import Alert
from schemas.base import rfc3339

AHEAD_MS_MAX: Final = DAY_MS  # an event dated this far ahead of the wall clock is refused

_ENCODER: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to replay, and what to write."""

    files: Files = field(default_factory=dict)
    activity: Path | None = None
    until_ms: int | None = None
    alerts: Path | None = None
    customers: Path | None = None
    dead_letters: Path | None = None
    activity_out: Path | None = None
    ledger: Path | None = None

    @property
    def outputs(self) -> tuple[Path | None, ...]:
        """Return the files to write, in the order of `Outputs`."""
        return self.alerts, self.customers, self.dead_letters, self.activity_out, self.ledger

    @property
    def inputs(self) -> list[Path]:
        """Return the files to read."""
        dump = [] if self.activity is None else [self.activity]
        return [path for paths in self.files.values() for path in paths] + dump

    def check(self) -> None:
        """Raise UserError or FileError for what cannot be done, before anything is."""
        if not self.inputs:
            raise UserError(
                "nothing to replay; accepted are --orders, --tickets and --touchpoints, "
                "each with a file, or --activity with a dump of the log"
            )
        if self.activity and (any(self.files.values()) or self.until_ms is not None):
            raise UserError(
                "--activity is a log with a time of its own; accepted with it are --settings and "
                "the files to write, not --orders, --tickets, --touchpoints or --until"
            )
        for path in self.inputs:
            check_readable(path)
        check_apart(self.inputs, self.outputs)


def replay(request: Request, settings: PipelineSettings, batch: int = BATCH) -> Replay:
    """Fold what is asked for, and write what is asked for.

    Args:
        request: inputs and outputs.
        settings: of the core.
        batch: activities folded at once; it changes no alert.

    Raises:
        UserError: the request cannot be done.
        FileError: an input cannot be read.
    """
    request.check()
    from_files = request.activity is None
    if from_files:
        settings = for_files(request.files, settings)
    result = Replay.of(settings)
    with ExitStack() as stack:
        outputs = Outputs.opened(stack, request)
        begin = stack.enter_context(progress())
        stack.enter_context(without_collector())
        batches = _of_files if from_files else _of_dump
        for records, offsets in batches(request, result, outputs, begin, batch):
            outputs.write_log(records, offsets)
            outputs.write_alerts(result.fold(records, offsets))
        outputs.write_customers(result)
        outputs.write_ledger(result)
    return result


def for_files(files: Files, settings: PipelineSettings) -> PipelineSettings:
    """Return settings as a replay of files takes them; raise UserError if one is left out."""
    for source, paths in files.items():
        if paths and source.topic not in settings.sources:
            raise UserError(
                f"{str(paths[0])!r} is of {source.topic}, which the setting `sources` leaves out; "
                f"accepted are files of {', '.join(settings.sources)}"
            )
    # The wall clock of a replay is --until, or its newest event: none of it is of this machine. It
    # moves in jumps, so there are no hours to keep a budget by.
    budget = replace(settings.budget, alerts_per_hour=0)
    return replace(settings, live_clock=True, budget=budget)


def _of_files(
    request: Request, result: Replay, outputs: "Outputs", begin: Begin, size: int
) -> Iterator[Batch]:
    total = sum(path.stat().st_size for path in request.inputs)
    latest_ms = max(round(time.time() * 1000) + AHEAD_MS_MAX, request.until_ms or 0)

    def refuse(refused: Sequence[Refused]) -> None:
        result.reject(refused)
        outputs.write_dead_letters(refused)

    history = read_history(request.files, latest_ms, refuse, begin("Reading", total))
    if request.until_ms is not None:
        check_until(history, request.until_ms)
    intake = Intake(history, result.table.settings, request.until_ms)
    result.after_until = intake.left_out
    advance = begin("Folding", len(history.activities))
    for records, offsets in numbered(intake.batches(size)):
        yield records, offsets
        advance(len(records))


def check_until(history: History, until_ms: int) -> None:
    """Raise UserError if nothing had happened by then."""
    first_ms = history.activities[0].occurred_at if history.activities else until_ms
    if until_ms < first_ms:
        raise UserError(
            f"--until is {rfc3339(until_ms)}, before the first event; "
            f"accepted is a time from {rfc3339(first_ms)} on"
        )


def _of_dump(
    request: Request, result: Replay, outputs: "Outputs", begin: Begin, _size: int
) -> Iterator[Batch]:
    assert request.activity is not None
    advance = begin("Folding", request.activity.stat().st_size)
    bytes_read = 0
    for chunk in read_log(request.activity):
        result.reject(chunk.refused)
        outputs.write_dead_letters(chunk.refused)
        yield chunk.records, chunk.offsets
        advance(chunk.bytes_read - bytes_read)
        bytes_read = chunk.bytes_read


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files of a replay, each None where it is not asked for."""

    alerts: BinaryIO | None
    customers: BinaryIO | None
    dead_letters: BinaryIO | None
    log: BinaryIO | None
    ledger: BinaryIO | None

    @classmethod
    def opened(cls, stack: ExitStack, request: Request) -> "Outputs":
        """Open what is asked for, closed with the stack."""
        return cls(*(opened(stack, path) for path in request.outputs))

    def write_alerts(self, alerts: Sequence[Alert]) -> None:
        """Append alerts, one JSON line each."""
        if self.alerts and alerts:
            self.alerts.write(_ENCODER.encode_lines(alerts))

    def write_dead_letters(self, refused: Sequence[Refused]) -> None:
        """Append what was refused."""
        if self.dead_letters:
            write_dead_letters(refused, self.dead_letters)

    def write_log(self, records: Log, offsets: Sequence[int]) -> None:
        """Append records of the log."""
        if self.log:
            write_log(records, offsets, self.log)

    def write_customers(self, result: Replay) -> None:
        """Write the customers as they are at the end."""
        if self.customers:
            text = TextIOWrapper(self.customers, encoding="utf-8", newline="")
            write_customers(census(result.table, result.now_ms), text)
            text.flush()
            text.detach()

    def write_ledger(self, result: Replay) -> None:
        """Write what became of every alert."""
        if self.ledger:
            found = entries(result.alerts, result.tally.forgotten)
            write_ledger(found, self.ledger, as_csv=".csv" in Path(self.ledger.name).suffixes)


@contextmanager
def without_collector() -> Iterator[None]:
    """Hold off the garbage collector: it would look at millions of records, and find no cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
