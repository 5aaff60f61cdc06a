"""Paired intervals: a bootstrap over customers in which all scores see the same resamples."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

RESAMPLES = 300
_SEED = 5


class Interval(NamedTuple):
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float

    def __str__(self):
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"

    @property
    def signed(self):
        """Return it as a difference is written."""
        return f"{self.value:+.3f} ({self.low:+.3f} to {self.high:+.3f})"


def bootstrap(
    measure: Callable, scores: Mapping[str, np.ndarray], left: np.ndarray, customers: np.ndarray
) -> tuple[dict[str, Interval], dict[tuple[str, str], Interval]]:
    """Return a measure of each score, and of each pair the difference, with intervals.

    Args:
        measure: of a score and the labels.
        scores: (n,) each, by name.
        left: (n,) labels.
        customers: (n,) whose row it is: rows of one customer are drawn together.
    """
    _, codes = np.unique(customers, return_inverse=True)
    order = np.argsort(codes, kind="stable")
    bounds = np.searchsorted(codes[order], np.arange(codes.max() + 2))
    sizes = np.diff(bounds)
    draw = np.random.default_rng(_SEED)
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
