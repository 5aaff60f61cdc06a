"""The settings of the kinds of alert beside frustration and inactivity, and of what goes with them.

All of these numbers are judgements [J] to start from: none of them was measured.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

from pipeline.checks import FORBID, not_negative, positive, require


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondOrderSettings:
    """A one-time buyer whose second order is overdue."""

    __pydantic_config__: ClassVar = FORBID

    enabled: bool = False  # most one-time buyers of a shop never come back, called or not
    days: float = 60.0  # of silence since the only order
    critical_days: float = 120.0

    def __post_init__(self) -> None:
        _rising("second_order", self.days, self.critical_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietSettings:
    """Something went wrong last, nobody made it good, and the customer has said nothing since."""

    __pydantic_config__: ClassVar = FORBID

    enabled: bool = True
    days: float = 14.0  # without a word of the customer since the trouble
    critical_days: float = 30.0
    days_max: float = 90.0  # then it is past: no alert is raised any more

    def __post_init__(self) -> None:
        _rising("quiet_after_trouble", self.days, self.critical_days)
        value = self.days_max
        wants = f"wants at least critical_days, {self.critical_days}"
        require(value >= self.critical_days, "quiet_after_trouble.days_max", value, wants)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemorseSettings:
    """Trouble between the first order and the delivery, while there is nothing else to judge by."""

    __pydantic_config__: ClassVar = FORBID

    enabled: bool = True
    load: float = 0.3  # log-odds; far less than what a regular customer endures
    critical_load: float = 0.6

    def __post_init__(self) -> None:
        _rising("remorse", self.load, self.critical_load, "load")


@dataclass(frozen=True, slots=True, kw_only=True)
class StalledSettings:
    """A stage of the first hundred days that takes too long; 0 days: that stage is not judged."""

    __pydantic_config__: ClassVar = FORBID

    enabled: bool = True
    affirm_days: float = 30.0  # ordered, and neither delivered nor followed up
    acclimate_days: float = 60.0  # delivered, and neither a second order nor a good word
    accomplish_days: float = 0.0  # a second order, and no third
    stuck_ratio: float = 1.5  # of the days above: behind from 1 on, stuck from here
    first_days: float = 100.0  # from the first order; later it is no question of beginnings

    def __post_init__(self) -> None:
        for name in ("affirm_days", "acclimate_days", "accomplish_days"):
            not_negative(f"stalled.{name}", getattr(self, name))
        positive("stalled.first_days", self.first_days)
        require(self.stuck_ratio > 1, "stalled.stuck_ratio", self.stuck_ratio, "wants more than 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class NeglectSettings:
    """No word from the company: after a delivery, or past what it promised."""

    __pydantic_config__: ClassVar = FORBID

    enabled: bool = True
    days: float = 2.0  # after a delivery, without a word that is no promotion; 0: none is owed
    critical_days: float = 7.0
    promise_critical_days: float = 2.0  # past a promise; it is neglect from its due time on
    owned_only: bool = True  # a word after delivery is owed to whoever has an owner, not to all

    def __post_init__(self) -> None:
        if self.days:
            _rising("neglect", self.days, self.critical_days)
        not_negative("neglect.promise_critical_days", self.promise_critical_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverSettings:
    """The owner changed while promises or cases stood open."""

    __pydantic_config__: ClassVar = FORBID

    enabled: bool = True
    days: float = 30.0  # after a change of owner; what is open then is another trouble

    def __post_init__(self) -> None:
        positive("handover.days", self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcessionSettings:
    """Complaint, compensation, unchanged buying, again: shown to people, punished by nobody."""

    __pydantic_config__: ClassVar = FORBID

    compensations_min: int = 3

    def __post_init__(self) -> None:
        n = self.compensations_min
        require(2 <= n <= 1000, "concessions.compensations_min", n, "wants 2 to 1000")


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSettings:
    """How many alerts one partition raises in one hour of its clock before it makes a digest."""

    __pydantic_config__: ClassVar = FORBID

    alerts_per_hour: int = 1000  # 0: no limit
    listed_max: int = 100  # of a digest, the gravest

    def __post_init__(self) -> None:
        n, listed = self.alerts_per_hour, self.listed_max
        require(n >= 0, "budget.alerts_per_hour", n, "wants a whole number from 0 on")
        require(1 <= listed <= 1000, "budget.listed_max", listed, "wants 1 to 1000")


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlSettings:
    """The control group: customers whose alerts nobody acts on, drawn by a hash of their id."""

    __pydantic_config__: ClassVar = FORBID

    share: float = 0.0  # 0: there is none
    salt: str = ""  # another salt draws another group

    def __post_init__(self) -> None:
        share = self.share
        require(
            math.isfinite(share) and 0 <= share <= 0.5, "control.share", share, "wants 0 to 0.5"
        )


def _rising(group: str, level: float, critical: float, unit: str = "days") -> None:
    names = f"{group}.{unit}, {group}.critical_{unit}"
    require(0 < level < critical, names, f"{level}, {critical}", "wants 0 < the first < the second")
