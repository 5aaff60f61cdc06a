"""Muting: a first start must not flood anyone with years of alerts.

Transitions older than `max_age` move the state but are not sent; what stands open when the fold
has caught up with the present is sent once. What is kept back is part of the state.
"""

from collections.abc import Iterable

from schemas.alert import Alert, State

_OVER = frozenset({State.RESOLVED, State.LOST, State.EXPIRED, State.RETRACTED})


class Muting:
    """Which alerts of one partition are sent, and which are kept back until it has caught up."""

    def __init__(self, max_age_ms: int) -> None:
        self._max_age_ms = max_age_ms  # 0: everything is sent
        self._standing: dict[str, Alert] = {}
        self._changed: set[str] = set()

    def sift(self, alerts: Iterable[Alert], now_ms: int) -> tuple[list[Alert], list[Alert]]:
        """Return the alerts to send, and those that are muted."""
        send, muted = [], []
        for alert in alerts:
            self._forget(alert.alert_id)
            if not self._is_old(alert, now_ms):
                send.append(alert)
                continue
            muted.append(alert)
            if alert.state not in _OVER and alert.outcome is None:
                self._standing[alert.alert_id] = alert
                self._changed.add(alert.alert_id)
        return send, muted

    def caught_up(self, clock_ms: int, now_ms: int) -> list[Alert]:
        """Return what stood open when the clock came within `max_age` of the present, once."""
        if not self._standing or now_ms - clock_ms > self._max_age_ms:
            return []
        standing = sorted(self._standing.values(), key=lambda alert: alert.occurred_at)
        for alert in standing:
            self._forget(alert.alert_id)
        return standing

    def void(self, alert_id: str) -> bool:
        """Take in that an alert means nothing any more; return whether it was ever sent."""
        was_sent = alert_id not in self._standing
        self._forget(alert_id)
        return was_sent

    def take_changed(self) -> list[tuple[str, Alert | None]]:
        """Return what was kept back, or is no longer, since the last call: by alert id."""
        changed = [(alert_id, self._standing.get(alert_id)) for alert_id in sorted(self._changed)]
        self._changed.clear()
        return changed

    def restore(self, alert_id: str, alert: Alert | None) -> None:
        """Take in what was stored, in its order."""
        if alert is None:
            self._standing.pop(alert_id, None)
        else:
            self._standing[alert_id] = alert

    def _forget(self, alert_id: str) -> None:
        if self._standing.pop(alert_id, None) is not None:
            self._changed.add(alert_id)

    def _is_old(self, alert: Alert, now_ms: int) -> bool:
        occurred_ms = round(alert.occurred_at.timestamp() * 1000)
        return 0 < self._max_age_ms < now_ms - occurred_ms
