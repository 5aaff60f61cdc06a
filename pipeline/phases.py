"""Where an episode can stand, and what these places have in common."""

from enum import IntEnum
from typing import Final


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
