"""Fitting the churn model that ships, for the benchmark.

Ridge logistic regression on standardised features, by Newton's method; raw weights out, as
settings. Knots of hinges are quantiles of what it is fitted to.
"""

import numpy as np

from pipeline.churn_settings import ChurnModel, Hinges

RIDGE = 3.0
QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9)


def fit(features, variables, happened, hinged):
    """Return the model that says best whether it happened.

    Args:
        features: (n,) each, by name.
        variables: likewise, those that get knots.
        happened: (n,) labels: of an order, by `silence`; of closing, by `closed`.
        hinged: whether to use knots.
    """
    names = [name for name, column in features.items() if column.std() > 1e-9]
    knots = {name: _knots(column) for name, column in variables.items()} if hinged else {}
    columns = [features[name] for name in names]
    columns += [np.maximum(variables[n] - k, 0.0) for n, of in knots.items() for k in of]
    intercept, weights = ridge(np.column_stack(columns), happened)
    hinges, place = {}, len(names)
    for name, of in knots.items():
        hinges[name] = Hinges(knots=tuple(of), weights=tuple(weights[place : place + len(of)]))
        place += len(of)
    return ChurnModel(
        fitted=True,
        intercept=intercept,
        weights=dict(zip(names, weights, strict=False)),
        hinges=hinges,
    )


def ridge(x, y):
    """Return intercept and weights, on the scale of `x`."""
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    z = np.column_stack([np.ones(len(x)), (x - mean) / scale])
    penalty = np.full(z.shape[1], RIDGE)
    penalty[0] = 0.0
    weights = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(z @ weights, -30, 30)))
        slope = z.T @ (y - p) - penalty * weights
        step = np.linalg.solve((z * (p * (1 - p))[:, None]).T @ z + np.diag(penalty), slope)
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    raw = weights[1:] / scale
    return float(weights[0] - raw @ mean), raw.tolist()


def _knots(values):
    return sorted({float(q) for q in np.quantile(values, QUANTILES)} - {float(values.max())})
