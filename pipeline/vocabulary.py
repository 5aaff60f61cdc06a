"""What each kind of activity means: one table, from which the arrays of the core are made.

Severities and causes are judgements but for what `pipeline.settings` marks as measured: a cause's
weight is a setting, here stands only how much of a full event each kind is.
"""

from enum import IntEnum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.rows import CAUSE
from schemas.activity import Kind


class Matter(IntEnum):
    """What sort of item an activity is about."""

    NONE = 0
    ORDER = 1
    TICKET = 2
    PROMISE = 3


class Action(IntEnum):
    """What an activity does to its item."""

    NONE = 0
    OPEN = 1
    TOUCH = 2  # a word about it
    REOPEN = 3
    CLOSE = 4
    CANCEL = 5  # as if it had never been


class Meaning(NamedTuple):
    """The meaning of one kind of activity."""

    matter: Matter = Matter.NONE
    action: Action = Action.NONE
    cause: str = ""  # what load it adds to
    severity: float = 0.0  # how much of a full event
    own: bool = False  # the customer's own doing: a sign of life
    act: bool = False  # the company did something for the customer


MEANINGS: Final = {
    Kind.ORDER_PLACED: Meaning(Matter.ORDER, Action.OPEN, own=True),
    Kind.ORDER_DELIVERED: Meaning(Matter.ORDER, Action.CLOSE, act=True),
    Kind.ORDER_CANCELLED: Meaning(Matter.ORDER, Action.CANCEL, "order", 1.0, own=True),
    Kind.ORDER_FAILED: Meaning(Matter.ORDER, Action.CANCEL, "delivery", 1.0),
    Kind.ORDER_RETURNED: Meaning(Matter.ORDER, Action.CLOSE, "order", 1.0, own=True),
    Kind.ORDER_REFUNDED: Meaning(Matter.ORDER, Action.CLOSE, "order", 0.5, act=True),
    Kind.TICKET_OPENED: Meaning(Matter.TICKET, Action.OPEN, own=True),
    Kind.TICKET_REPLIED: Meaning(Matter.TICKET, Action.TOUCH, act=True),
    Kind.TICKET_REASSIGNED: Meaning(Matter.TICKET, Action.TOUCH, "handover", 1.0),
    Kind.TICKET_REOPENED: Meaning(Matter.TICKET, Action.REOPEN, "service", 1.0, own=True),
    Kind.TICKET_ESCALATED: Meaning(Matter.TICKET, Action.TOUCH, "service", 0.5),
    Kind.TICKET_RESOLVED: Meaning(Matter.TICKET, Action.CLOSE, act=True),
    Kind.TICKET_RATED: Meaning(own=True),
    Kind.TICKET_ABANDONED: Meaning(Matter.TICKET, Action.CLOSE, "contact", 1.0, own=True),
    Kind.FOLLOW_UP: Meaning(act=True),
    Kind.PROMOTED: Meaning(),
    Kind.OWNER_CHANGED: Meaning(cause="handover", severity=1.0),
    Kind.PRICE_RAISED: Meaning(cause="price", severity=1.0),
    Kind.PROMISE_MADE: Meaning(Matter.PROMISE, Action.OPEN),
    Kind.PROMISE_KEPT: Meaning(Matter.PROMISE, Action.CLOSE, act=True),
    Kind.HINDERED: Meaning(cause="contact", severity=1.0, own=True),
    Kind.PAYMENT_OVERDUE: Meaning(),
    Kind.RENEGOTIATED: Meaning(act=True),
    Kind.REVIEWED: Meaning(own=True),
    Kind.SURVEY_ANSWERED: Meaning(own=True),
    Kind.ACKNOWLEDGED: Meaning(),
    Kind.SNOOZED: Meaning(),
    Kind.FEEDBACK: Meaning(),
    Kind.CLOSED: Meaning(own=True),
    Kind.FORGET: Meaning(),
}

_SIZE: Final = max(Kind) + 1


def _column(field: str, dtype: type) -> NDArray[Any]:
    values: NDArray[Any] = np.zeros(_SIZE, dtype)
    for kind, meaning in MEANINGS.items():
        values[kind] = getattr(meaning, field)
    return values


# Indexed by Kind.
MATTER: Final = _column("matter", np.int64)
ACTION: Final = _column("action", np.int64)
SEVERITY: Final = _column("severity", np.float64)
OWN: Final = _column("own", np.bool_)
ACT: Final = _column("act", np.bool_)
CAUSE_OF: Final = np.array(
    [CAUSE.get(MEANINGS[Kind(k)].cause, 0) if k in set(Kind) else 0 for k in range(_SIZE)]
)


def are(*kinds: Kind) -> NDArray[np.bool_]:
    """Return, by Kind, whether it is one of these."""
    found = np.zeros(_SIZE, np.bool_)
    found[list(kinds)] = True
    return found


TOUCHES_SILENCE: Final = are(
    Kind.ORDER_PLACED, Kind.ORDER_CANCELLED, Kind.ORDER_FAILED, Kind.CLOSED
)
