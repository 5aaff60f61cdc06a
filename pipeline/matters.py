"""What stands open of customers at an instant, gathered from their items in one pass."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np

from pipeline.items import still_open
from pipeline.plain import plain
from pipeline.pool import Pool
from pipeline.rows import Rows
from pipeline.units import DAY_MS, NEVER, Ints
from pipeline.vocabulary import Matter

_MATTER: Final = plain(Matter)


@dataclass(slots=True)
class Matters:
    """What stands open, (n,) each; instants are 0 for none, `NEVER` where they lie ahead."""

    overdue_ms: Ints  # newest promise that has passed, of anything
    promise_ms: Ints  # oldest promise of the company's that has passed, 0 for none
    handed: Ints  # cases and promises that were open when the owner last changed
    handed_overdue: Ints  # of these, past what was promised
    next_ms: Ints  # when a promise passes next, or a matter is lost track of
    promise_next_ms: Ints  # likewise, of promises of the company's alone
    lost_ms: Ints  # when the next of them is lost track of

    def take(self, which: Ints) -> "Matters":
        """Return some of them."""
        return Matters(*(getattr(self, field.name)[which] for field in fields(self)))


def read(pool: Pool, rows: Rows, at_ms: Ints, known_ms: Ints) -> Matters:
    """Return what stands open of rows at an instant.

    Args:
        pool: of items.
        rows: (n,) rows.
        at_ms: (n,) instant for each row.
        known_ms: (n, matters) how far what is open of each sort is known, at most the instant.
    """
    n = len(rows)
    found = Matters(
        overdue_ms=np.zeros(n, np.int64),
        promise_ms=np.zeros(n, np.int64),
        handed=np.zeros(n, np.int64),
        handed_overdue=np.zeros(n, np.int64),
        next_ms=np.full(n, NEVER),
        lost_ms=np.full(n, NEVER),
        promise_next_ms=np.full(n, NEVER),
    )
    records = pool.records
    where, slots = still_open(pool, rows["items"], at_ms)
    if not len(where):
        return found
    promised_ms, forget_ms = records["promised_ms"][slots], records["forget_ms"][slots]
    matter = records["matter"][slots]
    past = (promised_ms > 0) & (promised_ms <= known_ms[where, matter])
    np.maximum.at(found.overdue_ms, where[past], promised_ms[past])
    promise = matter == _MATTER.PROMISE
    broken, oldest_ms = past & promise, np.full(n, NEVER)
    np.minimum.at(oldest_ms, where[broken], promised_ms[broken])
    found.promise_ms = np.where(oldest_ms < NEVER, oldest_ms, 0)
    handed = records["opened_ms"][slots] <= rows["owner_changed_ms"][where]
    handed &= matter != _MATTER.ORDER
    found.handed = np.bincount(where[handed], minlength=n)
    found.handed_overdue = np.bincount(where[handed & past], minlength=n)
    ahead = (promised_ms > 0) & ~past
    # A promise that has passed unheard is looked at once a day.
    unheard_ms = np.maximum(at_ms[where] - promised_ms, -1)
    passes_ms = promised_ms + (unheard_ms // DAY_MS + 1) * DAY_MS
    next_ms = np.where(ahead, np.minimum(passes_ms, forget_ms), forget_ms)
    np.minimum.at(found.next_ms, where, next_ms)
    np.minimum.at(found.lost_ms, where, forget_ms)
    np.minimum.at(found.promise_next_ms, where[promise], next_ms[promise])
    return found
