"""The settings of the core: small frozen values, checked once.

Every default marked [J] is a judgement to start from, not a finding; [M] was measured. The
evidence is in docs/detection.md. Settings that shape the state (a change needs a rebuild) are
told apart in `pipeline.header`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final

from pipeline.checks import FORBID, not_negative, positive, require
from pipeline.churn_settings import ChurnLabel, ChurnModel
from pipeline.detector_settings import (
    BudgetSettings,
    ConcessionSettings,
    ControlSettings,
    HandoverSettings,
    NeglectSettings,
    QuietSettings,
    RemorseSettings,
    SecondOrderSettings,
    StalledSettings,
)
from pipeline.order_model import OrderModel


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseWeights:
    """What one full event of a cause adds to the log-odds of leaving."""

    __pydantic_config__: ClassVar = FORBID

    delivery: float = 1.0  # [M] order and size, from bad reviews after late deliveries
    waiting: float = 1.0  # [M]
    service: float = 1.0  # [M]
    contact: float = 0.5  # [J]
    order: float = 0.0  # [M] raw counts of cancellations mark the loyal: 0 until fitted
    price: float = 0.4  # [J]
    handover: float = 0.4  # [J]
    promise: float = 0.7  # [J]

    def __post_init__(self) -> None:
        for name in CAUSES:
            value = getattr(self, name)
            wants = "wants a number from 0 on"
            require(math.isfinite(value) and value >= 0, f"weights.{name}", value, wants)


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseHalfLives:
    """How long until half of an event's load is forgotten, in days."""

    __pydantic_config__: ClassVar = FORBID

    delivery: float = 30.0  # [J]
    waiting: float = 14.0  # [J]
    service: float = 30.0  # [M] flat between 15 and 120
    contact: float = 14.0  # [J]
    order: float = 30.0  # [J]
    price: float = 90.0  # [J]
    handover: float = 60.0  # [J]
    promise: float = 30.0  # [J]

    def __post_init__(self) -> None:
        for name in CAUSES:
            positive(f"half_lives_days.{name}", getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFactors:
    """What each lifecycle stage multiplies endurance by. [J] 1 until measured."""

    __pydantic_config__: ClassVar = FORBID

    assess: float = 1.0
    admit: float = 1.0
    affirm: float = 1.0
    activate: float = 1.0
    acclimate: float = 1.0
    accomplish: float = 1.0
    adopt: float = 1.0
    advocate: float = 1.0

    def __post_init__(self) -> None:
        for name in StageFactors.__slots__:
            positive(f"stage_factors.{name}", getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeFactors:
    """What each past episode of frustration, of three at most, multiplies endurance by.

    [J] 1 until measured. That a good recovery is remembered, and a second failure hurts more, is
    published (Knox & van Oest 2014, van Oest & Knox 2011); by how much here is for you to say.
    """

    __pydantic_config__: ClassVar = FORBID

    soothed: float = 1.0  # somebody acted, and it was put out
    let_down: float = 1.0  # it faded with nobody's doing

    def __post_init__(self) -> None:
        for name in EpisodeFactors.__slots__:
            positive(f"episode_factors.{name}", getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class FrustrationSettings:
    """Load against endurance: when a customer has had enough."""

    __pydantic_config__: ClassVar = FORBID

    weights: CauseWeights = field(default_factory=CauseWeights)
    half_lives_days: CauseHalfLives = field(default_factory=CauseHalfLives)
    base: float = math.log(3)  # [J] the odds of leaving tripled
    stage_factors: StageFactors = field(default_factory=StageFactors)
    episode_factors: EpisodeFactors = field(default_factory=EpisodeFactors)
    purchase_buffer: float = 0.5  # [J] of what it gains see docs/detection.md
    purchase_half_life_days: float = 365.0  # [J]
    enter_ratio: float = 1.0
    exit_ratio: float = 0.7
    critical_ratio: float = 1.5  # [J]
    late_days_scale: float = 5.0  # [M] severity of a delay is 1 - exp(-days / scale)
    step_hours: float = 24.0  # an overdue matter weighs more at each step, not in between
    ticket_promise_hours: float = 72.0  # [J] for a ticket that names no promise; 0: none
    order_promise_days: float = 0.0  # for an order that names no promise; 0: none, never late
    queue_seconds_free: float = 300.0  # [J] a queue this short is no trouble
    queue_seconds_scale: float = 1800.0  # [J]

    def __post_init__(self) -> None:
        for name in ("base", "purchase_half_life_days", "late_days_scale", "step_hours"):
            positive(name, getattr(self, name))
        positive("queue_seconds_scale", self.queue_seconds_scale)
        for name in ("purchase_buffer", "ticket_promise_hours", "order_promise_days"):
            value = getattr(self, name)
            require(math.isfinite(value) and value >= 0, name, value, "wants a number from 0 on")
        require(
            0 < self.exit_ratio < self.enter_ratio <= self.critical_ratio,
            "exit_ratio, enter_ratio, critical_ratio",
            f"{self.exit_ratio}, {self.enter_ratio}, {self.critical_ratio}",
            "wants 0 < exit < enter <= critical",
        )
        # Else endurance could fall faster than the load, and a crossing come between two steps.
        longest = max(getattr(self.half_lives_days, name) for name in CAUSES)
        require(
            longest <= self.purchase_half_life_days,
            "purchase_half_life_days",
            self.purchase_half_life_days,
            f"wants at least the longest half-life of a cause, {longest} days",
        )


class InactivityRule(StrEnum):
    """How silence is judged."""

    PROBABILITY = "probability"  # by the churn model, beyond a personal floor
    ORDER_MODEL = "order_model"  # P(no order within the horizon) by the order model alone
    HIATUS = "hiatus"  # silent for so many days, whoever it is
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class InactivitySettings:
    """Silence: when a customer has been quiet for too long."""

    __pydantic_config__: ClassVar = FORBID

    rule: InactivityRule = InactivityRule.PROBABILITY
    horizon_days: float = 90.0
    level: float = 0.7  # [J] on P(no order within the horizon)
    critical_level: float = 0.85  # [J]
    floor_days_min: float = 14.0  # [J]
    floor_gaps: float = 2.0  # [J] personal floor: (tx + gaps * prior) / (x + gaps) days
    floor_prior_gap_days: float = 60.0  # [J]
    hiatus_days: float = 90.0
    hiatus_critical_days: float = 135.0

    def __post_init__(self) -> None:
        for name in ("horizon_days", "floor_days_min", "floor_gaps", "floor_prior_gap_days"):
            positive(name, getattr(self, name))
        require(
            0 < self.level < self.critical_level < 1,
            "level, critical_level",
            f"{self.level}, {self.critical_level}",
            "wants 0 < level < critical_level < 1",
        )
        require(
            0 < self.hiatus_days < self.hiatus_critical_days,
            "hiatus_days, hiatus_critical_days",
            f"{self.hiatus_days}, {self.hiatus_critical_days}",
            "wants 0 < hiatus_days < hiatus_critical_days",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeSettings:
    """How an alert lives after it is raised."""

    __pydantic_config__: ClassVar = FORBID

    cooldown_days: float = 7.0  # [J] after an episode ends, none of its kind is raised
    confirm_days: float = 30.0  # [J] an eased customer who does not come back by then: expired
    reaction_hours: float = 72.0  # [J] raised, and nobody reacted for so long: escalated
    snooze_days: float = 7.0  # [J] for a `snoozed` that names no `due_at`

    def __post_init__(self) -> None:
        positive("cooldown_days", self.cooldown_days)
        positive("confirm_days", self.confirm_days)
        positive("reaction_hours", self.reaction_hours)
        positive("snooze_days", self.snooze_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowSettings:
    """The windowed counts: `buckets` of `bucket_days` each, a ring per customer."""

    __pydantic_config__: ClassVar = FORBID

    bucket_days: int = 7
    buckets: int = 13

    def __post_init__(self) -> None:
        require(1 <= self.bucket_days <= 366, "bucket_days", self.bucket_days, "wants 1 to 366")
        require(2 <= self.buckets <= 64, "buckets", self.buckets, "wants 2 to 64")


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSettings:
    """Open matters: orders, tickets and promises that somebody is waiting for."""

    __pydantic_config__: ClassVar = FORBID

    open_days_max: float = 90.0  # past its promise by more, a matter is held to be lost track of
    closed_days: float = 14.0  # how long a closed matter is remembered, for what comes late

    def __post_init__(self) -> None:
        positive("open_days_max", self.open_days_max)
        positive("closed_days", self.closed_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """How long a customer's row is kept, and how many of them."""

    __pydantic_config__: ClassVar = FORBID

    days: float = 1095.0  # [J] untouched for longer, a customer is forgotten
    customers_max: int = 2_000_000  # of one partition; beyond it nobody new is taken in

    def __post_init__(self) -> None:
        wants = "wants a number above 0, at most 3652500 (ten thousand years)"
        require(0 < self.days <= 3_652_500, "retention.days", self.days, wants)
        n = self.customers_max
        require(n >= 1, "retention.customers_max", n, "wants at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSettings:
    """Ends of the lifecycle stages that time alone ends. [J] after Coleman."""

    __pydantic_config__: ClassVar = FORBID

    admit_days: float = 1.0
    activate_days: float = 7.0

    def __post_init__(self) -> None:
        positive("admit_days", self.admit_days)
        positive("activate_days", self.activate_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueSettings:
    """The population's order value in one currency, learnt by `fit`; 0: not known.

    `kappa` is the variance within customers over the variance between them: how many orders of
    one's own count as much as everybody's mean.
    """

    __pydantic_config__: ClassVar = FORBID

    mean_amount: float = 0.0
    kappa: float = 0.0
    margin_share: float = 1.0  # [J] of an order's amount, what is left of it
    ticket_cost: float = 0.0  # in this currency; 0: not known, nobody is called unprofitable for it
    return_cost: float = 0.0

    def __post_init__(self) -> None:
        for name in ("mean_amount", "kappa", "ticket_cost", "return_cost"):
            not_negative(name, getattr(self, name))
        share = self.margin_share
        require(0 <= share <= 1, "margin_share", share, "wants 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """How a source is expected to behave in time."""

    __pydantic_config__: ClassVar = FORBID

    idle_hours_max: float = 48.0  # [J] longer without any event: the source is dead
    jump_hours_max: float = 24.0  # [J] an event further ahead needs confirmation
    jump_confirmations: int = 2  # [J] by so many other customers

    def __post_init__(self) -> None:
        positive("idle_hours_max", self.idle_hours_max)
        positive("jump_hours_max", self.jump_hours_max)
        n = self.jump_confirmations
        require(1 <= n <= 100, "jump_confirmations", n, "wants 1 to 100")


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineSettings:
    """All settings of the core. `feeds` and `values` are by topic and by currency."""

    frustration: FrustrationSettings = field(default_factory=FrustrationSettings)
    inactivity: InactivitySettings = field(default_factory=InactivitySettings)
    order_model: OrderModel = field(default_factory=OrderModel)
    churn_label: ChurnLabel = ChurnLabel.SILENCE
    churn_model: ChurnModel = field(default_factory=ChurnModel)
    second_order: SecondOrderSettings = field(default_factory=SecondOrderSettings)
    quiet_after_trouble: QuietSettings = field(default_factory=QuietSettings)
    remorse: RemorseSettings = field(default_factory=RemorseSettings)
    stalled: StalledSettings = field(default_factory=StalledSettings)
    neglect: NeglectSettings = field(default_factory=NeglectSettings)
    handover: HandoverSettings = field(default_factory=HandoverSettings)
    concessions: ConcessionSettings = field(default_factory=ConcessionSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    control: ControlSettings = field(default_factory=ControlSettings)
    episodes: EpisodeSettings = field(default_factory=EpisodeSettings)
    windows: WindowSettings = field(default_factory=WindowSettings)
    items: ItemSettings = field(default_factory=ItemSettings)
    stages: StageSettings = field(default_factory=StageSettings)
    retention: RetentionSettings = field(default_factory=RetentionSettings)
    values: Mapping[str, ValueSettings] = field(default_factory=dict)
    advice: Mapping[str, str] = field(default_factory=dict)  # by kind/cause/stage
    feeds: Mapping[str, FeedSettings] = field(default_factory=dict)
    sources: tuple[str, ...] = ("orders", "support-tickets", "touchpoints")  # the clock's
    orders_topic: str = "orders"  # silence is judged by it
    tickets_topic: str = "support-tickets"
    touchpoints_topic: str = "touchpoints"  # what the company does is heard of by it
    live_clock: bool = True  # False: time is the data's own (tests, backfills)

    def feed(self, topic: str) -> FeedSettings:
        """Return how a topic is expected to behave."""
        return self.feeds.get(topic, _FEED)

    def __post_init__(self) -> None:
        span_days = self.windows.bucket_days * self.windows.buckets
        require(
            self.inactivity.horizon_days >= self.windows.bucket_days,
            "inactivity.horizon_days",
            self.inactivity.horizon_days,
            f"wants at least one bucket, {self.windows.bucket_days} days, of {span_days}",
        )
        # Else who falls silent would be forgotten before anybody could tell.
        require(
            self.retention.days >= self.inactivity.horizon_days,
            "retention.days",
            self.retention.days,
            f"wants at least `inactivity.horizon_days`, {self.inactivity.horizon_days}",
        )


CAUSES: Final = CauseWeights.__slots__
_FEED: Final = FeedSettings()
