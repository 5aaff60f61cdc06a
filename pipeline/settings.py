"""The settings of the core: small frozen values, checked once.

Every default marked [J] is a judgement to start from, not a finding; [M] was measured. The
evidence is in docs/detection.md. Settings that shape the state (a change needs a rebuild) are
told apart in `pipeline.header`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
from pipeline.frustration_settings import FrustrationSettings
from pipeline.inactivity_settings import InactivitySettings
from pipeline.order_model import OrderModel


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


_FEED: Final = FeedSettings()
