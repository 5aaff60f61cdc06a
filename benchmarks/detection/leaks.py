"""What must not be: skill where there is none to have, and scores that know what comes after."""

from dataclasses import replace

import numpy as np

from agents.offline.history import History
from benchmarks.detection.evaluate import MODEL, Split, scored
from benchmarks.detection.subjects import Ground, ground

_SEED = 5


def shuffled(own: Ground, split: Split):
    """Return scores and what they are about when what came of customers is dealt out anew.

    A customer keeps its rows, and gets the future of another.
    """
    draw, number_of = np.random.default_rng(_SEED), np.arange(len(own.fold))
    others = number_of.copy()
    present = own.taken.table.store.everyone()
    others[present] = draw.permutation(present)
    strange = replace(own, taken=replace(own.taken, past=_Dealt(own.taken.past, others)))
    test = strange.at(tuple(np.unique(split.test.at_ms).tolist()))
    found = scored(strange, replace(split, test=test, direct=None), rivals=False)
    return found[MODEL], test


def knows_the_future(own: Ground, history: History, split: Split) -> float:
    """Return by how much scores differ at most if events after the last date tested are removed."""
    last_ms = int(split.test.at_ms.max())
    past = [a for a in history.activities if a.occurred_at <= last_ms]
    cut = ground(own.data_set, History(past, history.topics), until_ms=last_ms)
    before = cut.at(tuple(np.unique(split.test.at_ms).tolist()))
    # What is learnt is the same as well: the time split looks at no outcome after its first date.
    whole, alone = (
        scored(of, replace(split, test=test, direct=None), rivals=False)[MODEL]
        for of, test in ((own, split.test), (cut, before))
    )
    return float(np.abs(whole - alone).max())


class _Dealt:
    """A past in which each customer has the future of another."""

    def __init__(self, past, others) -> None:
        self._past, self._others = past, others

    def ordered_within(self, snapshot, within_ms):
        return self._past.ordered_within(self._as_another(snapshot), within_ms)

    def closed_within(self, snapshot, within_ms):
        return self._past.closed_within(self._as_another(snapshot), within_ms)

    def is_closed(self, snapshot):
        return np.zeros(len(snapshot), np.bool_)  # who is at risk has been chosen already

    def acted_on(self, snapshot, within_ms):
        return self._past.acted_on(snapshot, within_ms)

    def _as_another(self, snapshot):
        return replace(snapshot, number=self._others[snapshot.number])
