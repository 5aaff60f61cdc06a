"""Rows on their way between bytes and a table, as columns; whatever form the bytes have.

References into pools and codes of texts mean nothing outside their table, so they are left out
and made anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.frustration_settings import CAUSES
from pipeline.items import CANCELLED
from pipeline.kinds import ALERT_KINDS
from pipeline.packing import Words
from pipeline.phases import Phase
from pipeline.pools import POOLS
from pipeline.rows import EVENT_MEMORY, LABELS
from pipeline.stages import Stage
from pipeline.table import ActivityTable
from pipeline.units import Bools, Ints, nonzero
from pipeline.vocabulary import Matter
from schemas.activity import Kind

TEXTS: Final = ("currency", *LABELS)
REFERENCES: Final = (*POOLS, *TEXTS)  # of a row
LINKS: Final = ("row", "next")  # of a record in a pool

Faults = dict[int, str]  # what is wrong, by the place of the row


@dataclass(slots=True)
class Texts:
    """The texts of rows: those that occur, and which of them each row has."""

    known: list[list[str]]
    of_row: Ints


@dataclass(slots=True)
class Stored:
    """Rows that are in no table yet, (n, ...) each."""

    words: Words  # (n, words of a row), references being 0
    due: Ints  # (n, watches)
    of_pools: dict[str, tuple[NDArray[Any], Ints]]  # of all rows, one behind the other; how many
    texts: Texts

    def put(self, table: ActivityTable, customer_ids: list[str]) -> None:
        """Put the rows into a table that does not know these customers."""
        row, pools = table.store.add(customer_ids), table.pools
        rows = self.words.view(table.store.dtype)[:, 0]
        for name, pool in pools.each():
            rows[name] = pool.adopt(*self.of_pools[name], row)
        codes = np.array([table.texts.codes(texts) for texts in self.texts.known], np.int64)
        for name, code in zip(TEXTS, codes.reshape(-1, len(TEXTS)).T, strict=True):
            rows[name] = code[self.texts.of_row]
        table.store.restore(row, self.words, self.due)

    def faults(self, dtype: np.dtype[Any]) -> Faults:
        """Return which rows hold what no fold can have written, and what would stop one."""
        rows, every = self.words.view(dtype)[:, 0], np.arange(len(self.words))
        of = {
            name: (part, np.repeat(every, counts)) for name, (part, counts) in self.of_pools.items()
        }
        (items, of_item), (episodes, of_episode) = of["items"], of["episodes"]
        (memory, of_memory), (ledger, of_ledger) = of["memory"], of["ledger"]
        checks = (
            ("stage", rows["stage"], max(Stage), every),
            ("event_slot", rows["event_slot"], EVENT_MEMORY - 1, every),
            ("matter of an item", items["matter"], max(Matter), of_item),
            ("state of an item", items["state"], CANCELLED, of_item),
            ("kind of an episode", episodes["key"], max(ALERT_KINDS), of_episode),
            ("phase of an episode", episodes["phase"], max(Phase), of_episode),
            ("kind in the memory", memory["kind"], max(Kind), of_memory),
            ("cause in the memory", memory["cause"], len(CAUSES) - 1, of_memory),
            ("kind in the ledger", ledger["kind"], max(ALERT_KINDS), of_ledger),
            ("phase in the ledger", ledger["phase"], max(Phase), of_ledger),
        )
        found: Faults = {}
        for name, values, most, of_row in checks:
            for place in nonzero(values > most).tolist():
                found[int(of_row[place])] = f"{name} {values[place]}; 0 to {most:d} is accepted"
        return found


def faults_where(wrong: Bools, reasons: Iterable[str]) -> Faults:
    """Return what is wrong where something is; there is a reason for each row."""
    return {place: reason for place, reason in enumerate(reasons) if wrong[place]}


def write_texts(texts: list[str]) -> bytes:
    """Return the texts of one row as bytes."""
    return msgspec.msgpack.encode(texts)


def read_texts(values: Sequence[bytes]) -> Texts | Faults:
    """Return the texts of rows from their bytes; the same bytes are read once."""
    places = _Places()
    of_row = np.fromiter(map(places.__getitem__, values), np.int64, len(values))
    known, bad = [], {}
    for place, value in enumerate(places):
        try:
            texts = msgspec.msgpack.decode(value, type=list[str])
        except msgspec.DecodeError as error:
            texts, bad[place] = [], str(error)
        if len(texts) != len(TEXTS):
            bad.setdefault(place, f"{len(texts)} texts; {len(TEXTS)} are wanted")
        known.append(texts)
    faulty = nonzero(np.isin(of_row, list(bad))).tolist() if bad else []
    return {row: bad[int(of_row[row])] for row in faulty} or Texts(known, of_row)


class _Places(dict[bytes, int]):
    """Numbers bytes in the order of their first coming."""

    def __missing__(self, value: bytes) -> int:
        place = self[value] = len(self)
        return place
