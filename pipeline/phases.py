"""Where an episode can stand, and what these places have in common."""

from enum import IntEnum
from typing import Final

import numpy as np

from pipeline.units import Bools


class Phase(IntEnum):
    """Where an episode stands; the numbers are stored."""

    NONE = 0
    RAISED = 1
    ESCALATED = 2
    EASED = 3
    RESOLVED = 4
    LOST = 5
    EXPIRED = 6
    RETRACTED = 7


ALARMED: Final = (Phase.RAISED, Phase.ESCALATED)
OPEN: Final = (*ALARMED, Phase.EASED)
ENDED: Final = (Phase.NONE, Phase.RESOLVED, Phase.LOST, Phase.EXPIRED, Phase.RETRACTED)

FORGETTABLE: Final = (Phase.RESOLVED, Phase.EXPIRED, Phase.RETRACTED)  # once cooled down


def mask(phases: tuple[Phase, ...]) -> Bools:
    """Return, by phase, whether it is one of these."""
    found = np.zeros(len(Phase), np.bool_)
    found[list(phases)] = True
    return found


IS_ALARMED: Final = mask(ALARMED)
IS_OPEN: Final = mask(OPEN)
IS_ENDED: Final = mask(ENDED)
IS_FORGETTABLE: Final = mask(FORGETTABLE)
