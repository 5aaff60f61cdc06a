"""Version 3 of a row: 64-bit words, little-endian, so that rows go to bytes and back as arrays.

word 0: from the low end a byte each of version and words of a row, two of the texts' length in
    bytes, and a byte for how many records each pool has
a bit for each word of the row, set where it is not zero, in whole words
a word for each watch: when the row is due
those words of the row
the records of each pool, without what links them
the texts, MessagePack, filled up with zeros
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.packing import WORD, Part, Words, join, kept_bits, pack, places, unpack, width
from pipeline.pool import Pool, Refs
from pipeline.pools import POOLS
from pipeline.rows import Rows
from pipeline.stored import (
    LINKS,
    REFERENCES,
    TEXTS,
    Faults,
    Stored,
    faults_where,
    read_texts,
    write_texts,
)
from pipeline.table import ActivityTable
from pipeline.units import Bools, Ints
from pipeline.watches import Watch

VERSION: Final = 3
_DUES: Final = len(Watch)
_COUNTS_FROM: Final = 32  # bits


def encode(table: ActivityTable, row: Ints) -> list[bytes]:
    """Return rows as bytes."""
    words, rows = table.store.gather(row)
    pools = [(pool, *_chains(pool, rows[name])) for name, pool in table.pools.each()]
    (texts, text_counts), text_bytes = _texts(table, rows)
    words &= kept_bits(table.store.dtype, REFERENCES)
    filled = words != 0
    head = VERSION | words.shape[1] << 8 | text_bytes << 16
    for place, (_, _, counts) in enumerate(pools):
        head = head | counts << _COUNTS_FROM + 8 * place
    due = [each[row] for each in table.store.due]
    fixed = np.column_stack([head, _bitmap(filled), *due])
    parts = (
        (fixed.view(np.uint64).ravel(), np.full(len(row), fixed.shape[1])),
        (words[filled], filled.sum(axis=1)),
        *((records, counts * width(pool.records.dtype, LINKS)) for pool, records, counts in pools),
        (texts, text_counts),
    )
    joined, sizes = join(parts)
    data, end = joined.tobytes(), np.cumsum(sizes) * WORD
    begin = end - sizes * WORD
    return [data[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]


def read(table: ActivityTable, values: list[bytes]) -> Stored | Faults:
    """Return rows from their bytes, or what is wrong with some of them."""
    least = 1 + _bitmap_words(table) + _DUES
    sizes = np.fromiter(map(len, values), np.int64, len(values))
    cut = (sizes % WORD > 0) | (sizes < least * WORD)
    if cut.any():
        accepted = f"whole words of {WORD}, at least {least} of them, are accepted"
        return faults_where(cut, (f"{size} bytes; {accepted}" for size in sizes.tolist()))
    data = b"".join(values)
    words = np.frombuffer(data, np.int64)
    heads = _Heads.of(table, words, (np.cumsum(sizes) - sizes) // WORD)
    return heads.faults(table, sizes // WORD) or heads.stored(table, data, words)


@dataclass(slots=True)
class _Heads:
    """What the first words of rows say, (n, ...) each."""

    begin: Ints  # where each row is
    row_words: Ints
    filled: Bools  # (n, bits)
    pool_counts: list[Ints]
    text_bytes: Ints
    due: Ints
    counts: list[Ints]  # words of each part behind the dues

    @classmethod
    def of(cls, table: ActivityTable, words: Ints, begin: Ints) -> "_Heads":
        """Return what they say."""
        head, marks = words[begin], _bitmap_words(table)
        text_bytes = head >> 16 & 0xFFFF
        of_pools = [head >> _COUNTS_FROM + 8 * place & 255 for place in range(len(POOLS))]
        filled = _marked(words[begin[:, None] + np.arange(1, 1 + marks)])
        due = words[begin[:, None] + np.arange(1 + marks, 1 + marks + _DUES)]
        pools = zip(table.pools.each(), of_pools, strict=True)
        counts = [
            filled.sum(axis=1),
            *(count * width(pool.records.dtype, LINKS) for (_, pool), count in pools),
            -(-text_bytes // WORD),
        ]
        return cls(begin, head >> 8 & 255, filled, of_pools, text_bytes, due, counts)

    def faults(self, table: ActivityTable, sizes: Ints) -> Faults:
        """Return which rows are not as long as they say, or of another layout."""
        own = width(table.store.dtype)
        said = 1 + _bitmap_words(table) + _DUES + np.sum(self.counts, axis=0)
        other = (self.row_words != own) | self.filled[:, own:].any(axis=1)
        wrong = other | (said != sizes)
        if not wrong.any():
            return {}
        found = zip(sizes.tolist(), said.tolist(), other, self.row_words.tolist(), strict=True)
        return faults_where(
            wrong,
            (
                f"a row of {row} words; {own} are accepted"
                if another
                else f"{size} words; by its first word it has {says}"
                for size, says, another, row in found
            ),
        )

    def stored(self, table: ActivityTable, data: bytes, words: Ints) -> Stored | Faults:
        """Return the rows."""
        at, parts = self.begin + 1 + _bitmap_words(table) + _DUES, []
        for count in self.counts[:-1]:
            parts.append(words[places(at, count)].view(np.uint64))
            at = at + count
        begin, end = (at * WORD).tolist(), (at * WORD + self.text_bytes).tolist()
        texts = read_texts([data[a:b] for a, b in zip(begin, end, strict=True)])
        if isinstance(texts, dict):
            return texts
        whole = np.zeros((len(at), width(table.store.dtype)), np.uint64)
        whole[self.filled[:, : whole.shape[1]]] = parts[0]
        return Stored(
            whole & kept_bits(table.store.dtype, REFERENCES),
            self.due,
            {
                name: (unpack(part, pool.records.dtype, LINKS), counts)
                for (name, pool), part, counts in zip(
                    table.pools.each(), parts[1:], self.pool_counts, strict=True
                )
            },
            texts,
        )


def _chains(pool: Pool, heads: Refs) -> tuple[Words, Ints]:
    slots, counts = pool.chains(heads)
    return pack(pool.records[slots], LINKS).ravel(), counts


def _texts(table: ActivityTable, rows: Rows) -> tuple[Part, Ints]:
    """Return the texts of rows as words, and how many bytes they are; few are different."""
    codes = np.stack([rows[name].astype(np.int64) for name in TEXTS])
    # Codes are of 16 bits, so four fill a word; and words are sorted far faster than records.
    four = codes[0] | codes[1] << 16 | codes[2] << 32 | codes[3] << 48
    key = np.unique(four, return_inverse=True)[1] << 16 | codes[4]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    text = table.texts.text
    known = [write_texts([text(code) for code in some]) for some in codes[:, first].T.tolist()]
    size = np.array([len(value) for value in known], np.int64)
    padded = b"".join(value + bytes(-len(value) % WORD) for value in known)
    counts = -(-size // WORD)
    begin = np.cumsum(counts) - counts
    words = np.frombuffer(padded, np.uint64)[places(begin[which], counts[which])]
    return (words, counts[which]), size[which]


def _bitmap_words(table: ActivityTable) -> int:
    return -(-width(table.store.dtype) // (8 * WORD))


def _bitmap(filled: Bools) -> Ints:
    """Return (n, words): a bit for each column."""
    packed = np.packbits(filled, axis=1, bitorder="little")
    return np.pad(packed, ((0, 0), (0, -packed.shape[1] % WORD))).view(np.int64)


def _marked(bitmap: Ints) -> Bools:
    """Return (n, bits) of `_bitmap`, whole words of them."""
    return np.unpackbits(bitmap.view(np.uint8), axis=1, bitorder="little").view(np.bool_)
