"""The kinds of alert, by the code under which a row keeps their episodes."""

from typing import Final

from schemas.alert import AlertKind

FRUSTRATION: Final = 1
INACTIVITY: Final = 2

ALERT_KINDS: Final = {FRUSTRATION: AlertKind.FRUSTRATION, INACTIVITY: AlertKind.INACTIVITY}
