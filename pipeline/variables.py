"""What may have knots in the churn model: variables that one row holds, by name.

Straight lines fail where there is trouble: what an order or a silence means depends on how many
there have been, and on how long ago (`docs/detection.md` has the figures).
"""

import numpy as np

from pipeline import loads, windows
from pipeline.orders import repeats, span_days
from pipeline.rows import PURCHASES, WINDOWED, Rows
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS, Floats, Ints

_ORDERS, _IRRITANTS = WINDOWED.index("orders"), WINDOWED.index("irritants")


def variables(
    settings: PipelineSettings, rows: Rows, at_ms: Ints, silence_days: Floats, load: Floats
) -> dict[str, Floats]:
    """Return the variables by the names of `churn_settings.VARIABLES`, (n,) each.

    Args:
        settings: for the windows, and for how fast purchases fade.
        rows: (n,) rows.
        at_ms: (n,) the instant.
        silence_days: (n,) since the last order, or since the first activity without one.
        load: (n,) effective, in log-odds.
    """
    tenure = np.maximum(at_ms - rows["first_ms"], 0) / DAY_MS
    # Their word and their orders are one silence: dead time, and what a path adds, are in it.
    contact = np.minimum(np.maximum(at_ms - rows["contact_ms"], 0) / DAY_MS, silence_days)
    tickets, orders = rows["tickets"].astype(np.float64), rows["orders"].astype(np.float64)
    occasions = np.maximum(repeats(rows), 0)
    span = np.where(occasions > 0, span_days(rows), 0).astype(np.float64)
    purchases = loads.decayed(rows, loads.half_lives(settings.frustration), at_ms)[:, PURCHASES]
    recent = windows.totals(settings.windows, rows, at_ms).astype(np.float64)
    return {
        "silence_days": silence_days,
        "silence_gaps": silence_days * occasions / np.maximum(span, 1.0),
        "contact_days": contact,
        "contact_share": contact / np.maximum(silence_days, 1.0),
        "tenure_days": tenure,
        "ticketless_days": np.where(tickets > 0, 0.0, tenure),
        "load": load,
        "irritants_recent": recent[:, _IRRITANTS],
        "tickets": tickets,
        "orders": orders,
        "orders_recent": recent[:, _ORDERS],
        "orders_freshness": purchases / np.maximum(orders, 1.0),
        "orders_per_ticket": orders / np.maximum(tickets, 1.0),
        "span_days": span,
    }
