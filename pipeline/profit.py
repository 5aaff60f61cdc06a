"""Unprofitable customers: what they bring in is less than what they cost.

Only where the costs are known: a cost of 0 is one that nobody has said. Nobody is punished for it;
the alert says so, because a retention team should not spend its day on them.
"""

import numpy as np

from pipeline.rows import Rows
from pipeline.settings import ValueSettings


def unprofitable(settings: ValueSettings | None, rows: Rows, which: int) -> str | None:
    """Return why one customer is not to be chased, None where nothing speaks against it.

    Args:
        settings: margin and costs in the customer's currency, None if there are none.
        rows: (n,) rows.
        which: whose.
    """
    row = rows[which]
    if settings is None or not row["amounts"] or not (settings.ticket_cost or settings.return_cost):
        return None
    margin = settings.margin_share * float(row["amount_sum"])
    tickets, returns = int(row["tickets"]), int(row["returns"])
    cost = tickets * settings.ticket_cost + returns * settings.return_cost
    if not np.isfinite(margin) or margin >= cost:
        return None
    parts = []
    if settings.ticket_cost and tickets:
        parts.append(f"{tickets} ticket{'s' * (tickets != 1)}")
    if settings.return_cost and returns:
        parts.append(f"{returns} return{'s' * (returns != 1)}")
    return (
        f"do not chase: {' and '.join(parts)} cost {cost:,.0f}, "
        f"more than the margin of {margin:,.0f} of all orders"
    )
