"""`churnwatch replay --settings A --against B`: one history under two settings."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace

from agents.commands import inputs
from agents.commands.progress import Begin, progress
from agents.commands.replay import AHEAD_MS_MAX, Request, check_until, for_files, without_collector
from agents.files.blocks import Refused
from agents.offline.comparison import tuned_hiatus_days
from agents.offline.comparison_report import comparison_lines
from agents.offline.history import History, read_history
from agents.offline.intake_replay import BATCH, Intake
from agents.offline.ledger_view import Ledger
from agents.offline.replay import Replay, numbered
from agents.offline.summary import ledger_of
from agents.problems import UserError
from pipeline.inactivity_settings import InactivityRule
from pipeline.settings import PipelineSettings
from schemas.alert import AlertKind

_NEVER_ENOUGH = 1e9  # log-odds that no load comes to


def compare(request: Request, a: PipelineSettings, b: PipelineSettings) -> Iterator[str]:
    """Fold a history under two settings and the tuned hiatus; yield what differs.

    The files are read once. Only what became of the alerts is kept of each fold.

    Raises:
        UserError: the request cannot be done.
        FileError: an input cannot be read.
    """
    _check(request, a, b)
    a, b = (for_files(request.files, each) for each in (a, b))
    rejected: inputs.Rejected = Counter()
    with ExitStack() as stack:
        begin = stack.enter_context(progress())
        stack.enter_context(without_collector())
        history = _history(request, rejected, begin)
        ours, theirs = (
            _ledger(history, each, request.until_ms, begin, name)
            for name, each in (("A", a), ("B", b))
        )
        days = _tuned(ours)
        rule = None
        if days is not None:
            hiatus = hiatus_alone(a, days)
            rule = _of_silence(_ledger(history, hiatus, request.until_ms, begin, "the hiatus"))
    yield from inputs.told(history, rejected)
    yield ""
    a_side, b_side = (ours, _of_silence(ours)), (theirs, _of_silence(theirs))
    yield from comparison_lines(a_side, b_side, rule, days)


def _check(request: Request, a: PipelineSettings, b: PipelineSettings) -> None:
    request.check()
    if request.activity is not None:
        raise UserError(
            f"--against folds files anew, and --activity {str(request.activity)!r} is a log; "
            "accepted are --orders, --tickets and --touchpoints"
        )
    if any(request.outputs):
        raise UserError(
            "--against writes no files, as there are three results; "
            "accepted with it are --settings, --until and the files to read"
        )
    horizons = a.inactivity.horizon_days, b.inactivity.horizon_days
    for name, (of_a, of_b) in (
        ("churn_label", (f"{a.churn_label}", f"{b.churn_label}")),
        ("inactivity.horizon_days", (f"{days:g}" for days in horizons)),
    ):
        if of_a != of_b:
            raise UserError(
                f"`{name}` is {of_a} in one of the settings and {of_b} in the other; accepted is "
                "the same in both, as outcomes cannot be compared otherwise"
            )


def _history(request: Request, rejected: inputs.Rejected, begin: Begin) -> History:
    latest_ms = max(round(time.time() * 1000) + AHEAD_MS_MAX, request.until_ms or 0)
    total = sum(path.stat().st_size for path in request.inputs)

    def refuse(refused: Sequence[Refused]) -> None:
        rejected.update(each.reason for each in refused)

    history = read_history(request.files, latest_ms, refuse, begin("Reading", total))
    if request.until_ms is not None:
        check_until(history, request.until_ms)
    return history


def hiatus_alone(settings: PipelineSettings, days: float) -> PipelineSettings:
    """Return settings that raise nothing but silence of so many days, whoever it is."""
    inactivity = replace(
        settings.inactivity,
        rule=InactivityRule.HIATUS,
        hiatus_days=days,
        hiatus_critical_days=1.5 * days,
    )
    return replace(
        settings,
        inactivity=inactivity,
        frustration=replace(settings.frustration, base=_NEVER_ENOUGH),
        second_order=replace(settings.second_order, enabled=False),
        quiet_after_trouble=replace(settings.quiet_after_trouble, enabled=False),
        remorse=replace(settings.remorse, enabled=False),
        stalled=replace(settings.stalled, enabled=False),
        neglect=replace(settings.neglect, enabled=False),
        handover=replace(settings.handover, enabled=False),
    )


def _ledger(
    history: History, settings: PipelineSettings, until_ms: int | None, begin: Begin, name: str
) -> Ledger:
    result = Replay.of(settings)
    advance = begin(f"Folding under {name}", len(history.activities))
    for records, offsets in numbered(Intake(history, settings, until_ms).batches(BATCH)):
        result.fold(records, offsets)
        advance(len(records))
    return ledger_of(result)


def _of_silence(ledger: Ledger) -> Ledger:
    """Return the part of a ledger that a hiatus can be compared with."""
    mine = [entry for entry in ledger.entries if entry.kind is AlertKind.INACTIVITY]
    return replace(ledger, entries=mine)


def _tuned(ledger: Ledger) -> float | None:
    """Return the hiatus that comes to as many alerts in the first half of the history."""
    middle_ms = (ledger.first_ms + ledger.now_ms) // 2
    mine = _of_silence(ledger).entries
    early = sum(e.raised < ledger.middle and not e.is_retracted for e in mine)
    return tuned_hiatus_days(ledger.tally, early, middle_ms)
