"""How good scores are: ranking, calibration, and what chance alone would give.

Intervals are percentiles of a bootstrap over customers; all scores see the same resamples, so
that differences are paired.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

RESAMPLES = 300
BINS = 10
_SEED = 5


class Interval(NamedTuple):
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float

    def __str__(self):
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def auc(score, left):
    """Return P(a leaver scores above a stayer), ties counting half."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    positives = int(left.sum())
    negatives = left.size - positives
    if not positives or not negatives:
        return np.nan
    return (ranks[left].sum() - positives * (positives + 1) / 2) / (positives * negatives)


def precision_at(share, score, left):
    """Return the share of leavers among those of the highest score."""
    first = np.argsort(-score, kind="stable")[: max(1, round(share * len(score)))]
    return left[first].mean()


def ece(p, left):
    """Return the mean gap between said and seen, in bins of equal count."""
    bins = np.array_split(np.argsort(p, kind="stable"), BINS)
    return sum(abs(p[b].mean() - left[b].mean()) * len(b) for b in bins) / len(p)


def ece_by_chance(p):
    """Return the mean `ece` of a model for which `p` are the true chances."""
    draw = np.random.default_rng(_SEED)
    return np.mean([ece(p, draw.random(len(p)) < p) for _ in range(50)])


def calibration(p, left):
    """Return intercept (slope held at 1) and slope of the outcome on logit p.

    Van Calster et al. 2016, J. Clin. Epidemiol. 74:167.
    """
    p = np.clip(p, 1e-6, 1 - 1e-6)
    logit = np.log(p / (1 - p))
    intercept = _newton(np.ones((len(p), 1)), left, logit)[0]
    slope = _newton(np.column_stack([np.ones(len(p)), logit]), left, 0.0)[1]
    return intercept, slope


def _newton(x, y, offset, steps=50):
    weights = np.zeros(x.shape[1])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-(x @ weights + offset)))
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x, x.T @ (y - p))
        weights += step
        if np.abs(step).max() < 1e-10:
            break
    return weights


def bootstrap(
    measure: Callable, scores: Mapping[str, np.ndarray], left: np.ndarray, customers: np.ndarray
) -> tuple[dict[str, Interval], dict[tuple[str, str], Interval]]:
    """Return a measure of each score, and of each pair the difference, with intervals.

    Args:
        measure: of a score and the labels.
        scores: (n,) each, by name.
        left: (n,) labels.
        customers: (n,) codes from 0 on: rows of one customer are drawn together.
    """
    draw = np.random.default_rng(_SEED)
    order = np.argsort(customers, kind="stable")
    bounds = np.searchsorted(customers[order], np.arange(customers.max() + 2))
    sizes = np.diff(bounds)
    found = {name: [] for name in scores}
    for _ in range(RESAMPLES):
        drawn = draw.integers(0, len(sizes), len(sizes))
        lengths = sizes[drawn]
        starts = np.repeat(bounds[drawn] - np.cumsum(lengths) + lengths, lengths)
        rows = order[starts + np.arange(lengths.sum())]
        for name, score in scores.items():
            found[name].append(measure(score[rows], left[rows]))
    values = {name: measure(score, left) for name, score in scores.items()}
    each = {name: _interval(values[name], np.array(found[name])) for name in scores}
    pairs = {
        (a, b): _interval(values[a] - values[b], np.array(found[a]) - np.array(found[b]))
        for a in scores
        for b in scores
        if a != b
    }
    return each, pairs


def _interval(value, drawn):
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Interval(float(value), float(low), float(high))
