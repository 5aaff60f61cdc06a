"""The settings of frustration: what trouble weighs, how it fades, and what a customer endures.

[J] is a judgement to start from, [M] was measured: see docs/detection.md.
"""

import math
from dataclasses import dataclass, field
from typing import ClassVar, Final

from pipeline.checks import FORBID, positive, require


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


CAUSES: Final = CauseWeights.__slots__
