"""Version 1 of a row, which is only read.

A byte each of version, items and episodes, the fields as they lie in memory, when it is due, its
items and episodes likewise, and its texts.
"""

from typing import Final

import numpy as np

from pipeline.stored import Faults, Stored, read_texts
from pipeline.table import ActivityTable

VERSION: Final = 1
_HEAD: Final = 3  # bytes
_DUE: Final = 16


def read(table: ActivityTable, values: list[bytes]) -> Stored | Faults:
    """Return rows from their bytes, or what is wrong with some of them."""
    row, item = table.store.dtype, table.pools.items.records.dtype
    episode = table.pools.episodes.records.dtype
    faults: Faults = {}
    parts: list[list[bytes]] = []
    for place, value in enumerate(values):
        counts = (*value[1:_HEAD], 0, 0)
        sizes = (_HEAD, row.itemsize, _DUE, counts[0] * item.itemsize, counts[1] * episode.itemsize)
        ends = np.cumsum(sizes).tolist()
        if len(value) < ends[-1]:
            faults[place] = f"{len(value)} bytes; by its first bytes it has {ends[-1]} at least"
        parts.append([value[a:b] for a, b in zip([0, *ends], [*ends, len(value)], strict=True)])
    if faults:
        return faults
    head, fields, due, items, episodes, packed = zip(*parts, strict=True)
    texts = read_texts(packed)
    if isinstance(texts, dict):
        return texts
    counts_of = np.frombuffer(b"".join(head), np.uint8).reshape(-1, _HEAD).astype(np.int64)
    return Stored(
        np.frombuffer(b"".join(fields), np.uint64).reshape(len(values), -1).copy(),
        np.frombuffer(b"".join(due), np.int64).reshape(-1, 2),
        np.frombuffer(b"".join(items), item),
        counts_of[:, 1],
        np.frombuffer(b"".join(episodes), episode),
        counts_of[:, 2],
        texts,
    )
