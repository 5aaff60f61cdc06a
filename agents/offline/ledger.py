"""The ledger of a replay: one entry an alert, from its transitions and its closing record.

What is known early is not counted early: that a customer came back is known at once, that she left
only when the horizon has passed. Precision is therefore told of whole weeks, by when alerts were
raised, whose last horizon has passed and of which every alert is decided.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from schemas.alert import Alert, AlertKind, Arm, Outcome, Severity, State

_WEEK: Final = timedelta(days=7)
_MONDAY: Final = datetime(1970, 1, 5, tzinfo=UTC)
_WORSE: Final = (State.ESCALATED, State.LOST)


@dataclass(slots=True)
class Entry:
    """One alert: as it was first raised, and what became of it."""

    alert_id: str
    customer_id: str
    kind: AlertKind
    raised: datetime
    score: float
    limit: float
    value_at_risk: float | None
    currency: str | None
    owner: str | None
    segment: str | None
    channel: str | None
    category: str | None  # of her last ticket then
    cause: str | None  # the largest
    arm: Arm | None
    severity: Severity  # the worst it came to
    state: State  # the last
    acted_at: datetime | None = None
    outcome: Outcome | None = None
    known_at: datetime | None = None  # the outcome
    feedback: bool | None = None
    eased_at: datetime | None = None
    worse_at: datetime | None = None  # last escalated or lost

    @classmethod
    def of(cls, alert: Alert) -> "Entry":
        """Return the entry of an alert that was just raised."""
        causes = sorted(alert.causes, key=lambda cause: -cause.share)
        return cls(
            alert.alert_id,
            alert.customer_id,
            alert.kind,
            alert.occurred_at,
            alert.score,
            alert.limit,
            alert.value_at_risk,
            alert.currency,
            alert.owner,
            alert.segment,
            alert.channel,
            alert.category,
            causes[0].cause if causes else None,
            alert.arm,
            alert.severity,
            alert.state,
        )

    def hear(self, alert: Alert) -> None:
        """Take in a further record of this alert."""
        self.state = alert.state
        self.acted_at = alert.acted_at or self.acted_at
        self.feedback = self.feedback if alert.feedback is None else alert.feedback
        if alert.severity is Severity.CRITICAL:
            self.severity = alert.severity
        if alert.outcome is not None:
            self.outcome, self.known_at = alert.outcome, alert.occurred_at
        elif alert.state is State.EASED:
            self.eased_at = alert.occurred_at
        elif alert.state in _WORSE:
            self.worse_at = alert.occurred_at

    @property
    def is_retracted(self) -> bool:
        """Return whether late data unmade it."""
        return self.state is State.RETRACTED

    @property
    def is_decided(self) -> bool:
        """Return whether it is known that the customer left or came back."""
        return self.outcome in (Outcome.LEFT, Outcome.CAME_BACK)

    @property
    def has_left(self) -> bool:
        """Return whether the customer is known to have left."""
        return self.outcome is Outcome.LEFT

    @property
    def reaction_hours(self) -> float | None:
        """Return how long the company took to act, None if it did not."""
        return None if self.acted_at is None else _days(self.raised, self.acted_at) * 24

    @property
    def known_days(self) -> float | None:
        """Return how long after the alert its outcome was known."""
        return None if self.known_at is None else _days(self.raised, self.known_at)

    @property
    def was_put_out(self) -> bool:
        """Return whether the company acted, then it eased, then it was resolved."""
        if self.acted_at is None or self.eased_at is None or self.state is not State.RESOLVED:
            return False
        return self.eased_at >= self.acted_at

    @property
    def was_fed(self) -> bool:
        """Return whether it got worse, or was lost, after the company had acted."""
        if self.acted_at is None or self.worse_at is None:
            return False
        return self.worse_at > self.acted_at


def entries(alerts: Iterable[Alert], voided: Mapping[str, datetime] | None = None) -> list[Entry]:
    """Return an entry for each alert, by when it was raised.

    Args:
        alerts: every record, in the order of its alert's revisions.
        voided: by customer, when she was forgotten: her alerts until then are void.
    """
    found: dict[str, Entry] = {}
    for alert in alerts:
        entry = found.get(alert.alert_id)
        if entry is None:
            entry = found[alert.alert_id] = Entry.of(alert)
        entry.hear(alert)
    void = voided or {}
    kept = [
        e for e in found.values() if e.customer_id not in void or e.raised > void[e.customer_id]
    ]
    return sorted(kept, key=lambda entry: (entry.raised, entry.alert_id))


def week_of(instant: datetime) -> datetime:
    """Return the Monday, 00:00 UTC, that begins the week of an instant."""
    return instant - (instant - _MONDAY) % _WEEK


def judged(ledger: Sequence[Entry], now: datetime, horizon_days: float) -> list[Entry]:
    """Return the alerts that precision may be told of, retracted ones left out.

    Those of weeks whose whole horizon has passed. A week with an alert that is not closed yet is
    left out as well: dead time makes a horizon longer than it looks.
    """
    standing = [entry for entry in ledger if not entry.is_retracted]
    over = now - timedelta(days=horizon_days) - _WEEK
    waits = {week_of(entry.raised) for entry in standing if entry.outcome is None}
    weeks = {week_of(entry.raised) for entry in standing} - waits
    return [entry for entry in standing if (w := week_of(entry.raised)) <= over and w in weeks]


def firsts(ledger: Iterable[Entry], horizon_days: float) -> Iterator[Entry]:
    """Yield the first alert of each customer, and the next once a horizon has passed.

    Two alerts within one horizon have one outcome: to count both would count it twice. Retracted
    ones never were. Entries are by when they were raised.
    """
    horizon = timedelta(days=horizon_days)
    last: dict[str, datetime] = {}
    for entry in ledger:
        before = last.get(entry.customer_id)
        over = before is None or entry.raised >= before + horizon
        if over and not entry.is_retracted:
            last[entry.customer_id] = entry.raised
            yield entry


def _days(begin: datetime, end: datetime) -> float:
    return (end - begin).total_seconds() / 86_400
