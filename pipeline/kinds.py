"""The kinds of alert, by the code under which a row keeps their episodes."""

from typing import Final

from schemas.alert import AlertKind

FRUSTRATION: Final = 1
INACTIVITY: Final = 2
SECOND_ORDER: Final = 3
QUIET_AFTER_TROUBLE: Final = 4
REMORSE: Final = 5
STALLED: Final = 6
NEGLECT: Final = 7
HANDOVER: Final = 8

ALERT_KINDS: Final = {
    FRUSTRATION: AlertKind.FRUSTRATION,
    INACTIVITY: AlertKind.INACTIVITY,
    SECOND_ORDER: AlertKind.SECOND_ORDER,
    QUIET_AFTER_TROUBLE: AlertKind.QUIET_AFTER_TROUBLE,
    REMORSE: AlertKind.REMORSE,
    STALLED: AlertKind.STALLED,
    NEGLECT: AlertKind.NEGLECT,
    HANDOVER: AlertKind.HANDOVER,
}

CODES: Final = {name: code for code, name in ALERT_KINDS.items()}

# Who leads: of several troubles of one customer the first alarmed is told, and the others stand
# behind it.
LEADERS: Final = (
    FRUSTRATION,
    QUIET_AFTER_TROUBLE,
    REMORSE,
    HANDOVER,
    NEGLECT,
    INACTIVITY,
    SECOND_ORDER,
    STALLED,
)
