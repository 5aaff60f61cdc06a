"""Churn probability: one quantity of an installation, after `churn_label`.

`silence`: a discrete-time hazard of ordering (Singer & Willett 1993, J. Educ. Stat. 18:155). The
chance h of an order within a step of `step_days` is a logistic regression; with no further event
the features of later steps are known (silence grows, loads fade), so P(no order within the
horizon) is the product of (1 - h) over the steps, the last to the power of its fraction.

`closed`: events on the way are not implied, so the chance of closing within the horizon is a
logistic regression by itself, fitted at landmarks (van Houwelingen 2007, Scand. J. Stat. 34:70).

A result depends on its own row alone, to the bit, however the rows are batched.
"""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np

from pipeline.churn_settings import DEFAULTS, ChurnLabel
from pipeline.features import Known, features
from pipeline.rows import Rows
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS, Floats, Ints, days
from pipeline.variables import variables

Load: TypeAlias = Callable[[float], Floats]  # so many days ahead, with no further event

PARTS: Final = ("rhythm", "silence", "trouble")


class Churn:
    """The churn model of one installation."""

    def __init__(self, settings: PipelineSettings) -> None:
        self.label = settings.churn_label
        self.horizon_days = settings.inactivity.horizon_days
        self._settings = settings
        self._orders = settings.order_model
        self._model = settings.churn_model
        intercept, weights = DEFAULTS[self.label]
        given = self._model
        self._intercept = intercept if given.intercept is None else given.intercept
        self._weights = dict(given.weights) if given.weights or given.fitted else weights

    @property
    def is_fitted(self) -> bool:
        """Whether it says a probability; else it ranks."""
        return self._model.fitted

    def probability(
        self, rows: Rows, silent_ms: Ints, at_ms: Ints, population_mean: Floats, load: Load
    ) -> Floats:
        """Return the churn probability, (n,); by `silence` NaN for who never ordered.

        Args:
            rows: (n,) rows.
            silent_ms: (n,) since the last order, dead time of the feed left out.
            at_ms: (n,) the instant.
            population_mean: (n,) mean amount of the currency of each, NaN for not known.
            load: the effective load of each, so many days ahead.
        """
        known = Known.of(rows, population_mean)
        silence = self.silence_days(known, rows, silent_ms, at_ms)
        if self.label is ChurnLabel.CLOSED:
            return self._closed(known, rows, silence, at_ms, load(0.0))
        p = self._quiet(known, rows, silence, at_ms, load)
        return np.where(known.repeats >= 0, p, np.nan)

    def parts(
        self, rows: Rows, silent_ms: Ints, at_ms: Ints, population_mean: Floats, load: Load
    ) -> Floats:
        """Return what the probability is made of, (n, 3) by `PARTS`; they sum to it.

        The rhythm alone, what the silence adds to it, and what the trouble adds to both.
        """
        none = np.zeros(len(rows))
        rhythm = self.probability(
            rows, np.zeros_like(silent_ms), at_ms, population_mean, lambda _: none
        )
        quiet = self.probability(rows, silent_ms, at_ms, population_mean, lambda _: none)
        whole = self.probability(rows, silent_ms, at_ms, population_mean, load)
        return np.column_stack([rhythm, quiet - rhythm, whole - quiet])

    @staticmethod
    def silence_days(known: Known, rows: Rows, silent_ms: Ints, at_ms: Ints) -> Floats:
        """Return how long it has been since the last order, else since the first activity."""
        since_first = np.maximum(at_ms - rows["first_ms"], 0)
        return days(np.where(known.repeats >= 0, silent_ms, since_first))

    def _quiet(self, known: Known, rows: Rows, silence: Floats, at_ms: Ints, load: Load) -> Floats:
        step, log_p = self._model.step_days, np.zeros(len(rows))
        ahead = 0.0
        while ahead < self.horizon_days:
            share = min(1.0, (self.horizon_days - ahead) / step)
            then_ms = at_ms + round(ahead * DAY_MS)
            eta = self._eta(known, rows, silence + ahead, then_ms, load(ahead), step)
            log_p -= share * np.logaddexp(0.0, eta)  # ln(1 - h)
            ahead += step
        return np.exp(log_p)

    def _closed(
        self, known: Known, rows: Rows, silence: Floats, at_ms: Ints, load: Floats
    ) -> Floats:
        eta = self._eta(known, rows, silence, at_ms, load, self.horizon_days)
        return np.exp(-np.logaddexp(0.0, -eta))

    def _eta(
        self,
        known: Known,
        rows: Rows,
        silence: Floats,
        at_ms: Ints,
        load: Floats,
        within_days: float,
    ) -> Floats:
        found = features(known, self._orders, silence, load, within_days)
        eta = np.full(len(rows), self._intercept)
        for name, weight in self._weights.items():
            eta += weight * found[name]
        if not self._model.hinges:
            return eta
        values = variables(self._settings, rows, at_ms, silence, load)
        for name, hinges in self._model.hinges.items():
            for knot, weight in zip(hinges.knots, hinges.weights, strict=True):
                eta += weight * np.maximum(values[name] - knot, 0.0)
        return eta
