"""Estimating what a worker is told: the order model, the values of currencies, and the weights.

Optimisers are scipy's. Everything is a function of rows at dates, and of what happened after them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import minimize

from agents.learning.snapshots import Snapshot
from pipeline.order_model import OrderModel, log_likelihood
from pipeline.orders import repeats, span_days
from pipeline.settings import ValueSettings
from pipeline.units import Bools, Floats, days

# Of the logarithms of r, alpha, a and b, about the defaults: without it small samples run off.
_PRIOR_SD: Final = np.array([0.5, 1.5, 0.7, 0.7])
_RIDGE: Final = 10.0  # on weights of standardised predictors
_DATES: Final = 30  # with fewer the penalty is greater: each has a season in common
_KAPPA_MAX: Final = 1000.0


def fit_order_model(snapshot: Snapshot) -> OrderModel:
    """Return MBG by penalised maximum likelihood, from complete histories up to a date."""
    some = snapshot.take(repeats(snapshot.rows) >= 0)
    x, tx = repeats(some.rows), span_days(some.rows)
    observed = tx + days(some.silent_ms)
    default = OrderModel()
    centre = np.log([default.r, default.alpha_days, default.a, default.b])

    def loss(logs: Floats) -> float:
        r, alpha, a, b = np.exp(logs).tolist()
        model = OrderModel(r=r, alpha_days=alpha, a=a, b=b)
        prior = 0.5 * (((logs - centre) / _PRIOR_SD) ** 2).sum()
        return float(prior - log_likelihood(model, x, tx, observed).sum())

    bounds = [(c - 6.0, c + 6.0) for c in centre]
    found = minimize(loss, centre, method="L-BFGS-B", bounds=bounds)
    r, alpha, a, b = (float(f"{value:.4g}") for value in np.exp(found.x))
    return OrderModel(r=r, alpha_days=alpha, a=a, b=b)


def fit_values(snapshot: Snapshot, currencies: Sequence[str]) -> dict[str, ValueSettings]:
    """Return mean amount and kappa of each currency, by moments; `currencies` are the texts."""
    found = {}
    rows = snapshot.rows
    for code, currency in enumerate(currencies):
        mine = rows[(rows["currency"] == code) & (rows["amounts"] > 0)]
        if not currency or len(mine) < 2:
            continue
        n = mine["amounts"].astype(np.float64)
        means = mine["amount_sum"] / n
        within = np.maximum(mine["amount_squares"] - n * means**2, 0.0).sum()
        within /= max((n - 1).sum(), 1.0)
        between = means.var(ddof=1) - within * (1 / n).mean()
        kappa = within / between if between > 0 else _KAPPA_MAX
        found[currency] = ValueSettings(
            mean_amount=float(f"{means.mean():.5g}"),
            kappa=float(f"{min(kappa, _KAPPA_MAX):.4g}"),
        )
    return found


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression in raw units."""

    intercept: float
    slopes: Floats


def fit_weights(x: Floats, happened: Bools, dates: int) -> Weights:
    """Return a ridge logistic regression; predictors are standardised inside.

    Args:
        x: (n, k) predictors.
        happened: (n,) the outcome.
        dates: at how many dates these customers were seen.
    """
    centre, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    z = np.column_stack([np.ones(len(x)), (x - centre) / scale])
    y = happened.astype(np.float64)
    penalty = np.full(z.shape[1], _RIDGE * max(1.0, _DATES / dates))
    penalty[0] = 0.0

    def loss(beta: Floats) -> tuple[float, Floats]:
        eta = z @ beta
        value = np.logaddexp(0.0, eta).sum() - y @ eta + 0.5 * (penalty * beta**2).sum()
        gradient = z.T @ (1 / (1 + np.exp(-eta)) - y) + penalty * beta
        return float(value), gradient

    share = np.clip(y.mean(), 1e-6, 1 - 1e-6)
    start = np.zeros(z.shape[1])
    start[0] = np.log(share) - np.log1p(-share)
    beta = minimize(loss, start, jac=True, method="L-BFGS-B").x
    slopes = beta[1:] / scale
    return Weights(float(beta[0] - slopes @ centre), slopes)


def fit_intercept(eta: Floats, happened: Bools) -> float:
    """Return what to add to a score so that its mean chance is the one observed."""

    def loss(shift: Floats) -> float:
        moved = eta + shift[0]
        return float(np.logaddexp(0.0, moved).sum() - moved[happened].sum())

    return float(minimize(loss, np.zeros(1), method="BFGS").x[0])
