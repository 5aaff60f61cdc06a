"""What the scores of a verdict are made of, by its kind: care, load, or silence."""

from collections.abc import Iterator

from pipeline.inactivity_settings import InactivityRule
from pipeline.irritants import (
    Irritant,
    counterfactual,
    irritants,
    load_causes,
    matter_words,
    what_happened,
)
from pipeline.kinds import NEGLECT, QUIET_AFTER_TROUBLE
from pipeline.orders import span_days
from pipeline.prospects import Prospects
from pipeline.reasons import silence_causes, silences
from pipeline.reasons_of_care import CAUSE_OF_CARE, Told
from pipeline.rows import Rows
from pipeline.settings import PipelineSettings
from pipeline.units import Ints
from pipeline.verdicts import Verdict
from pipeline.vocabulary import Matter
from schemas.alert import Cause

Explained = tuple[list[Cause], str | None]  # causes, and what would have prevented it


def explained(
    settings: PipelineSettings,
    prospects: Prospects,
    verdict: Verdict,
    rows: Rows,
    silent_ms: Ints,
    stage: list[str],
) -> Iterator[Explained]:
    """Yield the causes of each alert of a verdict; their shares sum to its score.

    Args:
        settings: of the core.
        prospects: what a probability is made of.
        verdict: of one detector.
        rows: (n,) its rows.
        silent_ms: (n,) since the last order, dead time left out.
        stage: (n,) in words.
    """
    if verdict.kind in CAUSE_OF_CARE:
        return _of_care(verdict, stage)
    if verdict.parts is not None:
        return _of_load(settings, verdict)
    if settings.inactivity.rule is InactivityRule.HIATUS:
        return _of_days(verdict, rows, silent_ms)
    return _of_silence(settings, prospects, verdict, rows, silent_ms)


def _of_care(verdict: Verdict, stage: list[str]) -> Iterator[Explained]:
    signals = verdict.signals
    found = zip(
        verdict.at_ms.tolist(), signals.score.tolist(), signals.limit.tolist(), stage, strict=True
    )
    for place, (at_ms, score, limit, own_stage) in enumerate(found):
        trouble, names = _trouble(verdict, place, at_ms), _names(verdict, place)
        told = Told(at_ms, score, limit, own_stage, signals.details, place, trouble, names)
        yield [CAUSE_OF_CARE[verdict.kind](told)], None


def _names(verdict: Verdict, place: int) -> tuple[str, ...]:
    """Return what waits of an alert of care: promises broken, or what was handed over."""
    waiting = verdict.waiting[place] if verdict.waiting else ()
    wanted = (Matter.PROMISE,) if verdict.kind == NEGLECT else (Matter.TICKET, Matter.PROMISE)
    return tuple(matter_words(each) for each in waiting if each["matter"] in wanted)


def _trouble(verdict: Verdict, place: int, at_ms: int) -> str | None:
    if verdict.kind != QUIET_AFTER_TROUBLE:
        return None
    when_ms = int(verdict.signals.details["trouble_ms"][place])
    return what_happened(verdict.remembered[place], verdict.waiting[place], when_ms, at_ms)


def _of_load(settings: PipelineSettings, verdict: Verdict) -> Iterator[Explained]:
    assert verdict.parts is not None
    signals = verdict.signals
    stands = verdict.moves.alarmed & (signals.score >= signals.limit)
    of_each = zip(verdict.parts, signals.score.tolist(), signals.limit.tolist(), strict=True)
    for place, (parts, score, limit) in enumerate(of_each):
        found = _irritants(settings, verdict, place)
        prevented = counterfactual(found, score, limit) if stands[place] else None
        yield load_causes(parts, found), prevented


def _of_days(verdict: Verdict, rows: Rows, silent_ms: Ints) -> Iterator[Explained]:
    silent = silences(rows, verdict.at_ms, silent_ms)
    for score, words in zip(verdict.signals.score.tolist(), silent, strict=True):
        yield [Cause("silence", score, words)], None


def _of_silence(
    settings: PipelineSettings,
    prospects: Prospects,
    verdict: Verdict,
    rows: Rows,
    silent_ms: Ints,
) -> Iterator[Explained]:
    shares = prospects.parts(rows, silent_ms, verdict.at_ms, verdict.open_now)
    silent = silences(rows, verdict.at_ms, silent_ms)
    occasions, spans = rows["order_days"].tolist(), span_days(rows).tolist()
    for place, words in enumerate(silent):
        found = _irritants(settings, verdict, place)
        troubles = found[0].words if found else "trouble not forgotten yet"
        own = silence_causes(shares[place], words, troubles, occasions[place], spans[place])
        yield own, None


def _irritants(settings: PipelineSettings, verdict: Verdict, place: int) -> list[Irritant]:
    return irritants(
        settings.frustration,
        verdict.remembered[place],
        verdict.waiting[place],
        int(verdict.at_ms[place]),
        verdict.known_ms[place],
    )
