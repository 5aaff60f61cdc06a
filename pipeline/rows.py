"""The row of a customer: one record of a structured array, and also what is stored of it.

A new customer is a row of zeros, so zero always means "not yet". References into sparse pools
and codes of interned text count from 1 for the same reason. Instants are milliseconds, days are
counted from the epoch.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.settings import CAUSES, WindowSettings

Rows = NDArray[Any]  # of row_dtype

CAUSE: Final = {name: index for index, name in enumerate(CAUSES)}
PURCHASES: Final = len(CAUSES)  # the decaying count of purchases stands behind the causes
LOADS: Final = len(CAUSES) + 1
EVENT_MEMORY: Final = 4

WINDOWED: Final = ("orders", "tickets", "irritants")
LABELS: Final = ("owner", "segment", "channel", "category")  # text, the last that was named


def row_dtype(windows: WindowSettings) -> np.dtype[Any]:
    """Return the layout of a row.

    `orders_low` and `orders_high` hold, as two bits a day, how many orders (0 to 3, where 3
    means "three or more, and stays") fell on each of the 64 days up to `newest_day`, which only
    moves forward. A set of days and a maximum do not depend on the order of arrival; a gap does.
    """
    return np.dtype(
        [
            ("seen_ms", "i8"),  # how far this customer's own time has come
            ("first_ms", "i8"),  # first activity
            ("contact_ms", "i8"),  # last activity that is the customer's own doing
            ("loads", "f8", (LOADS,)),  # decayed to touched_ms: severities by cause, purchases
            ("touched_ms", "i8"),  # newest activity of any kind
            ("orders_low", "u8"),
            ("orders_high", "u8"),
            ("last_order_ms", "i8"),
            ("amount_sum", "f8"),
            ("amount_squares", "f8"),
            ("last_amount", "f8"),
            ("last_amount_ms", "i8"),
            ("delivered_ms", "i8"),  # first delivery
            ("last_delivered_ms", "i8"),
            ("word_ms", "i8"),  # last word from the company that is no promotion
            ("failed_ms", "i8"),  # when a matter last went wrong
            ("good_ms", "i8"),  # when one last went well
            ("compensated_ms", "i8"),  # last compensation
            ("followed_up_ms", "i8"),  # first follow-up after the first order
            ("owner_changed_ms", "i8"),
            ("closed_ms", "i8"),  # last farewell
            ("stage_ms", "i8"),  # when the stage was entered
            ("events", "u8", (EVENT_MEMORY,)),  # hashes of the last event ids, a ring
            ("newest_day", "i4"),
            ("older_day", "i4"),  # newest order day before the 64
            ("first_day", "i4"),
            ("order_days", "i4"),  # occasions
            ("orders", "i4"),
            ("amounts", "i4"),  # orders whose amount is in the sums
            ("tickets", "i4"),
            ("bucket", "i4"),  # newest bucket of the windows
            ("items", "i4"),  # open matters: reference into the pool
            ("episodes", "i4"),  # likewise, as the next two
            ("memory", "i4"),  # what irritated lately
            ("ledger", "i4"),  # alerts whose outcome is not known yet
            ("currency", "u2"),  # code of interned text (TEXTS_MAX), as the next four
            ("owner", "u2"),
            ("segment", "u2"),
            ("channel", "u2"),
            ("category", "u2"),  # of tickets
            ("kinds", "u2"),  # a bit for each kind of alert of which an episode stands open
            ("foreign_orders", "u2"),  # in another currency: counted, not summed
            ("items_lost", "u2"),  # more open matters than are kept
            ("returns", "u2"),
            ("compensations", "u2"),
            ("windows", "u1", (len(WINDOWED), windows.buckets)),
            ("event_slot", "u1"),
            ("stage", "u1"),
            ("rated_well", "u1"),
            ("promoter", "u1"),
            ("closed", "u1"),  # no order since the last farewell
        ],
        align=True,
    )
