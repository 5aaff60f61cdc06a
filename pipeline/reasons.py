"""What a score is made of, in words for the person who reads the alert.

The shares of the causes sum to the score.
"""

from typing import Final

import numpy as np

from pipeline.orders import last_ms
from pipeline.rows import Rows
from pipeline.units import DAY_MS, Floats, Ints, days
from schemas.alert import Cause

_SHARE_MIN: Final = 1e-12  # less is rounding, not a cause


def silence_causes(
    shares: Floats, silence: str, troubles: str, occasions: int, span: int
) -> list[Cause]:
    """Return how much rhythm, silence and trouble explain of a probability, the largest first.

    Args:
        shares: (3,) of rhythm, silence and trouble; they sum to the probability.
        silence: in words, as from `silences`.
        troubles: in words.
        occasions: days with an order; below 1 there is nothing to tell.
        span: days from the first of them to the last.
    """
    if occasions < 1:
        return []
    rhythm, quiet, trouble = shares.tolist()
    causes = [Cause("silence", quiet, silence), Cause("rhythm", rhythm, _rhythm(occasions, span))]
    if abs(trouble) > _SHARE_MIN:
        causes.append(Cause("trouble", trouble, troubles))
    return causes


def silences(rows: Rows, at_ms: Ints, silent_ms: Ints) -> list[str]:
    """Return silences in words: as long as on the calendar, and what of it does not count."""
    elapsed = np.maximum(at_ms - last_ms(rows), 0) / DAY_MS
    uncounted = np.maximum(elapsed - days(silent_ms), 0.0)
    return list(map(_silence, elapsed.tolist(), uncounted.tolist()))


def _silence(elapsed: float, uncounted: float) -> str:
    if elapsed < 1:
        return "ordered less than a day ago"
    length = "1 day" if elapsed < 1.5 else f"{elapsed:.0f} days"
    dead = f", {uncounted:.0f} of them not counted (no orders from anyone)"
    return f"no order for {length}{dead if uncounted >= 1 else ''}"


def _rhythm(occasions: int, span: int) -> str:
    if occasions == 1:
        return "ordered on one day only"
    gap = round(span / (occasions - 1))
    apart = "a day or less" if gap <= 1 else f"{gap} days"
    return f"ordered on {occasions} days, {apart} apart on average"
