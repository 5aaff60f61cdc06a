"""Words of many rows in one array: parts of different lengths joined row by row, and found again.

So rows go to bytes and back without a loop over them. A part of rows is (words one behind the
other, how many of them each row has).
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.units import Ints

WORD: Final = 8  # bytes

Words = NDArray[np.uint64]
Part = tuple[Words, Ints]


def places(begin: Ints, counts: Ints) -> Ints:
    """Return the places of stretches, one behind the other: so many from each begin on."""
    before = np.cumsum(counts) - counts
    return np.repeat(begin - before, counts) + np.arange(counts.sum())


def join(parts: Sequence[Part]) -> Part:
    """Return the parts of rows as one part: all of the first row, then all of the second."""
    sizes = np.sum([counts for _, counts in parts], axis=0)
    begin = np.cumsum(sizes) - sizes
    joined = np.empty(sizes.sum(), np.uint64)
    for words, counts in parts:
        joined[places(begin, counts)] = words
        begin = begin + counts
    return joined, sizes


@cache
def kept_bits(dtype: np.dtype[Any], without: tuple[str, ...]) -> Words:
    """Return a record's words with the bits set of all fields but some, and of no padding."""
    kept = np.zeros(dtype.itemsize, np.uint8)
    for name, (field, offset, *_) in (dtype.fields or {}).items():
        if name not in without:
            kept[offset : offset + field.itemsize] = 255
    return kept.view(np.uint64)


def width(dtype: np.dtype[Any], without: tuple[str, ...] = ()) -> int:
    """Return how many words of a record are left without some of its fields."""
    return int((kept_bits(dtype, without) > 0).sum()) if without else dtype.itemsize // WORD


def pack(records: NDArray[Any], without: tuple[str, ...]) -> Words:
    """Return (records, words): records without some of their fields, nor words left empty."""
    bits = kept_bits(records.dtype, without)
    words = records.view(np.uint64).reshape(len(records), len(bits))
    return np.asarray(words[:, bits > 0] & bits[bits > 0])


def unpack(words: Words, dtype: np.dtype[Any], without: tuple[str, ...]) -> NDArray[Any]:
    """Return the records of `pack`, the fields left out being 0."""
    bits = kept_bits(dtype, without)
    kept = words.reshape(-1, width(dtype, without)) & bits[bits > 0]
    whole = np.zeros((len(kept), len(bits)), np.uint64)
    whole[:, bits > 0] = kept
    return whole.view(dtype)[:, 0]
