"""How a customer's life in a table ends: forgotten, or untouched for longer than rows are kept.

The row is made blank at once, so that whatever comes next begins a new life, and given back when
the run is over. An episode that stood open ends with it, and no alert will ever say so: its last
alert is void.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.alert_ids import alert_id
from pipeline.kinds import ALERT_KINDS
from pipeline.outcome import Voided
from pipeline.phases import OPEN
from pipeline.pools import Pools
from pipeline.settings import RetentionSettings
from pipeline.store import RowStore
from pipeline.units import DAY_MS, Bools, Ints, nonzero


class Lives:
    """Ends lives, and keeps what there is to tell of it until the end of a run."""

    def __init__(self, settings: RetentionSettings, store: RowStore, pools: Pools) -> None:
        self._kept_ms = round(settings.days * DAY_MS)
        self._store = store
        self._pools = pools
        self._ended: list[Ints] = []
        self._voided: list[Voided] = []

    def last_ms(self, touched_ms: Ints) -> Ints:
        """Return when lives are over, unless they are touched again."""
        return touched_ms + self._kept_ms

    def over_ms(self, row: Ints) -> Ints:
        """Return when the lives of rows are over, unless they are touched again."""
        return self.last_ms(self._store.read(row, "touched_ms"))

    def end(self, row: Ints, offset: Ints) -> None:
        """End the lives of rows at places in the log."""
        self._void(row, offset)
        self.unlink(row)
        self._store.erase(row)
        self._ended.append(row)

    def unlink(self, row: Ints) -> None:
        """Take out what rows have in the pools; they still refer to it."""
        _, rows = self._store.gather(row)
        for name, pool in self._pools.each():
            pool.remove(rows[name].copy(), np.ones(len(pool.records), np.bool_))

    def close_run(self) -> list[Voided]:
        """Give back the rows whose lives have ended, no new one begun; return what is void."""
        if self._ended:
            self._store.release(np.unique(np.concatenate(self._ended)))
            self._ended.clear()
        voided, self._voided = self._voided, []
        return voided

    def _void(self, row: Ints, offset: Ints) -> None:
        pool = self._pools.episodes
        slots, counts = pool.chains(self._store.read(row, "episodes"))
        of_episode = np.repeat(np.arange(len(row)), counts)
        records = pool.take(slots)
        for i in nonzero(_is_known(records)).tolist():
            place = of_episode[i]
            customer_id = self._store.ids[row[place]]
            kind = ALERT_KINDS[int(records["key"][i])]
            known_as = alert_id(customer_id, kind, int(records["onset_ms"][i]))
            self._voided.append(Voided(customer_id, kind, known_as, int(offset[place])))


def _is_known(episodes: NDArray[np.void]) -> Bools:
    """Return which episodes stand open, and were told."""
    return np.asarray(np.isin(episodes["phase"], OPEN) & (episodes["told"] > 0))
