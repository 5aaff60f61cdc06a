"""What irritated a customer lately, by name: decaying sums cannot say which event it was.

Of each customer the few are kept that are forgotten last, so that what is kept is a matter neither
of the order of arrival nor of when the forgotten are taken out.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.events import Events
from pipeline.pool import Chains, Pool, by_chain
from pipeline.rows import PURCHASES, Rows
from pipeline.units import DAY_MS, NAME_KEPT_BYTES, Bools, Floats, Ints, nonzero

MEMORY_MAX: Final = 8  # of one customer
_HALF_LIVES: Final = 5.0  # then a thirty-second of it is left


def new_pool() -> Pool:
    """Return an empty memory; a record's key is the hash of its event id."""
    return Pool(
        [
            ("at_ms", "i8"),
            ("severity", "f8"),  # as added to the sum of its cause
            ("late_days", "f8"),
            ("forget_ms", "i8"),  # from then on it is not known
            ("name", f"S{NAME_KEPT_BYTES}"),  # of the order, ticket or promise
            ("kind", "u1"),  # of the activity
            ("cause", "u1"),
            ("row", "i4"),
        ]
    )


def remember(
    pool: Pool, rows: Rows, events: Events, added: Floats, late_days: Floats, half_lives: Floats
) -> None:
    """Keep the events that irritate; of several causes the one that they add most to.

    Args:
        pool: the memory.
        rows: (n,) rows; their references are brought up to date.
        events: one of each row.
        added: (n, LOADS) severities, purchases not counted.
        late_days: (n,) of a matter that the event closes.
        half_lives: (LOADS,) in days.
    """
    severity = added[:, :PURCHASES]
    which = nonzero(np.asarray(severity.any(axis=1)))
    if not len(which):
        return
    cause = severity[which].argmax(axis=1)
    forget_ms = events.at_ms[which] + (_HALF_LIVES * half_lives[cause] * DAY_MS).astype(np.int64)
    heads = rows["memory"][which]
    fits = _make_room(pool, heads, forget_ms, events.event[which])
    rows["memory"][which] = heads
    which, cause, forget_ms, heads = which[fits], cause[fits], forget_ms[fits], heads[fits]
    slot = pool.add(heads, events.event[which])
    rows["memory"][which] = heads
    records = pool.records
    records["at_ms"][slot] = events.at_ms[which]
    records["severity"][slot] = severity[which, cause]
    records["late_days"][slot] = late_days[which]
    records["forget_ms"][slot] = forget_ms
    records["name"][slot] = events.name[which]
    records["row"][slot] = events.row[which]
    records["kind"][slot] = events.kind[which]
    records["cause"][slot] = cause


def recall(pool: Pool, heads: Ints, at_ms: Ints) -> Chains:
    """Return copies of what is remembered at an instant, of each chain, the newest first."""
    where, slots = pool.links(heads)
    found = pool.take(slots)
    known = found["forget_ms"] > at_ms[where]
    where, found = where[known], found[known]
    return by_chain(found, where, -found["at_ms"], len(heads))


def forgotten(pool: Pool, at_ms: int) -> Bools:
    """Return, by slot, what is not known any more at an instant."""
    forget_ms = pool.records["forget_ms"]
    return np.asarray((forget_ms > 0) & (forget_ms <= at_ms))


def _make_room(pool: Pool, heads: Ints, forget_ms: Ints, keys: NDArray[np.uint64]) -> Bools:
    """Take out of each full chain what is forgotten first; return whose new one is kept."""
    fits = np.ones(len(heads), np.bool_)
    full = nonzero(pool.count(heads) >= MEMORY_MAX)
    if not len(full):
        return fits
    first_ms, first_key, weakest = forget_ms[full], keys[full], np.zeros(len(full), np.int64)
    for positions, slots in pool.each(heads[full]):
        ms, key = pool.records["forget_ms"][slots], pool.records["key"][slots]
        sooner = ms < first_ms[positions]
        sooner |= (ms == first_ms[positions]) & (key < first_key[positions])
        where = positions[sooner]
        first_ms[where], first_key[where] = ms[sooner], key[sooner]
        weakest[where] = slots[sooner]
    fits[full] = weakest > 0
    gone = np.zeros(len(pool.records), np.bool_)
    gone[weakest[weakest > 0]] = True
    crowded = heads[full]
    pool.remove(crowded, gone)
    heads[full] = crowded
    return fits
