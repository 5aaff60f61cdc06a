"""What a replay came to, in plain lines for a person to read."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from agents.offline.ledger_report import ledger_lines
from agents.offline.ledger_view import Ledger
from agents.offline.replay import Replay
from agents.sentences import money, why
from pipeline.order_model import OrderModel
from schemas.alert import Alert, AlertKind, Severity, State
from schemas.base import rfc3339

OPEN: Final = (State.RAISED, State.ESCALATED, State.EASED)
_OUTCOMES: Final = (State.RESOLVED, State.EXPIRED, State.LOST, State.RETRACTED)
_TOP: Final = 10


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode, from its transitions: the last of them, and the worst severity."""

    last: Alert
    critical: bool

    @property
    def is_open(self) -> bool:
        """Return whether it has no outcome yet."""
        return self.last.state in OPEN


def episodes_of(alerts: Iterable[Alert]) -> list[Episode]:
    """Return the episodes that alerts tell of, by first transition."""
    last: dict[str, Alert] = {}
    critical: set[str] = set()
    for alert in alerts:
        last[alert.alert_id] = alert
        if alert.severity is Severity.CRITICAL:
            critical.add(alert.alert_id)
    return [Episode(alert, alert_id in critical) for alert_id, alert in last.items()]


def summary(replay: Replay, seconds: float) -> Iterator[str]:
    """Yield the lines of the summary; `seconds` is what it took, all told."""
    rejected = sum(replay.rejected.values())
    events = replay.read + rejected
    yield f"Events       {events:,} read, {replay.applied:,} applied"
    yield f"             {replay.duplicates:,} duplicates, {rejected:,} rejected"
    if replay.after_until:
        yield f"             {replay.after_until:,} after --until, left out"
    for reason, count in replay.rejected.most_common():
        yield f"             rejected: {reason} {count:,}"
    yield f"Customers    {len(replay.table):,}"
    if replay.first_ms:
        yield f"Time         {rfc3339(replay.first_ms)} to {_until(replay.now_ms)}"
    yield f"Speed        {events / max(seconds, 1e-9):,.0f} events/s ({seconds:.1f} s in all)"
    yield ""
    found = episodes_of(replay.alerts)
    yield from _by_kind(found)
    yield from _at_risk(found, replay.table.settings.inactivity.horizon_days)
    if replay.now_ms:
        yield ""
        yield from ledger_lines(ledger_of(replay))
    if replay.table.settings.order_model == OrderModel():
        yield ""
        yield (
            "Churn probabilities rest on default parameters: they rank customers, "
            "and are not calibrated to this shop."
        )


def ledger_of(replay: Replay) -> Ledger:
    """Return the ledger of a replay."""
    span = replay.first_ms, replay.now_ms
    return Ledger.of(replay.alerts, replay.tally, replay.table.settings, span)


def _until(now_ms: int) -> str:
    if now_ms:
        return rfc3339(now_ms)
    return "unknown: a source of the settings is never reported on, so the clock stands still"


def _by_kind(found: list[Episode]) -> Iterator[str]:
    if not found:
        yield "No alerts."
        return
    head = ("Alerts", "raised", "critical", *_OUTCOMES, "still open")
    yield _row(head)
    for kind in AlertKind:
        mine = [episode for episode in found if episode.last.kind is kind]
        if not mine:
            continue
        ends = Counter(episode.last.state for episode in mine)
        counts = (
            len(mine),
            sum(episode.critical for episode in mine),
            *(ends[state] for state in _OUTCOMES),
            sum(episode.is_open for episode in mine),
        )
        yield _row((f"  {kind}", *(f"{count:,}" for count in counts)))


def _row(cells: tuple[str, ...]) -> str:
    return f"{cells[0]:<21}" + "".join(f"{cell:>11}" for cell in cells[1:])


def _at_risk(found: list[Episode], horizon_days: float) -> Iterator[str]:
    """Yield the highest values at risk; those of different currencies are never compared.

    Where no value is known, the alerts furthest over their limits.
    """
    still = [episode.last for episode in found if episode.is_open]
    valued = [alert for alert in still if alert.value_at_risk is not None]
    if still and not valued:
        yield ""
        yield "Furthest over their limits among alerts still open (their value is not known)"
        still.sort(key=lambda alert: (-alert.score / alert.limit, alert.alert_id))
        for alert in still[:_TOP]:
            yield from _entry(f"{alert.score / alert.limit:.1f} x", alert)
    for currency, _ in Counter(alert.currency or "" for alert in valued).most_common():
        mine = [alert for alert in valued if (alert.currency or "") == currency]
        mine.sort(key=lambda alert: (-(alert.value_at_risk or 0.0), alert.alert_id))
        yield ""
        yield (
            f"Highest values at risk among alerts still open "
            f"({currency or 'no currency'}, over {horizon_days:g} days)"
        )
        for alert in mine[:_TOP]:
            yield from _entry(money(alert), alert)


def _entry(size: str, alert: Alert) -> Iterator[str]:
    yield f"  {size:>12}  {alert.customer_id}  {alert.kind} {alert.severity}"
    yield f"                {why(alert)}"
