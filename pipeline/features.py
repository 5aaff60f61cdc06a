"""What the churn model knows of a customer: features that one row holds, by name.

The same function serves the worker and `fit`, so what was learnt is what is asked.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.order_model import OrderModel, silence_probability
from pipeline.orders import repeats, span_days
from pipeline.rows import Rows
from pipeline.units import Bools, Floats, Ints

LOGIT_MAX = 14.0
_SILENCE_DAYS = 60.0


@dataclass(frozen=True, slots=True)
class Known:
    """What does not change along the path on which nothing happens, (n,) each."""

    repeats: Ints  # -1 for who never ordered
    span_days: Ints
    order_value: Floats
    last_value: Floats
    unresolved: Bools

    @classmethod
    def of(cls, rows: Rows, population_mean: Floats) -> "Known":
        """Return it of rows; `population_mean` is that of their currency, NaN for not known."""
        count = rows["amounts"]
        mean = rows["amount_sum"] / np.maximum(count, 1)
        known = (count > 0) & (population_mean > 0)
        base = np.where(known, population_mean, 1.0)
        order_value = np.log((np.maximum(mean, 0.0) + 1.0) / (base + 1.0))
        last_value = np.log1p(rows["last_amount"]) - np.log1p(np.maximum(mean, 0.0))
        return cls(
            repeats(rows),
            span_days(rows),
            np.where(known, order_value, 0.0),
            np.where(count > 0, last_value, 0.0),
            np.asarray(rows["failed_ms"] > rows["good_ms"]),
        )


def features(
    known: Known, model: OrderModel, silence_days: Floats, load: Floats, within_days: float
) -> dict[str, Floats]:
    """Return the features by name, (n,) each.

    Args:
        known: of the customers.
        model: of their orders.
        silence_days: since the last order, or since the first activity without one.
        load: effective, in log-odds of leaving.
        within_days: the step that `lp0` is about.
    """
    ordered = known.repeats >= 0
    x = np.maximum(known.repeats, 0)
    span = np.where(ordered, known.span_days, 0)
    p = silence_probability(model, x, span, silence_days, within_days)
    with np.errstate(divide="ignore"):
        logit = np.log(p) - np.log1p(-p)
    lp0 = np.clip(logit, -LOGIT_MAX, LOGIT_MAX)
    unresolved = known.unresolved.astype(np.float64)
    return {
        "lp0": np.where(ordered, lp0, 0.0),
        "silence": np.log1p(silence_days / _SILENCE_DAYS),
        "count": np.log1p(x),
        "one_time": (known.repeats == 0).astype(np.float64),
        "order_value": known.order_value,
        "last_value": known.last_value,
        "trouble": -load,
        "unresolved": unresolved,
        "unresolved_silence": unresolved * np.log1p(silence_days),
    }
