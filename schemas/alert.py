"""Alert: who is about to leave, why, what it would cost; the record of `churn-alerts`."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class AlertKind(StrEnum):
    """What kind of trouble."""

    FRUSTRATION = "frustration"
    INACTIVITY = "inactivity"


class State(StrEnum):
    """Where an episode stands."""

    RAISED = "raised"
    ESCALATED = "escalated"
    EASED = "eased"
    RESOLVED = "resolved"
    LOST = "lost"
    EXPIRED = "expired"
    RETRACTED = "retracted"


class Severity(StrEnum):
    """How bad it is."""

    WARNING = "warning"
    CRITICAL = "critical"


class Cause(Struct, frozen=True, gc=False):
    """One part of a score: the shares of an alert's causes sum to its score."""

    cause: str
    share: float
    detail: str


class LogPosition(Struct, frozen=True, gc=False):
    """The record of the log at which the alert was found."""

    topic: str
    partition: int
    offset: int


class Alert(Struct, frozen=True):
    """One transition of one episode of one customer.

    `score` stands against `limit`. `churn_probability` is null for a customer who never ordered,
    as no order model applies to them; `value_at_risk` is then null too.
    """

    alert_id: str
    revision: int
    customer_id: str
    kind: AlertKind
    state: State
    severity: Severity
    score: float
    limit: float
    churn_probability: float | None
    value_at_risk: float | None
    currency: str | None
    stage: str
    causes: list[Cause]
    advice: str
    occurred_at: datetime
    detected_at: datetime
    source: LogPosition
    owner: str | None = None
    segment: str | None = None
    channel: str | None = None
