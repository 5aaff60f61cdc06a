"""Sparse records: what only few customers have, chained per customer in one shared pool.

A customer's row holds a reference to the first record of its chain: the slot counted from 1, so
that 0 means "none". Every operation takes arrays of distinct customers and works on all of their
chains at once, one link a round; chains are short, so the rounds are few.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.records import put_records, take_records
from pipeline.units import Ints, nonzero

Refs = NDArray[np.integer[Any]]


class Pool:
    """Chains of records of one structured type, addressed by slot (from 1).

    `records` may be read and written by slot; a record's fields `key` and `next` are the pool's.
    """

    def __init__(self, fields: list[tuple[str, str]], capacity: int = 64) -> None:
        dtype = np.dtype([*fields, ("key", "u8"), ("next", "i4")], align=True)
        self.records: NDArray[Any] = np.zeros(capacity, dtype)
        self._used = 1  # slot 0 is "none"
        self._free = np.zeros(0, np.int64)

    def __len__(self) -> int:
        """Return how many records are in use."""
        return self._used - 1 - len(self._free)

    @property
    def nbytes(self) -> int:
        """Return the memory held, in bytes."""
        return int(self.records.nbytes + self._free.nbytes)

    def take(self, slots: Ints) -> NDArray[Any]:
        """Return copies of records."""
        return take_records(self.records, slots)

    def put(self, slots: Ints, values: NDArray[Any]) -> None:
        """Put records in the places of others."""
        put_records(self.records, slots, values)

    def each(self, heads: Refs) -> Iterator[tuple[Ints, Ints]]:
        """Yield (positions in `heads`, slots), one round for each link of the chains."""
        positions = nonzero(heads)
        slots = heads[positions].astype(np.int64)
        while len(positions):
            yield positions, slots
            slots = self.records["next"][slots].astype(np.int64)
            going_on = slots > 0
            positions, slots = positions[going_on], slots[going_on]

    def links(self, heads: Refs) -> tuple[Ints, Ints]:
        """Return (positions in `heads`, slots) of all links: first those in front of each chain."""
        each = list(self.each(heads))
        if not each:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        positions, slots = zip(*each, strict=True)
        return np.concatenate(positions), np.concatenate(slots)

    def find(self, heads: Refs, keys: NDArray[np.uint64]) -> Ints:
        """Return the slot of each key in its chain, 0 where it is not there."""
        found = np.zeros(len(heads), np.int64)
        positions = nonzero(heads)
        slots = heads[positions].astype(np.int64)
        while len(positions):
            hit = self.records["key"][slots] == keys[positions]
            found[positions[hit]] = slots[hit]
            after = self.records["next"][slots].astype(np.int64)
            going_on = ~hit & (after > 0)
            positions, slots = positions[going_on], after[going_on]
        return found

    def count(self, heads: Refs) -> Ints:
        """Return the length of each chain."""
        return np.bincount(self.links(heads)[0], minlength=len(heads))

    def chains(self, heads: Refs) -> tuple[Ints, Ints]:
        """Return the slots of whole chains, one behind the other, and the length of each."""
        positions, slots = self.links(heads)
        order = np.argsort(positions, kind="stable")
        return slots[order], np.bincount(positions, minlength=len(heads))

    def add(self, heads: Refs, keys: NDArray[np.uint64]) -> Ints:
        """Put a blank record in front of each chain; `heads` is updated; return the slots."""
        slots = self._take(len(heads))
        self.records[slots] = 0
        self.records["key"][slots] = keys
        self.records["next"][slots] = heads
        heads[:] = slots
        return slots

    def remove(self, heads: Refs, gone: NDArray[np.bool_]) -> None:
        """Unlink every record whose slot is marked in `gone`; `heads` is updated.

        `gone` is indexed by slot, and may mark records of other chains: they stay.
        """
        before = np.zeros(len(heads), np.int64)  # last slot of the chain that stays
        freed = []
        for positions, slots in self.each(heads):
            leaving = gone[slots]
            where, slot = positions[leaving], slots[leaving]
            after = self.records["next"][slot]
            inside = before[where] > 0
            self.records["next"][before[where[inside]]] = after[inside]
            heads[where[~inside]] = after[~inside]
            freed.append(slot)
            before[positions[~leaving]] = slots[~leaving]
        if freed:
            slots = np.concatenate(freed)
            self.records[slots] = 0  # so that no search over all records finds it
            self._free = np.concatenate([self._free, slots])

    def adopt(self, chains: NDArray[Any], lengths: Ints, row: Ints) -> Ints:
        """Take in the records of whole chains, one behind the other; return the heads."""
        records = chains.copy()
        if not len(records):
            return np.zeros(len(lengths), np.int64)
        slots = self._take(len(records))
        begin = np.cumsum(lengths) - lengths
        last = (begin + lengths - 1)[lengths > 0]
        records["row"] = np.repeat(row, lengths)
        records["next"][:-1] = slots[1:]
        records["next"][last] = 0
        self.put(slots, records)
        heads = slots[np.minimum(begin, len(slots) - 1)]
        return np.where(lengths > 0, heads, 0)

    def _take(self, count: int) -> Ints:
        reused = self._free[len(self._free) - min(count, len(self._free)) :]
        self._free = self._free[: len(self._free) - len(reused)]
        fresh = count - len(reused)
        if self._used + fresh > len(self.records):
            room = max(self._used + fresh, len(self.records) * 5 // 4)
            grown = np.zeros(room, self.records.dtype)
            grown[: self._used] = self.records[: self._used]
            self.records = grown
        slots = np.concatenate([reused, np.arange(self._used, self._used + fresh)])
        self._used += fresh
        return slots.astype(np.int64)


@dataclass(slots=True)
class Chains:
    """Copies of the records of several chains, one chain behind the other."""

    records: NDArray[Any]
    lengths: Ints  # of each chain

    @classmethod
    def empty(cls, count: int) -> "Chains":
        """Return so many chains without a record."""
        return cls(np.zeros(0), np.zeros(count, np.int64))

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Yield the records of each chain."""
        for begin, end in pairwise([0, *np.cumsum(self.lengths).tolist()]):
            yield self.records[begin:end]

    @property
    def where(self) -> Ints:
        """Of which chain each record is."""
        return np.repeat(np.arange(len(self.lengths)), self.lengths)


def by_chain(records: NDArray[Any], where: Ints, first: Ints, count: int) -> Chains:
    """Return records by chain, sorted within each.

    Args:
        records: (n,) of a pool.
        where: (n,) which chain each is of.
        first: (n,) by what they are sorted; by their keys where it is the same.
        count: of chains.
    """
    found = take_records(records, np.lexsort((records["key"], first, where)))
    return Chains(found, np.bincount(where, minlength=count))
