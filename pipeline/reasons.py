"""What a score is made of, in words for the person who reads the alert.

The shares of the causes sum to the score.
"""

from typing import Final

import numpy as np

from pipeline.orders import last_ms
from pipeline.rows import Rows
from pipeline.settings import CAUSES
from pipeline.units import DAY_MS, Floats, Ints, days
from schemas.alert import Cause

_SHARE_MIN: Final = 1e-12  # less of a load is rounding, not a cause

_WORDS: Final = {
    "delivery": "orders that came late or not at all",
    "waiting": "waiting beyond what was promised",
    "service": "cases that failed: late, reopened, or rated poorly",
    "contact": "contact given up, or hindered",
    "order": "orders returned, refunded or cancelled",
    "price": "prices raised",
    "handover": "being handed from one to another",
    "promise": "promises not kept, or kept late",
}


def load_causes(parts: Floats, irritants: int, window_days: int) -> list[Cause]:
    """Return what the load comes from, the heaviest first."""
    ranked = sorted(zip(CAUSES, parts.tolist(), strict=True), key=lambda part: -part[1])
    named = [Cause(c, share, _WORDS[c]) for c, share in ranked if share > _SHARE_MIN]
    if named and irritants:
        first = named[0]
        times = "one trouble" if irritants == 1 else f"{irritants} troubles"
        detail = f"{first.detail} ({times} of any kind in {window_days} days)"
        named[0] = Cause(first.cause, first.share, detail)
    return named


def silence_causes(shares: Floats, silence: str, occasions: int, span: int) -> list[Cause]:
    """Return how much rhythm, silence and trouble explain of a probability, the largest first.

    Args:
        shares: (3,) of rhythm, silence and trouble; they sum to the probability.
        silence: in words, as from `silences`.
        occasions: days with an order; below 1 there is nothing to tell.
        span: days from the first of them to the last.
    """
    if occasions < 1:
        return []
    rhythm, quiet, trouble = shares.tolist()
    causes = [Cause("silence", quiet, silence), Cause("rhythm", rhythm, _rhythm(occasions, span))]
    if abs(trouble) > _SHARE_MIN:
        causes.append(Cause("trouble", trouble, "trouble that is not forgotten"))
    return causes


def silences(rows: Rows, at_ms: Ints, silent_ms: Ints) -> list[str]:
    """Return silences in words: as long as on the calendar, and what of it does not count."""
    elapsed = np.maximum(at_ms - last_ms(rows), 0) / DAY_MS
    uncounted = np.maximum(elapsed - days(silent_ms), 0.0)
    return [
        f"no order for {whole:.0f} days"
        + (f", {dead:.0f} of them not counted (no orders from anyone)" if dead >= 1 else "")
        for whole, dead in zip(elapsed.tolist(), uncounted.tolist(), strict=True)
    ]


def _rhythm(occasions: int, span: int) -> str:
    if occasions == 1:
        return "ordered on one day only"
    gap = round(span / (occasions - 1))
    apart = "a day or less" if gap <= 1 else f"{gap} days"
    return f"ordered on {occasions} days, {apart} apart on average"
