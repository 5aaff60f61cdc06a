"""The concession pattern: complaint, compensation, unchanged buying, and again.

It is shown to people with its evidence, and changes no score: who complains often may have reason
to. `fit` leaves these customers out, as their complaints do not foretell leaving.
"""

import numpy as np

from pipeline.dates import plain_date
from pipeline.detector_settings import ConcessionSettings
from pipeline.orders import last_ms, repeats, span_days
from pipeline.rows import Rows
from pipeline.units import DAY_MS, Bools, Ints

_GAPS = 2.0  # of one's own, at most, since the last order


def pattern(settings: ConcessionSettings, rows: Rows, at_ms: Ints) -> Bools:
    """Return who was compensated again and again, and buys as before.

    Args:
        settings: how often is often.
        rows: (n,) rows.
        at_ms: (n,) the instant.

    Returns:
        (n,): compensated so often, ordered on as many days at least, and not silent for longer than
        two of the customer's own gaps.
    """
    x = repeats(rows)
    gap_ms = span_days(rows) / np.maximum(x, 1) * DAY_MS
    often = rows["compensations"] >= settings.compensations_min
    buys = (x + 1 >= settings.compensations_min) & (at_ms - last_ms(rows) <= _GAPS * gap_ms)
    return np.asarray(often & buys)


def evidence(rows: Rows, which: int, at_ms: int) -> str:
    """Return what speaks for it, in words, of one row."""
    row = rows[which : which + 1]
    times, days = int(row["compensations"][0]), int(row["order_days"][0])
    gap = max(round(int(span_days(row)[0]) / max(days - 1, 1)), 1)
    last = plain_date(int(row["compensated_ms"][0]), at_ms)
    rhythm = "every day" if gap == 1 else f"every {gap} days"
    return (
        f"compensated {times} times, the last on {last}, and orders {rhythm} as before: "
        "look at the cases yourself"
    )
