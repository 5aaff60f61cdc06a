"""What a row knows of a customer's orders, in a form that no order of arrival can change.

An occasion is a UTC day with at least one order (raw invoices rank worse: MODELS of the field
count transactions). The days are a set, kept as two bits a day for the 64 days up to the newest;
first, last and the sums are minima, maxima and sums. A cancelled order is taken back while its
day is within those 64.

A day further back than 64 days that arrives late is counted as a new occasion unless it is the
first or the newest of the older days: only there can the order of arrival show.
"""

import numpy as np

from pipeline.rows import Rows
from pipeline.units import DAY_MS, Bools, Floats, Ints, day_of, nonzero

_DAYS = 64
_ONE = np.uint64(1)


def place(rows: Rows, at_ms: Ints, amount: Floats, currency: Ints) -> Bools:
    """Count one order per row; return which amounts are in the sums.

    Args:
        rows: (n,) distinct rows, changed in place.
        at_ms: (n,) when it was placed.
        amount: (n,) NaN if not known.
        currency: (n,) code, 0 if not known.
    """
    day = day_of(at_ms)
    _turn(rows, day)
    ago = rows["newest_day"] - day
    recent = nonzero(ago < _DAYS)
    _mark(rows, recent, ago[recent])
    older = nonzero(ago >= _DAYS)
    if len(older):
        new = (day[older] != rows["first_day"][older]) & (day[older] != rows["older_day"][older])
        rows["order_days"][older] += new
        rows["older_day"][older] = np.maximum(rows["older_day"][older], day[older])
    first = rows["first_day"]
    rows["first_day"] = np.where(first == 0, day, np.minimum(first, day))
    rows["orders"] += 1
    rows["last_order_ms"] = np.maximum(rows["last_order_ms"], at_ms)
    return _sum(rows, at_ms, amount, currency)


def take_back(rows: Rows, which: Ints, placed_ms: Ints, amount: Floats) -> None:
    """Undo an order placed then; `amount` is NaN unless it is in the sums."""
    rows["orders"][which] -= 1
    ago = rows["newest_day"][which] - day_of(placed_ms)
    known = (ago >= 0) & (ago < _DAYS)
    _unmark(rows, which[known], ago[known])
    summed = ~np.isnan(amount)
    where, amount = which[summed], amount[summed]
    rows["amounts"][where] -= 1
    rows["amount_sum"][where] -= amount
    rows["amount_squares"][where] -= amount * amount


def repeats(rows: Rows) -> Ints:
    """Return x, the repeat occasions; -1 for a customer without an order."""
    return rows["order_days"].astype(np.int64) - 1


def last_day(rows: Rows) -> Ints:
    """Return the day of the last occasion; 0 without one."""
    marked = rows["orders_low"] | rows["orders_high"]
    ago = np.bitwise_count((marked & (~marked + _ONE)) - _ONE).astype(np.int64)
    return np.where(marked > 0, rows["newest_day"] - ago, rows["older_day"])


def first_day(rows: Rows) -> Ints:
    """Return the day of the first occasion; 0 without one."""
    marked = rows["orders_low"] | rows["orders_high"]
    all_marked = np.bitwise_count(marked) == rows["order_days"]
    filled = marked.copy()
    for shift in (1, 2, 4, 8, 16, 32):
        filled |= filled >> np.uint64(shift)
    oldest = rows["newest_day"] - np.bitwise_count(filled).astype(np.int64) + 1
    day = np.where(all_marked, oldest, rows["first_day"])
    return np.where(rows["order_days"] > 0, day, 0)


def span_days(rows: Rows) -> Ints:
    """Return tx, the days from first to last occasion."""
    return last_day(rows) - first_day(rows)


def last_ms(rows: Rows) -> Ints:
    """Return when the last order was; once that one is cancelled, the end of the last day left."""
    day = last_day(rows)
    kept = day_of(rows["last_order_ms"]) == day
    at_ms = np.where(kept, rows["last_order_ms"], (day + 1) * DAY_MS - 1)
    return np.where(rows["order_days"] > 0, at_ms, 0)


def _turn(rows: Rows, day: Ints) -> None:
    """Move the 64 days on to a newer one, and remember the newest that falls out."""
    ahead = np.where(rows["newest_day"] > 0, day - rows["newest_day"], 0)
    moving = nonzero(ahead > 0)
    if len(moving):
        ahead = ahead[moving]
        low, high = rows["orders_low"][moving], rows["orders_high"][moving]
        far = ahead >= _DAYS
        by = np.where(far, 0, ahead).astype(np.uint64)
        kept_out = np.where(far, 0, _DAYS - ahead).astype(np.uint64)
        out = (low | high) >> kept_out
        ago = np.bitwise_count((out & (~out + _ONE)) - _ONE) + kept_out.astype(np.int64)
        fallen = np.where(out > 0, rows["newest_day"][moving] - ago, 0)
        rows["older_day"][moving] = np.maximum(rows["older_day"][moving], fallen)
        rows["orders_low"][moving] = np.where(far, np.uint64(0), low << by)
        rows["orders_high"][moving] = np.where(far, np.uint64(0), high << by)
    rows["newest_day"] = np.maximum(rows["newest_day"], day)


def _mark(rows: Rows, which: Ints, ago: Ints) -> None:
    bit = _ONE << ago.astype(np.uint64)
    low, high = rows["orders_low"][which], rows["orders_high"][which]
    rows["order_days"][which] += ((low | high) & bit) == 0
    full = low & high & bit
    rows["orders_low"][which] = (low ^ bit) | full
    rows["orders_high"][which] = high ^ (low & bit) | full


def _unmark(rows: Rows, which: Ints, ago: Ints) -> None:
    bit = _ONE << ago.astype(np.uint64)
    low, high = rows["orders_low"][which], rows["orders_high"][which]
    counted = ((low ^ high) & bit) > 0  # one or two; three stays, nothing stays nothing
    one = counted & ((low & bit) > 0)
    bit = np.where(counted, bit, np.uint64(0))
    rows["orders_low"][which] = low ^ bit
    rows["orders_high"][which] = high & ~bit
    rows["order_days"][which] -= one


def _sum(rows: Rows, at_ms: Ints, amount: Floats, currency: Ints) -> Bools:
    known = ~np.isnan(amount)
    rows["currency"] = np.where((rows["currency"] == 0) & known, currency, rows["currency"])
    summed = known & (rows["currency"] == currency)
    rows["foreign_orders"] += known & ~summed & (rows["foreign_orders"] < np.uint16(65535))
    added = np.where(summed, amount, 0.0)
    rows["amounts"] += summed
    rows["amount_sum"] += added
    rows["amount_squares"] += added * added
    newest = summed & (at_ms >= rows["last_amount_ms"])
    rows["last_amount"] = np.where(newest, amount, rows["last_amount"])
    rows["last_amount_ms"] = np.where(newest, at_ms, rows["last_amount_ms"])
    return np.asarray(summed)
