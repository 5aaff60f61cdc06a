"""Rows as bytes, and back: what a changelog keeps of a table.

The first byte is the version. Encoded, decoded and encoded again a row gives the same bytes, and
a table restored this way goes on as if it had never stopped.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple, cast

from pipeline import codec_v3
from pipeline.stored import Faults, Stored
from pipeline.table import ActivityTable
from pipeline.units import Ints

Reader = Callable[[ActivityTable, list[bytes]], Stored | Faults]

_READERS: Final[dict[bytes, Reader]] = {
    bytes([codec_v3.VERSION]): codec_v3.read,
}
_ACCEPTED: Final = " and ".join(str(version[0]) for version in _READERS)


class BadRow(NamedTuple):
    """A row that cannot be read, and why."""

    customer_id: str
    reason: str


def encode_rows(table: ActivityTable, row: Ints) -> dict[str, bytes]:
    """Return the bytes of rows of known customers, by customer id."""
    ids = [table.store.ids[number] for number in row.tolist()]
    return dict(zip(ids, codec_v3.encode(table, row), strict=True))


def decode_rows(
    table: ActivityTable,
    rows: Mapping[str, bytes | None] | Iterable[tuple[str, bytes | None]],
) -> list[BadRow]:
    """Put rows into a table; of one customer the last counts, and None takes it out.

    Returns:
        Those that are no rows: their customers are not in the table, and all others are.
    """
    newest = dict(rows)
    table.drop(newest)
    for customer_id in [who for who, value in newest.items() if value is None]:
        del newest[customer_id]
    values = cast("dict[str, bytes]", newest)
    versions = [value[:1] for value in values.values()]
    bad = []
    for found in sorted(set(versions)):
        some = values
        if versions.count(found) < len(values):
            pairs = zip(values.items(), versions, strict=True)
            some = {who: value for (who, value), version in pairs if version == found}
        bad += _put(table, some, _READERS.get(found, _refuse))
    return bad


def _refuse(_table: ActivityTable, values: list[bytes]) -> Faults:
    found = values[0][0] if values[0] else "none"
    reason = f"version {found}; this program reads {_ACCEPTED}"
    return dict.fromkeys(range(len(values)), reason)


def _put(table: ActivityTable, rows: dict[str, bytes], read: Reader) -> list[BadRow]:
    """Put rows of one version into a table; return those that are none."""
    bad: list[BadRow] = []
    while rows:
        ids, stored = list(rows), read(table, list(rows.values()))
        faults = stored if isinstance(stored, dict) else stored.faults(table.store.dtype)
        if isinstance(stored, Stored) and not faults:
            stored.put(table, ids)
            break
        for place, reason in faults.items():
            bad.append(BadRow(ids[place], reason))
            del rows[ids[place]]
    return bad
