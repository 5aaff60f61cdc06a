"""The settings of the churn model: weights and knots, which `fit` writes and a worker reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from pipeline.checks import FORBID, positive


class ChurnLabel(StrEnum):
    """What counts as churn: one event for an installation, never mixed."""

    SILENCE = "silence"  # no order within the horizon
    CLOSED = "closed"  # `closed` arrives within the horizon


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurnModel:
    """Weights of the churn model; the defaults rank, and are calibrated to nobody."""

    __pydantic_config__: ClassVar = FORBID

    step_days: float = 28.0
    fitted: bool = False
    intercept: float = -0.170
    weights: Mapping[str, float] = field(default_factory=dict)  # by feature

    def __post_init__(self) -> None:
        positive("churn_model.step_days", self.step_days)
