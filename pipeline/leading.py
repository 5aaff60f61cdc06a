"""Who leads: of a customer in several troubles one is told, and the others stand behind it."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline.kinds import LEADERS
from pipeline.phases import IS_ALARMED
from pipeline.pool import Pool, Refs
from pipeline.units import Bools, Ints

_RANK: Final = np.full(max(LEADERS) + 1, len(LEADERS))
_RANK[list(LEADERS)] = np.arange(len(LEADERS))


@dataclass(slots=True)
class Others:
    """What the episodes of other kinds mean to one, (n,) each."""

    standing: Ints  # a bit for each that stands alarmed
    is_led: Bools  # one that leads it has been told, and stands


def others(pool: Pool, heads: Refs, kind: int, which: Bools) -> Others:
    """Return what stands beside the episodes of a kind; only for some, else nothing."""
    found = Others(np.zeros(len(heads), np.int64), np.zeros(len(heads), np.bool_))
    for positions, slots in pool.each(np.where(which, heads, 0)):
        episode = pool.take(slots)
        key = episode["key"].astype(np.int64)
        alarmed = IS_ALARMED[episode["phase"]] & (key != kind)
        found.standing[positions] |= np.where(alarmed, 1 << key, 0)
        found.is_led[positions] |= alarmed & (episode["told"] > 0) & (_RANK[key] < _RANK[kind])
    return found
