"""What the scores of a verdict are made of, by its kind: care, load, or silence."""

from collections.abc import Iterator, Sequence

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
from pipeline.reasons_of_care import CAUSES_OF_CARE, Names, Told
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
    if verdict.kind in CAUSES_OF_CARE:
        return _of_care(verdict, stage)
    if verdict.parts is not None:
        return _of_load(settings, verdict)
    if settings.inactivity.rule is InactivityRule.HIATUS:
        return _of_days(verdict, rows, silent_ms)
    return _of_silence(settings, prospects, verdict, rows, silent_ms)


def _of_care(verdict: Verdict, stage: list[str]) -> Iterator[Explained]:
    signals = verdict.signals
    told = Told(
        verdict.at_ms.tolist(),
        signals.score.tolist(),
        signals.limit.tolist(),
        stage,
        signals.details,
        _troubles(verdict),
        _names(verdict),
    )
    for cause in CAUSES_OF_CARE[verdict.kind](told):
        yield [cause], None


def _names(verdict: Verdict) -> list[Names]:
    """Return what waits of alerts of care: promises broken, or what was handed over."""
    wanted = (Matter.PROMISE,) if verdict.kind == NEGLECT else (Matter.TICKET, Matter.PROMISE)
    names: list[Names] = [()] * len(verdict.at_ms)
    waiting = verdict.waiting
    for place, record in zip(waiting.where.tolist(), waiting.records, strict=True):
        if record["matter"] in wanted:
            names[place] += (matter_words(record),)
    return names


def _troubles(verdict: Verdict) -> Sequence[str | None]:
    if verdict.kind != QUIET_AFTER_TROUBLE:
        return ()
    when_ms = verdict.signals.details["trouble_ms"]
    return what_happened(verdict.remembered, verdict.waiting, when_ms, verdict.at_ms)


def _of_load(settings: PipelineSettings, verdict: Verdict) -> Iterator[Explained]:
    assert verdict.parts is not None
    signals = verdict.signals
    stands = verdict.moves.alarmed & (signals.score >= signals.limit)
    scores = zip(verdict.parts, signals.score.tolist(), signals.limit.tolist(), strict=True)
    of_each = zip(_irritants(settings, verdict), stands.tolist(), scores, strict=True)
    for found, is_standing, (parts, score, limit) in of_each:
        prevented = counterfactual(found, score, limit) if is_standing else None
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
    columns = zip(shares, silent, occasions, spans, _irritants(settings, verdict), strict=True)
    for share, words, occasion, span, found in columns:
        troubles = found[0].words if found else "trouble not forgotten yet"
        yield silence_causes(share, words, troubles, occasion, span), None


def _irritants(settings: PipelineSettings, verdict: Verdict) -> Iterator[list[Irritant]]:
    """Yield what irritates of each alert, the heaviest first."""
    columns = verdict.remembered, verdict.waiting, verdict.at_ms.tolist(), verdict.known_ms
    for of_each in zip(*columns, strict=True):
        yield irritants(settings.frustration, *of_each)
