"""Where rows live: an index from customer id to row, the rows, and when each is due.

Rows are kept as 64-bit words, because numpy copies those far faster than records; a view gives
the fields. Whoever changes rows gathers them, works on the copy, and puts it back.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.rows import Rows
from pipeline.units import NEVER, Ints, nonzero
from pipeline.watches import Watch

Words = NDArray[np.uint64]
_GROWTH: Final = 17 / 16
_INDEX_BYTES: Final = 126  # measured: dict entry, id of ten characters, row number


class RowStore:
    """The rows of one partition's customers. Row 0 belongs to nobody."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.ids: list[str] = [""]
        self._index: dict[str, int] = {}
        self._free: list[int] = []
        self._gone: dict[str, None] = {}  # in order, so that a flush is the same each time
        self._words: Words = np.zeros((64, dtype.itemsize // 8), np.uint64)
        self._due = [np.full(64, NEVER) for _ in Watch]
        self._changed = np.zeros(64, np.bool_)

    def __len__(self) -> int:
        """Return how many customers have a row."""
        return len(self._index)

    @property
    def size(self) -> int:
        """Return how many rows are in use or free, row 0 included."""
        return len(self.ids)

    @property
    def due(self) -> list[Ints]:
        """Return, by watch, when something about each row could change with no further event."""
        return [due_ms[: self.size] for due_ms in self._due]

    @property
    def nbytes(self) -> int:
        """Return the memory held, in bytes; that of the index is estimated."""
        arrays = (self._words, *self._due, self._changed)
        return sum(array.nbytes for array in arrays) + self.size * _INDEX_BYTES

    def row_of(self, customer_id: str) -> int:
        """Return a customer's row, 0 if there is none."""
        return self._index.get(customer_id, 0)

    def rows_of(self, customer_ids: Iterable[str]) -> Ints:
        """Return the rows of those customers that have one."""
        # By `map`, which costs a third of a loop: a restore asks for everyone, and finds few.
        rows = map(self._index.get, customer_ids)
        return np.array([row for row in rows if row], np.int64)

    def intern(self, customer_ids: Sequence[str]) -> Ints:
        """Return the rows of customers; who is new gets one."""
        rows = list(map(self._index.get, customer_ids))
        if None in rows:
            new = [who for who, row in zip(customer_ids, rows, strict=True) if not row]
            self.add(list(dict.fromkeys(new)))
            rows = list(map(self._index.get, customer_ids))
        return np.array(rows, np.int64)

    def add(self, customer_ids: list[str]) -> Ints:
        """Return rows for customers, all different, that have none."""
        again = self._free[len(self._free) - min(len(self._free), len(customer_ids)) :]
        del self._free[len(self._free) - len(again) :]
        for number, customer_id in zip(again, customer_ids, strict=False):
            self.ids[number] = customer_id
        begin = self.size
        self.ids += customer_ids[len(again) :]
        if self.size > len(self._words):
            self._grow(self.size)
        row = np.concatenate([np.array(again, np.int64), np.arange(begin, self.size)])
        self._index.update(zip(customer_ids, row.tolist(), strict=True))
        if self._gone:
            for customer_id in customer_ids:
                self._gone.pop(customer_id, None)
        return row

    def gather(self, row: Ints) -> tuple[Words, Rows]:
        """Return a copy of rows as words, and a view of it by fields."""
        words = self._words[row]
        return words, words.view(self.dtype)[:, 0]

    def read(self, row: Ints, name: str) -> NDArray[Any]:
        """Return a copy of one field of rows."""
        return np.asarray(self._words.view(self.dtype)[name][row, 0])

    def put(self, row: Ints, words: Words) -> None:
        """Put a gathered copy back; the rows count as changed."""
        self._words[row] = words
        self._changed[row] = True

    def restore(self, row: Ints, words: Words, due: Ints) -> None:
        """Put back rows as they were stored, with (rows, watches) when they are due; no change."""
        self._words[row] = words
        for watch in Watch:
            self._due[watch][row] = due[:, watch]

    def erase(self, row: Ints) -> None:
        """Make rows blank, as of a customer never seen; the ids stay until `release`."""
        self._words[row] = 0
        for due_ms in self._due:
            due_ms[row] = NEVER
        self._changed[row] = True

    def release(self, row: Ints) -> None:
        """Give back those of the rows that are blank; their customers are gone."""
        for customer_id in self._give_back(row[~self._words[row].any(axis=1)]):
            self._gone[customer_id] = None

    def drop(self, row: Ints) -> None:
        """Give rows back, and leave no word of it: neither a change, nor anybody gone."""
        self.erase(row)
        self._give_back(row)

    def everyone(self) -> Ints:
        """Return the rows of all customers."""
        return np.fromiter(self._index.values(), np.int64, len(self._index))

    @property
    def changed_count(self) -> int:
        """Return how many rows have changed, or were given back, since they were last taken."""
        return int(np.count_nonzero(self._changed[: self.size])) + len(self._gone)

    def take_changed(self) -> Ints:
        """Return the rows changed since the last call, given back ones not."""
        changed = nonzero(self._changed[: self.size])
        self._changed[changed] = False
        return changed

    def take_gone(self) -> list[str]:
        """Return the customers whose rows were given back since the last call, and still are."""
        gone = list(self._gone)
        self._gone.clear()
        return gone

    def _give_back(self, row: Ints) -> list[str]:
        self._changed[row] = False
        customer_ids = [self.ids[number] for number in row.tolist()]
        for number, customer_id in zip(row.tolist(), customer_ids, strict=True):
            del self._index[customer_id]
            self.ids[number] = ""
        self._free += row.tolist()
        return customer_ids

    def _grow(self, size: int) -> None:
        old = len(self._words)
        new = max(int(old * _GROWTH) + 64, size)
        # In place where the allocator can: no second copy of a large table.
        self._words.resize((new, self._words.shape[1]), refcheck=False)
        for due_ms in self._due:
            due_ms.resize(new, refcheck=False)
            due_ms[old:] = NEVER
        self._changed.resize(new, refcheck=False)
        self._changed[old:] = False
