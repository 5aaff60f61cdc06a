"""Who is taken in: with `customers_max` customers nobody new is, and those known go on.

A row that a run gives back, by a tick or a FORGET, is there for who comes after that, not for who
came before. So a run that would cross the cap is folded in parts, each up to a tick or to a FORGET
of somebody known. Within a part rows are only taken: first come, first served.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, pairwise

import numpy as np

from pipeline.events import Fields
from pipeline.store import RowStore
from pipeline.ticks import Ticks
from pipeline.units import Ints
from schemas.activity import Kind

_FORGET = int(Kind.FORGET)


@dataclass(slots=True)
class Part:
    """Activities of a run to be folded at once, and the ticks between and after them."""

    fields_of: Fields
    offsets: Ints
    ticks: Ticks
    refused: int = 0  # activities left out, their customers not being taken in


class Admission:
    """Keeps a table below its cap."""

    def __init__(self, store: RowStore, customers_max: int) -> None:
        self._store = store
        self._customers_max = customers_max

    def parts(self, fields_of: Fields, offsets: Ints, ticks: Ticks) -> Iterator[Part]:
        """Yield a run in parts; each is to be folded before the next is asked for."""
        ids, kinds = fields_of["customer_id"], fields_of["kind"]
        if len(ids) <= self._room or len(self._new(ids, kinds)) <= self._room:
            yield Part(fields_of, offsets, ticks)
            return
        bounds = [0, *np.searchsorted(offsets, ticks.offset[1:]).tolist(), len(ids)]
        for tick, (begin, until) in enumerate(pairwise(bounds)):
            done, is_over = begin, False
            while not is_over:
                kept = self._admit(ids[done:until], kinds[done:until])
                some = slice(done, done + len(kept))
                done += len(kept)
                is_over = done == until
                yield Part(
                    {name: [*compress(values[some], kept)] for name, values in fields_of.items()},
                    offsets[some][np.array(kept, np.bool_)],
                    ticks.part(tick, min(tick + is_over, ticks.last)),
                    kept.count(False),
                )

    @property
    def _room(self) -> int:
        return max(self._customers_max - len(self._store), 0)

    def _admit(self, ids: Sequence[str], kinds: Sequence[int]) -> list[bool]:
        """Return which activities are taken in, up to where the part ends."""
        new = self._new(ids, kinds)
        refused = set(new[self._room :])
        if not refused:
            return [True] * len(ids)
        end = self._first_freed(ids, kinds, set(new) - refused)
        # To be forgotten takes no row: who is not known has none afterwards either.
        return [
            kind == _FORGET or who not in refused
            for who, kind in zip(ids[:end], kinds[:end], strict=True)
        ]

    def _new(self, ids: Sequence[str], kinds: Sequence[int]) -> list[str]:
        """Return who needs a row and has none, in the order of coming."""
        coming = [who for who, kind in zip(ids, kinds, strict=True) if kind != _FORGET]
        return [who for who in dict.fromkeys(coming) if not self._store.row_of(who)]

    def _first_freed(self, ids: Sequence[str], kinds: Sequence[int], admitted: set[str]) -> int:
        """Return where the first FORGET of somebody known by then ends, else the end."""
        forgets = [place for place, kind in enumerate(kinds) if kind == _FORGET]
        begin = 0
        come: set[str] = set()  # admitted so far
        for place in forgets:
            come |= admitted.intersection(ids[begin:place])
            begin = place + 1
            if ids[place] in come or self._store.row_of(ids[place]):
                return begin
        return len(ids)
