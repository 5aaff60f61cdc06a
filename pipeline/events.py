"""A batch of activities as columns: what the fold reads."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.interning import Interned
from pipeline.units import Floats, Ints
from schemas.activity import Activity
from schemas.hashing import id_hashes


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
    return Events(
        row=row,
        offset=offsets,
        kind=_ints([a.kind for a in activities]),
        at_ms=_ints([a.occurred_at for a in activities]),
        event=_hashes([a.event_id for a in activities]),
        item=_hashes([a.item for a in activities]),
        amount=_floats([a.amount for a in activities]),
        rating=_floats([a.rating for a in activities]),
        waited_seconds=_floats([a.waited_seconds for a in activities]),
        compensation=_floats([a.compensation for a in activities]),
        due_ms=_ints([a.due_at for a in activities]),
        opened_ms=_ints([a.opened_at for a in activities]),
        currency=texts.codes([a.currency for a in activities]),
        owner=texts.codes([a.owner for a in activities]),
        segment=texts.codes([a.segment for a in activities]),
        channel=texts.codes([a.channel for a in activities]),
    )


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)


def _floats(values: list[float | None]) -> Floats:
    return np.array(values, np.float64)  # None becomes NaN


def _hashes(values: list[str]) -> NDArray[np.uint64]:
    return np.array(id_hashes(values), np.uint64)
