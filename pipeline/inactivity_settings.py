"""The settings of inactivity: by what rule, and from where on, a silence is too long.

[J] is a judgement to start from: see docs/detection.md.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from pipeline.checks import FORBID, positive, require


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
