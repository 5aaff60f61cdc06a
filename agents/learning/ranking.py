"""How well scores rank customers, and how well probabilities are calibrated."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from pipeline.units import Bools, Floats

_SEED = 20_250_101
_SIMULATIONS = 200


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

    def loss(line: Floats) -> tuple[float, Floats]:
        eta = line[0] + (line[1] if len(line) == 2 else 1.0) * logit
        over = expit(eta) - y
        gradient = np.array([over.sum(), over @ logit])[: len(line)]
        return float(np.logaddexp(0.0, eta).sum() - y @ eta), gradient

    # Newton's steps run away where a few are far too sure.
    intercept = float(minimize(loss, np.zeros(1), jac=True, method="BFGS").x[0])
    if logit[happened].min() >= logit[~happened].max():
        return intercept, float("inf")
    slope = minimize(loss, np.array([intercept, 1.0]), jac=True, method="BFGS").x[1]
    return intercept, float(slope)
