"""What waiting weighs: against what was promised first, and by its absolute length second.

The severity of an open matter grows by steps, at whole steps after its promise, so that a load
changes course only at instants known beforehand. Form and scale: bad reviews after late
deliveries (docs/detection.md).
"""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from pipeline.frustration_settings import CAUSES, FrustrationSettings
from pipeline.items import still_open
from pipeline.plain import plain
from pipeline.pool import Pool
from pipeline.rows import CAUSE, Rows
from pipeline.units import DAY_MS, HOUR_MS, NEVER, Bools, Floats, Ints
from pipeline.vocabulary import Matter

_MATTER: Final = plain(Matter)

CAUSE_WHILE_OPEN: Final = np.zeros(len(Matter), np.int64)
CAUSE_WHILE_OPEN[Matter.ORDER] = CAUSE["waiting"]
CAUSE_WHILE_OPEN[Matter.TICKET] = CAUSE["waiting"]
CAUSE_WHILE_OPEN[Matter.PROMISE] = CAUSE["promise"]


def lateness(late_days: Floats, late_days_scale: float) -> Floats:
    """Return the severity in [0, 1) of a delay: 1 - exp(-days / scale), 0 if in time."""
    return -np.expm1(-np.maximum(late_days, 0.0) / late_days_scale)


@dataclass(slots=True)
class Overdue:
    """What waits at an instant, (n, ...) each."""

    severity: Floats  # (n, causes)
    severity_max: Floats  # (n, causes): the most that it can become with no further event
    step_ms: Ints  # when it weighs more next, `NEVER` if it does not
    drop_ms: Ints  # when a matter is lost track of next, and weighs no more
    last_drop_ms: Ints  # when the last of them is, 0 if none waits
    unheard: Bools  # whether more may turn out to be overdue than is known
    promised_ms: Ints  # earliest promise for anything that is open, `NEVER` for none
    owed_ms: Ints  # likewise, of promises of the company's alone

    def take(self, which: Ints) -> "Overdue":
        """Return some of them."""
        return Overdue(*(getattr(self, field.name)[which] for field in fields(self)))


def overdue(
    settings: FrustrationSettings, pool: Pool, rows: Rows, at_ms: Ints, known_ms: Ints
) -> Overdue:
    """Return what is overdue at an instant, and when that changes next without an event.

    Args:
        settings: for the step and the scale.
        pool: of items.
        rows: (n,) rows.
        at_ms: (n,) instant for each row.
        known_ms: (n, matters) how far what is open of each sort is known, at most the instant.
    """
    count = len(rows)
    waits = Overdue(
        np.zeros((count, len(CAUSES))),
        np.zeros((count, len(CAUSES))),
        np.full(count, NEVER),
        np.full(count, NEVER),
        np.zeros(count, np.int64),
        np.zeros(count, np.bool_),
        np.full(count, NEVER),
        np.full(count, NEVER),
    )
    records = pool.records
    where, slots = still_open(pool, rows["items"], at_ms)
    promised = records["promised_ms"][slots] > 0
    if not promised.any():
        return waits
    where, slots = where[promised], slots[promised]
    promised_ms, forget_ms = records["promised_ms"][slots], records["forget_ms"][slots]
    matter = records["matter"][slots]
    step_ms = round(settings.step_hours * HOUR_MS)
    passed = np.maximum((at_ms[where] - promised_ms) // step_ms, 0)
    steps = np.maximum((known_ms[where, matter] - promised_ms) // step_ms, 0)
    late_days = steps * (step_ms / DAY_MS)
    cell = where * len(CAUSES) + CAUSE_WHILE_OPEN[matter]
    np.add.at(waits.severity.ravel(), cell, lateness(late_days, settings.late_days_scale))
    np.add.at(waits.severity_max.ravel(), cell, 1.0)
    waits.unheard[where[steps < passed]] = True
    np.minimum.at(waits.promised_ms, where, promised_ms)
    owed = matter == _MATTER.PROMISE
    np.minimum.at(waits.owed_ms, where[owed], promised_ms[owed])
    np.minimum.at(waits.step_ms, where, promised_ms + (passed + 1) * step_ms)
    np.minimum.at(waits.drop_ms, where, forget_ms)
    np.maximum.at(waits.last_drop_ms, where, forget_ms)
    return waits
