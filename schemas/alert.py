"""Alert: who is about to leave, why, what it would cost; the record of `churn-alerts`."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class AlertKind(StrEnum):
    """What kind of trouble."""

    FRUSTRATION = "frustration"  # load above endurance
    INACTIVITY = "inactivity"  # silent for too long
    SECOND_ORDER = "second_order"  # a one-time buyer who does not come back
    QUIET_AFTER_TROUBLE = "quiet_after_trouble"  # it went wrong, and no word since
    REMORSE = "remorse"  # trouble between the first order and its delivery
    STALLED = "stalled"  # a stage of the first hundred days takes too long
    NEGLECT = "neglect"  # no word from the company when one was owed
    HANDOVER = "handover"  # a new owner, with promises or cases open


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


class Outcome(StrEnum):
    """What became of the customer within the horizon of an alert."""

    CAME_BACK = "came_back"
    LEFT = "left"
    UNKNOWN = "unknown"


class Arm(StrEnum):
    """On which side of the experiment a customer is: drawn before any alert."""

    CONTROL = "control"  # nobody acts on it
    TREATED = "treated"


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
    as no order model applies to them; `value_at_risk` is then null too. It is a probability if
    `calibrated`, else a rank. A record with an `outcome` closes the alert: it says what became of
    the customer, and is the last of this `alert_id`.
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
    category: str | None = None  # of the last ticket that names one
    calibrated: bool = False
    folded: list[AlertKind] = []  # other troubles of this customer that stand behind this one
    counterfactual: str | None = None  # without what it would not have been raised
    concessions: str | None = None  # the evidence, where compensation has become a habit
    unprofitable: str | None = None  # the reason not to chase
    arm: Arm | None = None  # null without a control group
    outcome: Outcome | None = None
    acted_at: datetime | None = None  # when the company first acted on it
    snoozed_until: datetime | None = None  # it does not get worse before
    feedback: bool | None = None  # whether somebody judged it to be right


class Held(Struct, frozen=True):
    """An alert that was held back."""

    alert_id: str
    customer_id: str
    kind: AlertKind
    value_at_risk: float | None
    currency: str | None


class Digest(Struct, frozen=True):
    """Instead of a storm: what one partition held back in one hour of its clock.

    On `churn-alerts` under the key `digest/` and the partition. `listed` are the gravest, by value
    at risk within each currency; `held_back` counts all of them.
    """

    hour: datetime  # in which it was, by the clock of the log
    held_back: int
    by_kind: dict[AlertKind, int]
    listed: list[Held]
    source: LogPosition
