"""Rows of customers made by hand, for what reads them."""

import numpy as np

from pipeline import orders
from pipeline.rows import row_dtype
from pipeline.settings import WindowSettings
from pipeline.units import DAY_MS
from tests.pipeline.harness import at

NAN = float("nan")


def customers(*histories):
    """Return a row for each history: (day, amount) of its orders, counted from 2024-01-01.

    An amount of NaN is not known; the others are in the currency of code 2.
    """
    rows = np.zeros(len(histories), row_dtype(WindowSettings()))
    rows["first_ms"] = [at(min((day for day, _ in own), default=0)) for own in histories]
    for which, own in enumerate(histories):
        row = rows[which : which + 1]
        for day, amount in own:
            code = 0 if np.isnan(amount) else 2
            orders.place(row, np.array([at(day)]), np.array([amount]), np.array([code]))
        row["touched_ms"] = row["last_order_ms"]
    return rows


def spread(count, span_days):
    """Return a history of so many orders of 20 each, from day 0 to the last of the span."""
    return [(day, 20.0) for day in np.linspace(0, span_days, count).round().tolist()]


def whole_days(*silence_days):
    """Return durations in milliseconds."""
    return np.array(silence_days, np.int64) * DAY_MS
