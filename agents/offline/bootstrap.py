"""Intervals by bootstrap over customers (Efron & Tibshirani 1993, percentiles, chapter 13)."""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Statistic: TypeAlias = Callable[[NDArray[np.int64]], float]  # of the places of those drawn

_SEED: Final = 20_250_101


def bootstrap(statistic: Statistic, count: int, resamples: int = 300) -> tuple[float, float]:
    """Return the 95% interval of a statistic of customers drawn anew.

    Every call with one count sees the same draws: what a statistic compares is compared in pairs.

    Args:
        statistic: where it is not known, NaN: such draws are passed over.
        count: how many customers there are.
        resamples: how often.
    """
    rng = np.random.default_rng(_SEED)
    found = [statistic(rng.integers(0, count, count)) for _ in range(resamples)]
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return float(low), float(high)
