"""A batch of activities as columns: what the fold reads."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.interning import Interned
from pipeline.units import Floats, Ints
from schemas.activity import Activity
from schemas.hashing import id_hash


@dataclass(slots=True)
class Events:
    """Activities as columns of one length, in the order of the log."""

    row: Ints  # the customer's
    offset: Ints  # in the log
    kind: Ints
    at_ms: Ints
    event: NDArray[np.uint64]  # hash of the event id
    item: NDArray[np.uint64]  # hash of the item's id
    amount: Floats  # NaN where not given, as the next three
    rating: Floats
    waited_seconds: Floats
    compensation: Floats
    due_ms: Ints  # 0 where not given, as the next
    opened_ms: Ints
    currency: Ints  # codes of interned text, 0 where not given
    owner: Ints
    segment: Ints
    channel: Ints

    def __len__(self) -> int:
        """Return the number of activities."""
        return len(self.row)

    def take(self, which: NDArray[Any] | slice) -> "Events":
        """Return some of them."""
        return Events(*(getattr(self, column)[which] for column in _COLUMNS))


_COLUMNS: Final = tuple(field.name for field in fields(Events))


def columns(activities: Sequence[Activity], offsets: Ints, row: Ints, texts: Interned) -> Events:
    """Return activities as columns."""
    ints = np.array(
        [(a.kind, a.occurred_at, a.due_at, a.opened_at) for a in activities], np.int64
    ).reshape(-1, 4)
    floats = np.array(
        [(a.amount, a.rating, a.waited_seconds, a.compensation) for a in activities], np.float64
    ).reshape(-1, 4)
    hashes = np.array([(id_hash(a.event_id), id_hash(a.item)) for a in activities], np.uint64)
    hashes = hashes.reshape(-1, 2)
    code = texts.code
    codes = np.array(
        [(code(a.currency), code(a.owner), code(a.segment), code(a.channel)) for a in activities],
        np.int64,
    ).reshape(-1, 4)
    return Events(
        row,
        offsets,
        *ints.T[:2],
        *hashes.T,
        *floats.T,
        *ints.T[2:],
        *codes.T,
    )
