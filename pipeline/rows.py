"""The row of a customer: one record of a structured array, and also what is stored of it.

A new customer is a row of zeros, so zero always means "not yet". References into sparse pools
and codes of interned text count from 1 for the same reason. Instants are milliseconds, days are
counted from the epoch.
"""

from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.frustration_settings import CAUSES
from pipeline.settings import WindowSettings

Rows = NDArray[Any]  # of row_dtype

CAUSE: Final = {name: index for index, name in enumerate(CAUSES)}
PURCHASES: Final = len(CAUSES)  # the decaying count of purchases stands behind the causes
LOADS: Final = len(CAUSES) + 1
EVENT_MEMORY: Final = 4

WINDOWED: Final = ("orders", "tickets", "irritants")
LABELS: Final = ("owner", "segment", "channel", "category")  # text, the last that was named

# The fields of a row, the wide ones first, so that there are no holes between them.
_Fields: TypeAlias = tuple[tuple[Any, ...], ...]
_TIME: Final[_Fields] = (
    ("seen_ms", "i8"),  # how far this customer's own time has come
    ("first_ms", "i8"),  # first activity
    ("contact_ms", "i8"),  # last activity that is the customer's own doing
)
_LOAD: Final[_Fields] = (
    ("loads", "f8", (LOADS,)),  # decayed to touched_ms: severities by cause, purchases
    ("touched_ms", "i8"),  # newest activity of any kind
)
_ORDERS: Final[_Fields] = (
    ("orders_low", "u8"),  # two bits a day, see `row_dtype`
    ("orders_high", "u8"),
    ("last_order_ms", "i8"),
    ("amount_sum", "f8"),
    ("amount_squares", "f8"),
    ("last_amount", "f8"),
    ("last_amount_ms", "i8"),
)
_CARE: Final[_Fields] = (
    ("delivered_ms", "i8"),  # first delivery
    ("last_delivered_ms", "i8"),
    ("word_ms", "i8"),  # last word from the company that is no promotion
    ("failed_ms", "i8"),  # when a matter last went wrong
    ("good_ms", "i8"),  # when one last went well
    ("compensated_ms", "i8"),  # last compensation
    ("followed_up_ms", "i8"),  # first follow-up after the first order
    ("owner_changed_ms", "i8"),
)
_LIFE: Final[_Fields] = (
    ("closed_ms", "i8"),  # last farewell
    ("stage_ms", "i8"),  # when the stage was entered
    ("events", "u8", (EVENT_MEMORY,)),  # hashes of the last event ids, a ring
)
_COUNTS: Final[_Fields] = (
    ("newest_day", "i4"),
    ("older_day", "i4"),  # newest order day before the 64
    ("first_day", "i4"),
    ("order_days", "i4"),  # occasions
    ("orders", "i4"),
    ("amounts", "i4"),  # orders whose amount is in the sums
    ("tickets", "i4"),
    ("bucket", "i4"),  # newest bucket of the windows
)
_POOLED: Final[_Fields] = (  # references
    ("items", "i4"),  # open matters
    ("episodes", "i4"),
    ("memory", "i4"),  # what irritated lately
    ("ledger", "i4"),  # alerts whose outcome is not known yet
)
_TEXTS: Final[_Fields] = (  # codes of interned text (TEXTS_MAX)
    ("currency", "u2"),
    ("owner", "u2"),
    ("segment", "u2"),
    ("channel", "u2"),
    ("category", "u2"),  # of tickets
)
_SMALL_COUNTS: Final[_Fields] = (
    ("kinds", "u2"),  # a bit for each kind of alert of which an episode stands open
    ("foreign_orders", "u2"),  # in another currency: counted, not summed
    ("items_lost", "u2"),  # more open matters than are kept
    ("returns", "u2"),
    ("compensations", "u2"),
)
_FLAGS: Final[_Fields] = (
    ("event_slot", "u1"),
    ("stage", "u1"),
    ("rated_well", "u1"),
    ("promoter", "u1"),
    ("soothed", "u1"),  # times that what frustrated was put out
    ("let_down", "u1"),  # and that it faded with nobody's doing
    ("closed", "u1"),  # no order since the last farewell
)
_WIDE: Final = (*_TIME, *_LOAD, *_ORDERS, *_CARE, *_LIFE)
_NARROW: Final = (*_COUNTS, *_POOLED, *_TEXTS, *_SMALL_COUNTS)


def row_dtype(windows: WindowSettings) -> np.dtype[Any]:
    """Return the layout of a row.

    `orders_low` and `orders_high` hold, as two bits a day, how many orders (0 to 3, where 3
    means "three or more, and stays") fell on each of the 64 days up to `newest_day`, which only
    moves forward. A set of days and a maximum do not depend on the order of arrival; a gap does.
    """
    buckets = ("windows", "u1", (len(WINDOWED), windows.buckets))
    return np.dtype([*_WIDE, *_NARROW, buckets, *_FLAGS], align=True)
