"""How well scores rank customers, and how well probabilities are calibrated."""

import numpy as np

from agents.offline.bootstrap import bootstrap as bootstrap  # noqa: PLC0414 - handed on
from pipeline.units import Bools, Floats

_SEED = 20_250_101
_SIMULATIONS = 200
_STEPS_MAX = 50


def auc(score: Floats, happened: Bools) -> float:
    """Return the area under the curve: the chance that who left scored higher than who stayed.

    Ties count as half (Mann & Whitney 1947, Ann. Math. Stat. 18:50). NaN where all are alike.
    """
    positive = int(happened.sum())
    negative = len(happened) - positive
    if not positive or not negative:
        return float("nan")
    _, which, counts = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    rank = (last - counts + 1 + last) / 2
    of_positive = rank[which][happened].sum()
    return float((of_positive - positive * (positive + 1) / 2) / (positive * negative))


def precision_at(score: Floats, happened: Bools, share: float) -> float:
    """Return what share of the highest scores was right; ties as they stand."""
    count = max(round(len(score) * share), 1)
    return float(happened[np.argsort(-score, kind="stable")[:count]].mean())


def calibration_error(p: Floats, happened: Bools, bins: int = 10) -> float:
    """Return the expected calibration error, in bins of equal counts."""
    order = np.argsort(p, kind="stable")
    gaps = [
        abs(float(p[part].mean() - happened[part].mean())) * len(part)
        for part in np.array_split(order, bins)
        if len(part)
    ]
    return sum(gaps) / len(p)


def calibration_error_by_chance(p: Floats, bins: int = 10) -> float:
    """Return the mean error that a perfect model of these probabilities has, by simulation."""
    rng = np.random.default_rng(_SEED)
    drawn = (rng.random(len(p)) < p for _ in range(_SIMULATIONS))
    return float(np.mean([calibration_error(p, happened, bins) for happened in drawn]))


def calibration_line(p: Floats, happened: Bools) -> tuple[float, float]:
    """Return intercept and slope of the outcome on logit(p): 0 and 1 for a calibrated model.

    The intercept is that at slope 1: calibration in the large (Van Calster et al. 2016, J. Clin.
    Epidemiol. 74:167). The slope is infinite where all who left scored above all who stayed.
    """
    clipped = np.clip(p, 1e-9, 1 - 1e-9)
    logit = np.log(clipped) - np.log1p(-clipped)
    y = happened.astype(np.float64)
    ones = np.ones((len(p), 1))
    [intercept] = _logistic(ones, y, offset=logit)
    if logit[happened].min() >= logit[~happened].max():
        return float(intercept), float("inf")
    _, slope = _logistic(np.column_stack([ones, logit]), y, offset=np.zeros(len(p)))
    return float(intercept), float(slope)


def _logistic(x: Floats, y: Floats, offset: Floats) -> Floats:
    """Return the maximum likelihood by Newton's method, each step halved until it gains."""

    def loss(beta: Floats) -> float:
        eta = offset + x @ beta
        return float((np.logaddexp(0.0, eta) - y * eta).sum())

    beta = np.zeros(x.shape[1])
    for _ in range(_STEPS_MAX):
        fitted = (1 + np.tanh((offset + x @ beta) / 2)) / 2  # 1 / (1 + exp(-eta)), bounded
        information = (x * (fitted * (1 - fitted))[:, None]).T @ x
        step = np.linalg.solve(information + 1e-9 * np.eye(len(beta)), x.T @ (y - fitted))
        before = loss(beta)
        for _ in range(_STEPS_MAX):
            if loss(beta + step) <= before:
                break
            step = step / 2
        beta = beta + step
    return np.asarray(beta)
