"""Units of time: instants and durations are integers of milliseconds, models count days."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
NAME_BYTES: Final = 24  # told of the name of an order, ticket or promise
NAME_KEPT_BYTES: Final = NAME_BYTES + 1  # kept: one more shows that it goes on
NEVER: Final = 2**62  # an instant that never comes; leaves room to add a duration to it

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def nonzero(which: NDArray[Any]) -> Ints:
    """Return where a line of values is not zero: `np.flatnonzero`, at a fifth of its cost."""
    return which.nonzero()[0]


def days(duration_ms: Ints) -> Floats:
    """Return a duration in days."""
    return duration_ms / np.float64(DAY_MS)


def day_of(instant_ms: Ints) -> Ints:
    """Return the UTC day of an instant, counted from the epoch."""
    return np.asarray(instant_ms // DAY_MS)
