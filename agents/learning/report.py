"""How a fit did, in plain lines: always beside the tuned hiatus."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.learning.fit import Fit, Judged
from agents.learning.ranking import (
    auc,
    calibration_error,
    calibration_error_by_chance,
    calibration_line,
    precision_at,
)
from agents.offline.bootstrap import bootstrap
from pipeline.churn_settings import ChurnLabel
from pipeline.units import Floats
from schemas.base import rfc3339

_TOP: Final = 0.1
_WORDS: Final = {
    ChurnLabel.SILENCE: "no order within {horizon:g} days",
    ChurnLabel.CLOSED: "closed within {horizon:g} days",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the model is better than the days of silence alone, on customers and times apart."""

    difference: float  # of the areas under the curve
    low: float
    high: float

    @property
    def baseline_wins(self) -> bool:
        """Whether silence alone ranks better, beyond what chance gives."""
        return self.high < 0


def verdict(fit: Fit) -> Verdict:
    """Return how the model did against the hiatus, by the harder split."""
    hard = fit.judged[-1]

    def difference(which: NDArray[np.int64]) -> float:
        happened = hard.happened[which]
        return auc(hard.p[which], happened) - auc(hard.silence[which], happened)

    everyone = np.arange(len(hard.p))
    return Verdict(difference(everyone), *bootstrap(difference, len(hard.p)))


def lines(fit: Fit, label: ChurnLabel, horizon_days: float) -> Iterator[str]:
    """Yield the report."""
    what = _WORDS[label].format(horizon=horizon_days)
    yield f"Learnt from {fit.customers:,} customers, {_day(fit.first_ms)} to {_day(fit.last_ms)}"
    yield f"  churn is: {what}"
    yield f"  {fit.moments:,} moments of customers; left out: {fit.left_out:,} customers who were"
    yield "  acted on or are compensated again and again, as their outcome says little"
    if fit.only_intercept:
        yield "  only the intercept was learnt: how high, not who; weights stay the defaults"
    for judged in fit.judged:
        yield ""
        yield from _judged(judged)
    easy = fit.judged[0]
    if easy.without:
        yield ""
        yield "What each term is worth: the area lost without it (customers)"
        yield from _terms(easy)
    yield ""
    yield _sentence(verdict(fit))


def _judged(judged: Judged) -> Iterator[str]:
    n, base = len(judged.p), float(judged.happened.mean()) if len(judged.p) else float("nan")
    date = _day(judged.at_ms)
    yield f"Split by {judged.split}, as of {date}: {n:,} customers, {base:.1%} churned"
    yield f"  {'':<22}{'area, all':>22}{'area, repeat':>24}{'right of the top tenth':>26}"
    for name, score in (
        ("churn model", judged.p),
        ("order model alone", judged.by_orders),
        ("hiatus (silence)", judged.silence),
    ):
        yield f"  {name:<22}" + "".join(_cells(judged, score))
    intercept, slope = calibration_line(judged.p, judged.happened)
    error = calibration_error(judged.p, judged.happened)
    chance = calibration_error_by_chance(judged.p)
    yield (
        f"  calibration: intercept {intercept:+.2f}, slope {slope:.2f}, error {error:.3f} "
        f"(a perfect model has {chance:.3f} by chance)"
    )


def _cells(judged: Judged, score: Floats) -> Iterator[str]:
    repeat = np.flatnonzero(judged.repeat)

    def area_of(places: NDArray[np.int64]) -> Callable[[NDArray[np.int64]], float]:
        return lambda drawn: auc(score[places[drawn]], judged.happened[places[drawn]])

    for places, width in ((np.arange(len(score)), 22), (repeat, 24)):
        if not len(places):
            yield f"{'-':>{width}}"
            continue
        statistic = area_of(places)
        low, high = bootstrap(statistic, len(places))
        whole = statistic(np.arange(len(places)))
        yield f"{f'{whole:.3f} ({low:.3f} to {high:.3f})':>{width}}"
    yield f"{precision_at(score, judged.happened, _TOP):>26.1%}"


def _terms(judged: Judged) -> Iterator[str]:
    whole = auc(judged.p, judged.happened)
    worth = {name: whole - auc(p, judged.happened) for name, p in judged.without.items()}
    for name, lost in sorted(worth.items(), key=lambda item: -item[1]):
        yield f"  {name:<22}{lost:>+9.4f}" + ("  gains nothing" if lost <= 0 else "")


def _sentence(found: Verdict) -> str:
    figures = f"{found.difference:+.3f} ({found.low:+.3f} to {found.high:+.3f})"
    if found.baseline_wins:
        return f"The hiatus ranks better: {figures}. It is kept: inactivity.rule is hiatus."
    if found.low <= 0:
        return (
            f"The churn model ranks no worse than the hiatus, nor surely better: {figures}. "
            "It is kept, as it is a probability."
        )
    return f"The churn model ranks better than the hiatus: {figures}."


def _day(at_ms: int) -> str:
    return rfc3339(at_ms)[:10]
