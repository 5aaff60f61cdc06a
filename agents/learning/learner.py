"""Learning from one half of the customers, or from all, by what was known at an instant."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from agents.learning.estimate import fit_intercept, fit_order_model, fit_values, fit_weights
from agents.learning.snapshots import Snapshot, Taken
from agents.problems import UserError
from pipeline import concessions
from pipeline.churn_model import Churn
from pipeline.churn_settings import DEFAULTS, FEATURES, VARIABLES, ChurnLabel, ChurnModel, Hinges
from pipeline.detectors.frustration import Frustration
from pipeline.features import Known, features
from pipeline.inactivity_settings import InactivityRule
from pipeline.interning import Interned
from pipeline.order_model import OrderModel
from pipeline.orders import repeats
from pipeline.prospects import Prospects
from pipeline.settings import PipelineSettings, ValueSettings
from pipeline.units import DAY_MS, Bools, Floats, days
from pipeline.variables import variables

FULL_FROM: Final = 300  # customers; below, only the intercept is learnt
_KNOTS: Final = tuple(np.linspace(0.1, 0.9, 9).round(1).tolist())  # quantiles
ALL: Final = -1


@dataclass(frozen=True, slots=True)
class Learnt:
    """What is handed to a worker."""

    order_model: OrderModel
    values: dict[str, ValueSettings]
    churn_model: ChurnModel

    def of(self, settings: PipelineSettings) -> PipelineSettings:
        """Return settings with it."""
        rule = replace(settings.inactivity, rule=InactivityRule.PROBABILITY)
        return replace(
            settings,
            order_model=self.order_model,
            values=self.values,
            churn_model=self.churn_model,
            inactivity=rule,
        )


class Learner:
    """Learns from what was taken of one history."""

    def __init__(self, taken: Taken, settings: PipelineSettings, *, only_intercept: bool) -> None:
        self.taken = taken
        self.settings = settings
        self.label = settings.churn_label
        self.only_intercept = only_intercept
        self.texts: Interned = taken.table.texts
        self.horizon_ms = round(settings.inactivity.horizon_days * DAY_MS)
        self.step_ms = round(settings.churn_model.step_days * DAY_MS)
        self._within_ms = self.step_ms if self.label is ChurnLabel.SILENCE else self.horizon_ms
        self._frustration = Frustration(settings.frustration)
        self.moments = 0
        self.left_out = 0

    def eligible(self, snapshot: Snapshot, half: int) -> Snapshot:
        """Return who can be learnt from: still there, and nobody had a hand in it."""
        past = self.taken.past
        keep = ~past.is_closed(snapshot)
        keep &= repeats(snapshot.rows) >= (0 if self.label is ChurnLabel.SILENCE else -1)
        at_ms = np.full(len(snapshot), snapshot.at_ms)
        interfered = past.acted_on(snapshot, self._within_ms)
        interfered |= concessions.pattern(self.settings.concessions, snapshot.rows, at_ms)
        self.left_out = max(self.left_out, int((keep & interfered).sum()))
        keep &= ~interfered
        if half != ALL:
            keep &= self.taken.half[snapshot.number] == half
        return snapshot.take(keep)

    def happened(self, snapshot: Snapshot) -> Bools:
        """Return who churned within the horizon of a date."""
        past = self.taken.past
        if self.label is ChurnLabel.SILENCE:
            return ~past.ordered_within(snapshot, self.horizon_ms)
        return past.closed_within(snapshot, self.horizon_ms)

    def learn(self, half: int, until_ms: int, leave_out: str = "") -> Learnt:
        """Return what is learnt from one half (-1: all) by what is known at an instant.

        Args:
            half: of customers.
            until_ms: no outcome after it is looked at.
            leave_out: a feature or variable to do without.
        """
        known = [s for s in self.taken.snapshots if s.at_ms <= until_ms]
        newest = self.eligible(known[-1], half)
        order_model = fit_order_model(newest)
        texts = [
            self.texts.text(code) for code in range(int(newest.rows["currency"].max(initial=0)) + 1)
        ]
        values = fit_values(newest, texts)
        settings = replace(self.settings, order_model=order_model, values=values)
        parts = [
            self.eligible(snapshot, half)
            for snapshot in known
            if snapshot.at_ms + self._within_ms <= until_ms
        ]
        churn_model = self._weights(settings, [part for part in parts if len(part)], leave_out)
        return Learnt(order_model, values, churn_model)

    def judge(self, learnt: Learnt, snapshot: Snapshot) -> Floats:
        """Return the probabilities that a worker would give, with the worker's own code."""
        return self._by(learnt.of(self.settings), snapshot)

    def by_orders(self, learnt: Learnt, snapshot: Snapshot) -> Floats:
        """Return the probabilities of the order model alone."""
        settings = learnt.of(self.settings)
        rule = replace(settings.inactivity, rule=InactivityRule.ORDER_MODEL)
        return self._by(replace(settings, inactivity=rule), snapshot)

    def _by(self, settings: PipelineSettings, snapshot: Snapshot) -> Floats:
        prospects = Prospects(settings, self._frustration, self.texts)
        at_ms = np.full(len(snapshot), snapshot.at_ms)
        p = prospects.probability(snapshot.rows, snapshot.silent_ms, at_ms, snapshot.open_now)
        return np.nan_to_num(p)

    def _weights(
        self, settings: PipelineSettings, parts: list[Snapshot], leave_out: str
    ) -> ChurnModel:
        if not parts:
            raise UserError(
                "the history is too short to learn from; accepted is one of three horizons "
                f"({3 * settings.inactivity.horizon_days:g} days) or more"
            )
        step = settings.churn_model.step_days
        if self.label is ChurnLabel.SILENCE:
            happened = [self.taken.past.ordered_within(part, self._within_ms) for part in parts]
        else:
            happened = [self.taken.past.closed_within(part, self._within_ms) for part in parts]
        y = np.concatenate(happened)
        self.moments = max(self.moments, len(y))
        if self.only_intercept:
            intercept, weights = DEFAULTS[self.label]
            found, _ = self._design(settings, parts)
            eta = intercept + sum(weights[name] * found[name] for name in weights)
            shift = fit_intercept(np.asarray(eta), y)
            return ChurnModel(
                fitted=True, step_days=step, intercept=intercept + shift, weights=weights
            )
        found, values = self._design(settings, parts)
        names = [name for name in FEATURES if name != leave_out and found[name].std() > 0]
        knots = self._knots(values, leave_out)
        columns = [found[name] for name in names]
        columns += [np.maximum(values[name] - knot, 0.0) for name in knots for knot in knots[name]]
        fitted = fit_weights(np.column_stack(columns), y, len(parts))
        return _model(fitted.intercept, fitted.slopes, names, knots, step)

    def _design(
        self, settings: PipelineSettings, parts: Iterable[Snapshot]
    ) -> tuple[dict[str, Floats], dict[str, Floats]]:
        prospects = Prospects(settings, self._frustration, self.texts)
        found: dict[str, list[Floats]] = {}
        values: dict[str, list[Floats]] = {}
        churn = Churn(settings)
        for part in parts:
            at_ms = np.full(len(part), part.at_ms)
            load = part.load(self._frustration)
            known = Known.of(part.rows, prospects.population_mean(part.rows))
            silence = churn.silence_days(known, part.rows, part.silent_ms, at_ms)
            within_days = float(days(np.array([self._within_ms]))[0])
            named = features(known, settings.order_model, silence, load, within_days)
            for name, column in named.items():
                found.setdefault(name, []).append(column)
            own = variables(settings, part.rows, at_ms, silence, load)
            for name, column in own.items():
                values.setdefault(name, []).append(column)
        return (
            {name: np.concatenate(columns) for name, columns in found.items()},
            {name: np.concatenate(columns) for name, columns in values.items()},
        )

    def _knots(self, values: dict[str, Floats], leave_out: str) -> dict[str, list[float]]:
        """Return knots at quantiles; on pure orders straight lines do as well (docs)."""
        if self.label is ChurnLabel.SILENCE:
            return {}
        knots = {}
        for name in VARIABLES:
            positive = values[name][values[name] > 0]
            if name == leave_out or len(positive) < FULL_FROM:
                continue
            at = np.unique(np.quantile(positive, _KNOTS).round(3))
            # From 0 on the load is `trouble` itself.
            knots[name] = at.tolist() if name == "load" else [0.0, *at.tolist()]
        return knots


def _model(
    intercept: float, slopes: Floats, names: list[str], knots: dict[str, list[float]], step: float
) -> ChurnModel:
    rounded = [float(f"{slope:.6g}") for slope in slopes]
    weights = dict(zip(names, rounded, strict=False))
    hinges, place = {}, len(names)
    for name, at in knots.items():
        hinges[name] = Hinges(knots=tuple(at), weights=tuple(rounded[place : place + len(at)]))
        place += len(at)
    return ChurnModel(
        fitted=True,
        step_days=step,
        intercept=float(f"{intercept:.6g}"),
        weights=weights,
        hinges=hinges,
    )
