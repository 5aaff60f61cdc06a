"""Intervals for proportions, and how small a difference a trial can see.

Newcombe (1998) Stat Med 17:857 (one proportion, method 3) and 17:873 (a difference, method 10).
"""

import math
from statistics import NormalDist
from typing import Final

from pipeline.checks import require

Interval = tuple[float, float]

_TWO_SIDED_95: Final = NormalDist().inv_cdf(0.975)
_POWER_80: Final = NormalDist().inv_cdf(0.8)


def wilson(hits: int, n: int) -> Interval:
    """Return Wilson's 95% score interval of a proportion.

    Args:
        hits: from 0 to `n`.
        n: how many there were; with none, nothing is known: 0 to 1.

    Raises:
        SettingError: the counts are none.
    """
    require(0 <= hits <= n, "hits, n", f"{hits}, {n}", "wants 0 <= hits <= n")
    if n == 0:
        return 0.0, 1.0
    z = _TWO_SIDED_95
    middle = 2 * hits + z * z
    spread = z * math.sqrt(z * z + 4 * hits * (n - hits) / n)
    scale = 2 * (n + z * z)
    # At the ends the two terms are equal: rounding must not leave the range.
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def newcombe(hits: int, n: int, other_hits: int, other_n: int) -> Interval:
    """Return Newcombe's 95% hybrid score interval of a difference: the first less the other.

    Args:
        hits: of the first group, from 0 to `n`.
        n: size of the first group.
        other_hits: of the other group, from 0 to `other_n`.
        other_n: size of the other group.

    Raises:
        SettingError: the counts are none.
    """
    if n == 0 or other_n == 0:
        return -1.0, 1.0
    share, other = hits / n, other_hits / other_n
    low, high = wilson(hits, n)
    other_low, other_high = wilson(other_hits, other_n)
    difference = share - other
    return (
        difference - math.hypot(share - low, other_high - other),
        difference + math.hypot(high - share, other - other_low),
    )


def detectable_difference(n: int, other_n: int, base: float) -> float:
    """Return the smallest difference that two groups show in 80 of 100 trials, at 5% two-sided.

    By the normal approximation, with the variance of the base in both groups.

    Args:
        n: size of one group, at least 1.
        other_n: size of the other, at least 1.
        base: share of hits without any difference, 0 to 1.

    Raises:
        SettingError: a group is empty, or `base` is no share.
    """
    require(n >= 1 and other_n >= 1, "n, other_n", f"{n}, {other_n}", "wants at least 1 each")
    require(0 <= base <= 1, "base", base, "wants 0 to 1")
    return (_TWO_SIDED_95 + _POWER_80) * math.sqrt(base * (1 - base) * (1 / n + 1 / other_n))
