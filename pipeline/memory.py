"""What irritated a customer lately, with its name: decaying sums cannot say which event it was."""

import numpy as np

from pipeline.pool import Pool
from pipeline.units import Bools


def new_pool() -> Pool:
    """Return an empty memory; a record's key is the hash of its event id."""
    return Pool(
        [
            ("at_ms", "i8"),
            ("severity", "f8"),  # as added to the sum of its cause
            ("late_days", "f8"),
            ("forget_ms", "i8"),  # from then on it is not known
            ("name", "S24"),  # of the order, ticket or promise, cut after 24 bytes
            ("row", "i4"),
            ("kind", "u1"),  # of the activity
            ("cause", "u1"),
        ]
    )


def forgotten(pool: Pool, at_ms: int) -> Bools:
    """Return, by slot, what is not known any more at an instant."""
    forget_ms = pool.records["forget_ms"]
    return np.asarray((forget_ms > 0) & (forget_ms <= at_ms))
