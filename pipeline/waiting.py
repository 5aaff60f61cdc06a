"""What waiting weighs: against what was promised first, and by its absolute length second.

The severity of an open matter grows by steps, at whole steps after its promise, so that a load
changes course only at instants known beforehand. Form and scale: bad reviews after late
deliveries (docs/detection.md).
"""

from typing import Final

import numpy as np

from pipeline.items import OPEN
from pipeline.pool import Pool
from pipeline.rows import CAUSE, Rows
from pipeline.settings import CAUSES, FrustrationSettings
from pipeline.units import DAY_MS, HOUR_MS, NEVER, Floats, Ints
from pipeline.vocabulary import Matter

_CAUSE_WHILE_OPEN: Final = np.zeros(len(Matter), np.int64)
_CAUSE_WHILE_OPEN[Matter.ORDER] = CAUSE["waiting"]
_CAUSE_WHILE_OPEN[Matter.TICKET] = CAUSE["waiting"]
_CAUSE_WHILE_OPEN[Matter.PROMISE] = CAUSE["promise"]


def lateness(late_days: Floats, late_days_scale: float) -> Floats:
    """Return the severity in [0, 1) of a delay: 1 - exp(-days / scale), 0 if in time."""
    return -np.expm1(-np.maximum(late_days, 0.0) / late_days_scale)


def overdue(
    settings: FrustrationSettings, pool: Pool, rows: Rows, at_ms: Ints
) -> tuple[Floats, Ints]:
    """Return what is overdue at an instant, and when that changes next without an event.

    Args:
        settings: for the step and the scale.
        pool: of items.
        rows: (n,) rows.
        at_ms: (n,) instant for each row.

    Returns:
        (n, causes) severities; (n,) the next instant, `NEVER` if none.
    """
    severity = np.zeros((len(rows), len(CAUSES)))
    next_ms = np.full(len(rows), NEVER)
    step_ms = round(settings.step_hours * HOUR_MS)
    for positions, slots in pool.each(rows["items"]):
        item, now_ms = pool.records[slots], at_ms[positions]
        waits = (item["state"] == OPEN) & (item["promised_ms"] > 0) & (item["forget_ms"] > now_ms)
        if not waits.any():
            continue
        where, item, now_ms = positions[waits], item[waits], now_ms[waits]
        promised_ms = item["promised_ms"]
        steps = np.maximum((now_ms - promised_ms) // step_ms, 0)
        late = lateness(steps * (step_ms / DAY_MS), settings.late_days_scale)
        severity[where, _CAUSE_WHILE_OPEN[item["matter"]]] += late
        change_ms = np.minimum(promised_ms + (steps + 1) * step_ms, item["forget_ms"])
        next_ms[where] = np.minimum(next_ms[where], change_ms)
    return severity, next_ms
