"""A batch of activities as columns: what the fold reads."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, TypeAlias

import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from pipeline.interning import Interned
from pipeline.units import NAME_KEPT_BYTES, Floats, Ints
from schemas.activity import Activity, Kind
from schemas.hashing import hashes, id_hashes

Fields: TypeAlias = dict[str, list[Any]]  # the names are those of `Activity`

_SLICE: Final = 1024
_OF_TICKETS: Final = frozenset(int(k) for k in Kind if k.name.startswith("TICKET_"))


@dataclass(slots=True)
class Events:
    """Activities as columns of one length, in the order of the log."""

    row: Ints  # the customer's
    offset: Ints  # in the log
    kind: Ints
    at_ms: Ints
    event: NDArray[np.uint64]  # hash of the event id
    item: NDArray[np.uint64]  # hash of the item's id
    name: NDArray[np.bytes_]  # the first bytes of the item's id
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
    category: Ints  # of a ticket

    def __len__(self) -> int:
        """Return the number of activities."""
        return len(self.row)

    def take(self, which: NDArray[Any] | slice) -> "Events":
        """Return some of them."""
        return Events(*(getattr(self, column)[which] for column in _COLUMNS))


_COLUMNS: Final = tuple(field.name for field in fields(Events))


def by_field(activities: Sequence[Activity]) -> Fields:
    """Return the fields of activities, each as a list.

    In slices that stay in the processor's cache: to walk through all activities once for each
    field takes three times as long.
    """
    fields_of: list[list[Any]] = [[] for _ in Activity.__struct_fields__]
    for begin in range(0, len(activities), _SLICE):
        part = map(astuple, activities[begin : begin + _SLICE])
        for values, more in zip(fields_of, zip(*part, strict=True), strict=True):
            values.extend(more)
    return dict(zip(Activity.__struct_fields__, fields_of, strict=True))


def columns(fields_of: Fields, offsets: Ints, row: Ints, texts: Interned) -> Events:
    """Return activities as columns."""
    items = [item.encode() for item in fields_of["item"]]
    return Events(
        row=row,
        offset=offsets,
        kind=_ints(fields_of["kind"]),
        at_ms=_ints(fields_of["occurred_at"]),
        event=_hashes(fields_of["event_id"]),
        item=np.fromiter(hashes(items), np.uint64, len(items)),
        name=np.array(items, f"S{NAME_KEPT_BYTES}"),
        amount=_floats(fields_of["amount"]),
        rating=_floats(fields_of["rating"]),
        waited_seconds=_floats(fields_of["waited_seconds"]),
        compensation=_floats(fields_of["compensation"]),
        due_ms=_ints(fields_of["due_at"]),
        opened_ms=_ints(fields_of["opened_at"]),
        currency=texts.codes(fields_of["currency"]),
        owner=texts.codes(fields_of["owner"]),
        segment=texts.codes(fields_of["segment"]),
        channel=texts.codes(fields_of["channel"]),
        category=texts.codes(_categories(fields_of)),
    )


def _categories(fields_of: Fields) -> list[str]:
    """Return the notes on tickets; on anything else a note is a reason, and free text."""
    notes = zip(fields_of["kind"], fields_of["note"], strict=True)
    return [note if kind in _OF_TICKETS else "" for kind, note in notes]


def _ints(values: list[int]) -> Ints:
    return np.fromiter(values, np.int64, len(values))


def _floats(values: list[float | None]) -> Floats:
    if values.count(None) == len(values):
        return np.full(len(values), np.nan)
    return np.array(values, np.float64)  # None becomes NaN


def _hashes(values: list[str]) -> NDArray[np.uint64]:
    return np.fromiter(id_hashes(values), np.uint64, len(values))
