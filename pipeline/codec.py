"""Rows and header as bytes, and back: what a changelog keeps of a table.

A row is one byte of version, its fields, when it is due, its open items and episodes, and its
texts. References into pools and codes of texts mean nothing outside their table, so they are left
out and made anew. Encoded, decoded and encoded again a row gives the same bytes, and a table
restored this way goes on as if it had never stopped.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from pipeline.pool import Pool
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from pipeline.units import Ints

VERSION: Final = 1
_TEXTS: Final = ("currency", "owner", "segment", "channel")
_DUE_BYTES: Final = 16


class BadRowError(ValueError):
    """Bytes that are no row of this version."""


class Header(Struct, frozen=True, array_like=True):
    """Where a partition goes on, and what its table knows beside its rows.

    The only truth about where to go on: `next_offset` of the log, and the next (offset, index) of
    each source partition.
    """

    version: int
    fingerprint: str
    next_offset: int
    positions: list[tuple[str, int, int, int]]
    clock: dict[str, Any]
    feed: dict[str, Any]


def fingerprint(settings: PipelineSettings) -> str:
    """Return a digest of the settings that shape state: a change of them needs a rebuild."""
    shaping = {
        "half_lives_days": asdict(settings.frustration.half_lives_days),
        "purchase_half_life_days": settings.frustration.purchase_half_life_days,
        "windows": asdict(settings.windows),
        "items": asdict(settings.items),
        "stages": asdict(settings.stages),
        "sources": sorted(settings.sources),
        "orders_topic": settings.orders_topic,
        "idle_hours_max": settings.feed(settings.orders_topic).idle_hours_max,
    }
    return hashlib.sha256(msgspec.json.encode(shaping, order="deterministic")).hexdigest()[:16]


def encode_header(table: ActivityTable, next_offset: int) -> bytes:
    """Return the header of a table that has folded the log up to an offset."""
    positions = [
        (topic, partition, offset, index)
        for (topic, partition), (offset, index) in sorted(table.positions.state().items())
    ]
    header = Header(
        VERSION,
        fingerprint(table.settings),
        next_offset,
        positions,
        table.clock.state(),
        table.orders_feed.state(),
    )
    return msgspec.msgpack.encode(header, order="deterministic")


def decode_header(value: bytes) -> Header:
    """Return a header from its bytes.

    Raises:
        BadRowError: it is none, or of another version.
    """
    try:
        header = msgspec.msgpack.decode(value, type=Header)
    except msgspec.DecodeError as error:
        raise BadRowError(f"header of {len(value)} bytes: {error}") from None
    if header.version != VERSION:
        raise BadRowError(f"header version {header.version}; this program reads {VERSION}")
    return header


def apply_header(table: ActivityTable, header: Header) -> None:
    """Let a table go on where a header says."""
    table.positions.restore({(t, p): (offset, index) for t, p, offset, index in header.positions})
    table.clock.restore(header.clock)
    table.orders_feed.restore(header.feed)


def encode_rows(table: ActivityTable, row: Ints) -> list[tuple[str, bytes | None]]:
    """Return (customer id, bytes) of rows; None for a row whose customer is gone."""
    words, rows = table.store.gather(row)
    items, cases = rows["items"].copy(), rows["episodes"].copy()
    texts = [_texts(table, codes) for codes in np.stack([rows[n] for n in _TEXTS]).T.tolist()]
    for name in ("items", "episodes", *_TEXTS):
        rows[name] = 0
    due = np.stack([table.store.due_load[row], table.store.due_silence[row]]).T.copy()
    item_parts, item_counts = _chains(table.pools.items, items)
    case_parts, case_counts = _chains(table.pools.episodes, cases)
    encoded: list[tuple[str, bytes | None]] = []
    for i, number in enumerate(row.tolist()):
        customer_id = table.store.ids[number]
        counts = bytes((VERSION, item_counts[i], case_counts[i]))
        parts = (counts, words[i].tobytes(), due[i].tobytes(), *item_parts[i], *case_parts[i])
        encoded.append((customer_id, b"".join((*parts, texts[i]))))
    return encoded


def decode_rows(table: ActivityTable, rows: Sequence[tuple[str, bytes]]) -> None:
    """Put rows into a table that does not have them yet.

    Raises:
        BadRowError: one of them is no row of this version; the table is as it was.
    """
    size, item_size = table.store.dtype.itemsize, table.pools.items.records.dtype.itemsize
    case_size = table.pools.episodes.records.dtype.itemsize
    fixed, due, items, cases, counts, texts = [], [], [], [], [], []
    for customer_id, value in rows:
        n_items, n_cases = _counts(customer_id, value)
        begin = 3 + size + _DUE_BYTES
        middle = begin + n_items * item_size
        end = middle + n_cases * case_size
        fixed.append(value[3 : 3 + size])
        due.append(value[3 + size : begin])
        items.append(value[begin:middle])
        cases.append(value[middle:end])
        counts.append((n_items, n_cases))
        texts.append(_decode_texts(customer_id, value[end:]))
    words = np.frombuffer(b"".join(fixed), np.uint64).reshape(len(rows), size // 8).copy()
    fields = words.view(table.store.dtype)[:, 0]
    row = table.store.intern([customer_id for customer_id, _ in rows])
    lengths = np.array(counts, np.int64).reshape(-1, 2)
    fields["items"] = table.pools.items.adopt(b"".join(items), lengths[:, 0], row)
    fields["episodes"] = table.pools.episodes.adopt(b"".join(cases), lengths[:, 1], row)
    for column, name in enumerate(_TEXTS):
        fields[name] = table.texts.codes([text[column] for text in texts])
    table.store.restore(row, words, np.frombuffer(b"".join(due), np.int64).reshape(-1, 2))


def _counts(customer_id: str, value: bytes) -> tuple[int, int]:
    if len(value) < 3 or value[0] != VERSION:
        found = value[0] if value else "none"
        raise BadRowError(f"row of {customer_id!r}: version {found}; this program reads {VERSION}")
    return value[1], value[2]


def _decode_texts(customer_id: str, value: bytes) -> list[str]:
    try:
        texts = msgspec.msgpack.decode(value, type=list[str])
    except msgspec.DecodeError as error:
        raise BadRowError(f"row of {customer_id!r}: {error}") from None
    if len(texts) != len(_TEXTS):
        raise BadRowError(f"row of {customer_id!r}: {len(texts)} texts; {len(_TEXTS)} are wanted")
    return texts


def _texts(table: ActivityTable, codes: list[int]) -> bytes:
    return msgspec.msgpack.encode([table.texts.text(code) for code in codes])


def _chains(pool: Pool, heads: NDArray[Any]) -> tuple[list[list[bytes]], list[int]]:
    """Return the records of each chain as bytes, in their order, and how many there are."""
    parts: list[list[bytes]] = [[] for _ in heads]
    for positions, slots in pool.each(heads):
        records = np.zeros(len(slots), pool.records.dtype)  # so that padding is zero as well
        for name in set(pool.records.dtype.names or ()) - {"next", "row"}:
            records[name] = pool.records[name][slots]
        for position, record in zip(positions.tolist(), records, strict=True):
            parts[position].append(record.tobytes())
    return parts, [len(part) for part in parts]
