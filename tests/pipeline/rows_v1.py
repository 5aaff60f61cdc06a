"""Writes rows as version 1 did, to see that they are still read."""

import msgspec
import numpy as np

from pipeline.table import ActivityTable

TEXTS = ("currency", "owner", "segment", "channel")


def encode_v1(table: ActivityTable, row: int) -> bytes:
    """Return one row as version 1."""
    words, rows = table.store.gather(np.array([row]))
    items = _records(table.pools.items, rows["items"].copy())
    episodes = _records(table.pools.episodes, rows["episodes"].copy())
    texts = [table.texts.text(int(rows[name][0])) for name in TEXTS]
    for name in ("items", "episodes", *TEXTS):
        rows[name] = 0
    due = np.array([table.store.due_load[row], table.store.due_silence[row]])
    head = bytes((1, len(items), len(episodes)))
    parts = (head, words.tobytes(), due.tobytes(), *items, *episodes)
    return b"".join(parts) + msgspec.msgpack.encode(texts)


def _records(pool, heads):
    found = []
    for _, slots in pool.each(heads):
        record = np.zeros(1, pool.records.dtype)
        for name in set(pool.records.dtype.names) - {"next", "row"}:
            record[name] = pool.records[name][slots]
        found.append(record.tobytes())
    return found
