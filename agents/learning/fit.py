"""The fit: what a worker is told, learnt on one part of a history and judged on another.

Customers are split in halves by a hash of their id. `customers`: learnt from one half up to the
end, judged on the other half at the same date. `customers and time`: learnt only from what was
known before that date. What is handed out is learnt from everybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from agents.learning.learner import ALL, FULL_FROM, Learner, Learnt
from agents.learning.snapshots import span_ms, take
from agents.offline.history import History
from agents.problems import UserError
from pipeline.churn_settings import ChurnModel
from pipeline.frustration_settings import EpisodeFactors, StageFactors
from pipeline.orders import repeats
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS, Bools, Floats, days

CUSTOMERS_MIN: Final = 30
_DATES_MAX: Final = 26


@dataclass(frozen=True, slots=True)
class Judged:
    """Customers that nothing was learnt from, at one date: what was said, and what came."""

    split: str
    at_ms: int
    happened: Bools
    repeat: Bools  # two order days or more
    p: Floats  # by the churn model
    silence: Floats  # days, what a hiatus goes by
    by_orders: Floats  # by the order model alone
    without: dict[str, Floats]  # p of a fit that lacks a term


@dataclass(frozen=True, slots=True)
class Fit:
    """A fit, and how it did."""

    learnt: Learnt
    judged: list[Judged]
    customers: int
    left_out: int
    moments: int  # rows that weights were learnt from
    only_intercept: bool
    first_ms: int
    last_ms: int


def fit(history: History, settings: PipelineSettings, *, only_intercept: bool = False) -> Fit:
    """Learn from a history, and judge it on customers and times not learnt from.

    Args:
        history: what happened.
        settings: label, horizon, step and how facts are kept.
        only_intercept: learn only how high probabilities are; weights stay the defaults.

    Raises:
        UserError: the history is too short, or has too few customers.
    """
    _require(bool(history.activities), "the history is empty; accepted is one with orders")
    first_ms, last_ms = span_ms(history)
    horizon_ms = round(settings.inactivity.horizon_days * DAY_MS)
    cut_ms = last_ms - horizon_ms
    _require(
        cut_ms - first_ms >= 2 * horizon_ms,
        f"the history is {(last_ms - first_ms) / DAY_MS:.0f} days long; accepted is one of three "
        f"horizons ({3 * settings.inactivity.horizon_days:g} days) or more: "
        "one to warm up, one to learn from, one to judge by",
    )
    dates = _dates(settings, first_ms + horizon_ms, cut_ms, last_ms)
    taken = take(history, settings, dates)
    customers = len(taken.table)
    _require(
        customers >= CUSTOMERS_MIN,
        f"the history has {customers} customers; accepted are {CUSTOMERS_MIN} or more",
    )
    only_intercept = only_intercept or customers < FULL_FROM
    learner = Learner(taken, settings, only_intercept=only_intercept)
    judged = [
        _judged(learner, "customers", cut_ms, last_ms),
        _judged(learner, "customers and time", cut_ms, cut_ms),
    ]
    learnt = learner.learn(ALL, last_ms)
    return Fit(
        learnt,
        judged,
        customers,
        learner.left_out,
        learner.moments,
        only_intercept,
        first_ms,
        last_ms,
    )


def _judged(learner: Learner, split: str, at_ms: int, until_ms: int) -> Judged:
    learnt = learner.learn(0, until_ms)
    [date] = [s for s in learner.taken.snapshots if s.at_ms == at_ms]
    snapshot = learner.eligible(date, 1)
    happened = learner.happened(snapshot)
    _require(
        0 < happened.sum() < len(happened),
        f"of {len(happened)} customers to judge by {int(happened.sum())} churned by "
        f"`churn_label: {learner.label}`; accepted is a history in which some do and some do not",
    )
    terms = () if learner.only_intercept else _terms(learnt.churn_model)
    without = {}
    if split == "customers":
        without = {
            name: learner.judge(learner.learn(0, until_ms, leave_out=name), snapshot)
            for name in terms
        }
        without |= {
            f"endurance: {name}": other.judge(other.learn(0, until_ms), snapshot)
            for name, other in _without_factors(learner)
            if terms
        }
    return Judged(
        split,
        at_ms,
        happened,
        np.asarray(repeats(snapshot.rows) >= 1),
        learner.judge(learnt, snapshot),
        days(snapshot.silent_ms),
        learner.by_orders(learnt, snapshot),
        without,
    )


def _without_factors(learner: Learner) -> Iterator[tuple[str, Learner]]:
    """Yield a learner without each factor of endurance that is on, as far as loads bear on it."""
    settings, taken = learner.settings, learner.taken
    frustration = settings.frustration
    even = StageFactors()
    for name, changed in (
        ("purchase buffer", replace(frustration, purchase_buffer=0.0)),
        ("stage factors", replace(frustration, stage_factors=even)),
        ("past episodes", replace(frustration, episode_factors=EpisodeFactors())),
    ):
        if changed != frustration:
            other = replace(settings, frustration=changed)
            yield name, Learner(taken, other, only_intercept=learner.only_intercept)


def _terms(model: ChurnModel) -> list[str]:
    return [*model.weights, *model.hinges]


def _dates(settings: PipelineSettings, begin_ms: int, cut_ms: int, last_ms: int) -> list[int]:
    step_ms = round(settings.churn_model.step_days * DAY_MS)
    back = range(last_ms, begin_ms - 1, -step_ms)
    every = max(len(back) // _DATES_MAX, 1)
    return sorted({*back[::every], cut_ms, last_ms, begin_ms})


def _require(condition: bool, line: str) -> None:
    if not condition:
        raise UserError(line)
