"""What stands open of customers at an instant, gathered from their items in one pass."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from pipeline.items import OPEN
from pipeline.pool import Pool
from pipeline.rows import Rows
from pipeline.units import NEVER, Ints
from pipeline.vocabulary import Matter

_KEPT_BY_PEOPLE: Final = (Matter.TICKET, Matter.PROMISE)


@dataclass(slots=True)
class Matters:
    """What stands open, (n,) each; instants are 0 for none, `NEVER` where they lie ahead."""

    overdue_ms: Ints  # newest promise that has passed, of anything
    promise_ms: Ints  # oldest promise of the company's that has passed, 0 for none
    handed: Ints  # cases and promises that were open when the owner last changed
    handed_overdue: Ints  # of these, past what was promised
    next_ms: Ints  # when a promise passes next, or a matter is lost track of

    def take(self, which: Ints) -> "Matters":
        """Return some of them."""
        return Matters(*(getattr(self, field.name)[which] for field in fields(self)))


def read(pool: Pool, rows: Rows, at_ms: Ints) -> Matters:
    """Return what stands open of rows at an instant.

    Args:
        pool: of items.
        rows: (n,) rows.
        at_ms: (n,) instant for each row.
    """
    n = len(rows)
    zeros = [np.zeros(n, np.int64) for _ in range(4)]
    found = Matters(zeros[0], zeros[1], zeros[2], zeros[3], np.full(n, NEVER))
    oldest_ms = np.full(n, NEVER)
    records = pool.records
    for positions, slots in pool.each(rows["items"]):
        item = records[slots]
        now_ms = at_ms[positions]
        which = np.flatnonzero((item["state"] == OPEN) & (item["forget_ms"] > now_ms))
        if not len(which):
            continue
        item, where, now_ms = item[which], positions[which], now_ms[which]
        due_ms = np.where(item["promised_ms"] > 0, item["promised_ms"], NEVER)
        past = due_ms <= now_ms
        passed_ms = np.where(past, due_ms, 0)
        found.overdue_ms[where] = np.maximum(found.overdue_ms[where], passed_ms)
        promise = past & (item["matter"] == Matter.PROMISE)
        oldest_ms[where] = np.minimum(oldest_ms[where], np.where(promise, due_ms, NEVER))
        changed_ms = rows["owner_changed_ms"][where]
        handed = np.isin(item["matter"], _KEPT_BY_PEOPLE) & (item["opened_ms"] <= changed_ms)
        found.handed[where] += handed
        found.handed_overdue[where] += handed & past
        ahead_ms = np.where(past, item["forget_ms"], np.minimum(due_ms, item["forget_ms"]))
        found.next_ms[where] = np.minimum(found.next_ms[where], ahead_ms)
    found.promise_ms = np.where(oldest_ms < NEVER, oldest_ms, 0)
    return found
