"""`churnwatch fit`: learn from a history what a worker is then told, and say how well it does."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from faust.types import TP
from msgspec.structs import replace as changed

from agents.commands.outputs import check_apart
from agents.commands.replay import AHEAD_MS_MAX
from agents.connection import runtime_settings
from agents.files.blocks import Refused, check_readable
from agents.files.log_dump import read_log
from agents.learning import fragment as fragments
from agents.learning import levels, report
from agents.learning.fit import Fit, fit
from agents.live_settings import LOG
from agents.offline.history import Files, History, read_history
from agents.problems import UserError
from agents.runtime.reading import read_to_end
from agents.settings import Settings
from agents.topics.partitions import partitions_of
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS
from schemas import log
from schemas.activity import Activity


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What to learn from, and what is wanted."""

    files: Files = field(default_factory=dict)
    activity: Path | None = None
    from_log: bool = False
    out: Path | None = None
    only_intercept: bool = False
    alerts_per_day: float | None = None
    precision: float | None = None

    def check(self) -> None:
        """Raise UserError or FileError for what cannot be done, before anything is."""
        files = [path for paths in self.files.values() for path in paths]
        given = [bool(files), self.activity is not None, self.from_log]
        if sum(given) != 1:
            raise UserError(
                f"{sum(given)} histories are given; accepted is one: files by --orders, --tickets "
                "and --touchpoints, a dump of the log by --activity, or --log"
            )
        if self.alerts_per_day is not None and self.precision is not None:
            raise UserError("--alerts-per-day and --precision are both given; accepted is one")
        for name, value, most in (
            ("--alerts-per-day", self.alerts_per_day, float("inf")),
            ("--precision", self.precision, 1.0),
        ):
            if value is not None and not 0 < value <= most:
                limit = "" if most > 1 else ", at most 1"
                raise UserError(f"{name} is {value:g}; accepted is a number above 0{limit}")
        inputs = files if self.activity is None else [self.activity]
        for path in inputs:
            check_readable(path)
        check_apart(inputs, (self.out,))


def learn(request: Request, settings: Settings) -> Iterator[str]:
    """Yield the report; the fragment goes to its file, else it is yielded too.

    Raises:
        UserError: the request cannot be done, or the history is too small.
        FileError: an input cannot be read.
    """
    request.check()
    core = settings.pipeline()
    refused: list[Refused] = []
    history = _history(request, settings, refused)
    if refused:
        yield f"{len(refused):,} records cannot be used; `churnwatch replay` says which and why"
    found = fit(history, core, only_intercept=request.only_intercept)
    yield from report.lines(found, core.churn_label, core.inactivity.horizon_days)
    verdict = report.verdict(found)
    tried = None
    if request.alerts_per_day is not None or request.precision is not None:
        every = list(_trials(history, core, found))
        yield from _levels(every)
        tried = levels.choose(every, request.alerts_per_day, request.precision)
        yield f"Chosen: level {tried.level:g}" + (
            "; not written, as the hiatus is kept" if verdict.baseline_wins else ""
        )
    text = fragments.fragment(found, core, verdict, tried)
    yield ""
    if request.out is None:
        yield "Put this into churnwatch.yaml:"
        yield text.rstrip()
        return
    request.out.write_text(text, encoding="utf-8")
    yield f"Written to {request.out}; a worker takes it by `include: {request.out.name}` in its"
    yield "churnwatch.yaml, in the same folder."


def _trials(history: History, core: PipelineSettings, found: Fit) -> Iterator[levels.Tried]:
    horizon_ms = round(core.inactivity.horizon_days * DAY_MS)
    return levels.trials(history, found.learnt.of(core), found.first_ms + horizon_ms)


def _levels(tried: Sequence[levels.Tried]) -> Iterator[str]:
    yield ""
    yield f"  {'level':>6}{'inactivity alerts a day':>26}{'right, of those known':>24}"
    for each in tried:
        right = f"{each.precision:.1%} of {each.known:,}" if each.known else "-"
        yield f"  {each.level:>6g}{each.alerts_per_day:>26.3f}{right:>24}"
    yield "  The levels were tried on the history that was learnt from: expect a little less."


def _history(request: Request, settings: Settings, refused: list[Refused]) -> History:
    sources = settings.pipeline().sources
    if request.activity is not None:
        chunks = read_log(request.activity)
        return _sorted((r for chunk in chunks for r in chunk.records), sources)
    if request.from_log:
        partitions = partitions_of(settings)[LOG]
        return _sorted(asyncio.run(_read_log(settings, partitions)), sources)
    latest_ms = round(time.time() * 1000) + AHEAD_MS_MAX
    return read_history(request.files, latest_ms, refused.extend)


async def _read_log(settings: Settings, partitions: int) -> list[log.Record]:
    topic = settings.kafka.topic(LOG)
    records: list[log.Record] = []
    for partition in range(partitions):
        async for chunk in read_to_end(runtime_settings(settings), TP(topic, partition)):
            values = [log.decode(record.value) for record in chunk.records]
            records += [value for value in values if isinstance(value, Activity)]
    return records


def _sorted(records: Iterator[log.Record] | list[log.Record], sources: Sequence[str]) -> History:
    """Return the activities of a log in event time, each once, numbered anew by their source."""
    once = {
        (r.topic, r.partition, r.offset, r.index): r for r in records if isinstance(r, Activity)
    }
    activities = sorted(once.values(), key=lambda activity: activity.occurred_at)
    next_offset = dict.fromkeys(sources, 0)
    numbered: list[Activity] = []
    for activity in activities:
        offset = next_offset.setdefault(activity.topic, 0)
        next_offset[activity.topic] += 1
        numbered.append(changed(activity, partition=0, offset=offset, index=0))
    return History(numbered, tuple(next_offset))
