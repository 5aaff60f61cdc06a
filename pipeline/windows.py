"""Windowed counts: a ring of buckets per customer for orders, tickets and irritants.

A bucket's number is its event time over the bucket's width, so buckets are the same for every
customer. The ring ends at the customer's newest bucket; what is older than the ring is not kept.
Sums over a bucket do not depend on the order of arrival.
"""

import numpy as np

from pipeline.rows import Rows
from pipeline.settings import WindowSettings
from pipeline.units import DAY_MS, Bools, Ints, nonzero

_FULL = np.iinfo(np.uint8).max  # a count stops there


def bucket_of(settings: WindowSettings, at_ms: Ints) -> Ints:
    """Return the number of the bucket that an instant falls into."""
    return np.asarray(at_ms // (settings.bucket_days * DAY_MS))


def add(settings: WindowSettings, rows: Rows, at_ms: Ints, what: list[Bools]) -> None:
    """Count one event per row; `what` says for each of `WINDOWED` whether it counts there."""
    bucket = bucket_of(settings, at_ms)
    _turn(settings, rows, np.maximum(bucket, rows["bucket"]))
    kept = bucket > rows["bucket"] - settings.buckets
    windows = rows["windows"]
    for series, counts in enumerate(what):
        which = nonzero(counts & kept)
        place = bucket[which] % settings.buckets
        windows[which, series, place] += windows[which, series, place] < _FULL


def totals(settings: WindowSettings, rows: Rows, at_ms: Ints) -> Ints:
    """Return (rows, series) counts over the ring's width up to an instant."""
    newest = bucket_of(settings, at_ms)
    ages = np.arange(settings.buckets)
    # Place p holds the newest bucket that is congruent to p.
    held = rows["bucket"][:, None] - (rows["bucket"][:, None] - ages) % settings.buckets
    inside = held > (newest - settings.buckets)[:, None]
    kept = np.where(inside[:, None, :], rows["windows"], 0)
    return np.asarray(kept.sum(axis=2, dtype=np.int64))


def _turn(settings: WindowSettings, rows: Rows, newest: Ints) -> None:
    ahead = newest - rows["bucket"]
    turning = nonzero(ahead)
    if len(turning):
        # Places of the buckets entered, old newest excluded.
        distance = (np.arange(settings.buckets) - rows["bucket"][turning, None] - 1) % (
            settings.buckets
        )
        stale = distance < ahead[turning, None]
        windows = rows["windows"]
        windows[turning] = np.where(stale[:, None, :], 0, windows[turning])
        rows["bucket"][turning] = newest[turning]
