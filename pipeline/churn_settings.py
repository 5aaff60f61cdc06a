"""The settings of the churn model: weights and knots, which `fit` writes and a worker reads."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final

from pipeline.checks import FORBID, positive, require

FEATURES: Final = (
    "lp0",  # logit of P(no order within a step), by the order model alone
    "silence",  # ln(1 + days / 60)
    "count",  # ln(1 + repeat occasions)
    "one_time",  # 1 for a single occasion
    "order_value",  # ln of the mean amount over the population's
    "last_value",  # ln of the last amount over the mean
    "trouble",  # minus the load, set against what the customer endures: log-odds of leaving
    "unresolved",  # 1 if a matter went wrong last, and nothing good has come since
    "unresolved_silence",  # that times ln(1 + days of silence)
)
VARIABLES: Final = (  # that may have knots
    "silence_days",
    "silence_gaps",  # the silence in mean gaps between order days
    "contact_days",  # since the customer's last own doing, at most the silence
    "contact_share",  # of the silence
    "tenure_days",
    "ticketless_days",  # the tenure of who never opened a ticket, else 0
    "load",
    "irritants_recent",  # within the windows
    "tickets",
    "orders",
    "orders_recent",  # within the windows
    "orders_freshness",  # the mean of what is left of each purchase as it fades
    "orders_per_ticket",  # without a ticket the orders
    "span_days",  # from the first order day to the last
)


class ChurnLabel(StrEnum):
    """What counts as churn: one event for an installation, never mixed."""

    SILENCE = "silence"  # no order within the horizon
    CLOSED = "closed"  # `closed` arrives within the horizon


@dataclass(frozen=True, slots=True, kw_only=True)
class Hinges:
    """A piecewise linear term: the sum of weight x max(0, value - knot)."""

    __pydantic_config__: ClassVar = FORBID

    knots: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        same = len(self.knots) == len(self.weights)
        counts = f"{len(self.knots)} knots, {len(self.weights)} weights"
        require(same, "churn_model.hinges", counts, "wants a weight for each knot")
        finite = all(map(math.isfinite, (*self.knots, *self.weights)))
        require(finite, "churn_model.hinges", self, "wants finite numbers")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurnModel:
    """A logistic regression: of ordering in a step (`silence`), of closing (`closed`).

    Without weights those of `DEFAULTS` are taken: they rank customers, and are calibrated to
    nobody. `fit` writes them together with `fitted`.
    """

    __pydantic_config__: ClassVar = FORBID

    fitted: bool = False
    step_days: float = 28.0  # of `silence`
    intercept: float | None = None
    weights: Mapping[str, float] = field(default_factory=dict)  # by feature
    hinges: Mapping[str, Hinges] = field(default_factory=dict)  # by variable

    def __post_init__(self) -> None:
        positive("churn_model.step_days", self.step_days)
        for name, value in self.weights.items():
            wants = f"wants one of {', '.join(FEATURES)}"
            require(name in FEATURES, "churn_model.weights", name, wants)
            wants = "wants a finite number"
            require(math.isfinite(value), f"churn_model.weights.{name}", value, wants)
        for name in self.hinges:
            wants = f"wants one of {', '.join(VARIABLES)}"
            require(name in VARIABLES, "churn_model.hinges", name, wants)
        finite = self.intercept is None or math.isfinite(self.intercept)
        require(finite, "churn_model.intercept", self.intercept, "wants a finite number")


# [M] of `silence`: fitted to two shops, tested on customers and times not fitted on; `trouble` is
# a judgement: loads are log-odds. Of `closed` nothing is known beforehand but that.
DEFAULTS: Final = {
    ChurnLabel.SILENCE: (
        -0.170,
        {
            "lp0": -1.033,
            "silence": 0.059,
            "count": 0.135,
            "one_time": 0.178,
            "order_value": 0.187,
            "last_value": 0.033,
            "trouble": 1.0,
        },
    ),
    ChurnLabel.CLOSED: (-2.5, {"trouble": -1.0}),
}
