"""The prospects of customers: how likely they are to leave, by the one quantity of an installation.

Which rule judges silence says which model: the churn model, or the order model alone.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from pipeline.churn_model import PARTS, Churn
from pipeline.detectors.frustration import Frustration
from pipeline.inactivity_settings import InactivityRule
from pipeline.interning import Interned
from pipeline.order_model import silence_probability
from pipeline.orders import repeats, span_days
from pipeline.pool import Pool
from pipeline.rows import Rows
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS, Floats, Ints, days
from pipeline.waiting import overdue


class Prospects:
    """How likely customers are to leave within the horizon."""

    def __init__(
        self, settings: PipelineSettings, frustration: Frustration, texts: Interned
    ) -> None:
        self._settings = settings
        self._frustration = frustration
        self._texts = texts
        self._churn = Churn(settings)
        self._by_orders = settings.inactivity.rule is InactivityRule.ORDER_MODEL
        self._means = np.full(1, np.nan)  # population's, by code of currency

    @property
    def is_calibrated(self) -> bool:
        """Whether it is a probability; else it ranks."""
        return self._churn.is_fitted

    def open_now(self, items: Pool, rows: Rows, at_ms: Ints, known_ms: Ints) -> Floats:
        """Return what is overdue, (n, causes): the part of a load that rows do not hold."""
        return overdue(self._frustration.settings, items, rows, at_ms, known_ms).severity

    def probability(self, rows: Rows, silent_ms: Ints, at_ms: Ints, open_now: Floats) -> Floats:
        """Return the churn probability, (n,); NaN where the model does not apply.

        Args:
            rows: (n,) rows.
            silent_ms: (n,) since the last order, dead time of the feed left out.
            at_ms: (n,) the instant.
            open_now: (n, causes) of `open_now`.
        """
        if self._by_orders:
            return self._order_probability(rows, silent_ms)
        load = self._load(rows, at_ms, open_now)
        return self._churn.probability(rows, silent_ms, at_ms, self.population_mean(rows), load)

    def parts(self, rows: Rows, silent_ms: Ints, at_ms: Ints, open_now: Floats) -> Floats:
        """Return what the probability is made of, (n, 3) by `PARTS`; they sum to it."""
        if self._by_orders:
            rhythm = self._order_probability(rows, np.zeros_like(silent_ms))
            whole = self._order_probability(rows, silent_ms)
            return np.column_stack([rhythm, whole - rhythm, np.zeros((len(rows), len(PARTS) - 2))])
        load = self._load(rows, at_ms, open_now)
        return self._churn.parts(rows, silent_ms, at_ms, self.population_mean(rows), load)

    def _load(self, rows: Rows, at_ms: Ints, open_now: Floats) -> Callable[[float], Floats]:
        return partial(self._load_ahead, rows, at_ms, open_now)

    def _load_ahead(self, rows: Rows, at_ms: Ints, open_now: Floats, ahead_days: float) -> Floats:
        then_ms = at_ms + round(ahead_days * DAY_MS)
        return self._frustration.effective(rows, then_ms, open_now)

    def _order_probability(self, rows: Rows, silent_ms: Ints) -> Floats:
        x = repeats(rows)
        p = silence_probability(
            self._settings.order_model,
            np.maximum(x, 0),
            np.where(x >= 0, span_days(rows), 0),
            days(silent_ms),
            self._settings.inactivity.horizon_days,
        )
        return np.where(x >= 0, p, np.nan)

    def population_mean(self, rows: Rows) -> Floats:
        """Return the population's mean amount in the currency of each; NaN for not known."""
        code = rows["currency"]
        for new in range(len(self._means), int(code.max(initial=0)) + 1):
            value = self._settings.values.get(self._texts.text(new))
            mean = value.mean_amount if value and value.mean_amount else np.nan
            self._means = np.append(self._means, mean)
        return np.asarray(self._means[code])
