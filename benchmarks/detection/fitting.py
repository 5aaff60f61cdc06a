"""Fitting what ships, as settings: the order model, the mean amount, weights and knots.

The estimates are those of `churnwatch fit`; knots are quantiles of what is fitted to.
"""

from dataclasses import replace

import numpy as np

from agents.learning.estimate import fit_weights
from pipeline.churn_settings import ChurnLabel, ChurnModel, Hinges

QUANTILES = (0.1, 0.3, 0.5, 0.7, 0.9)


def fitted(settings, train, step_days):
    """Return settings with a churn model fitted to subjects."""
    by_silence = settings.churn_label is ChurnLabel.SILENCE
    within = step_days if by_silence else settings.inactivity.horizon_days
    features, variables = train.predictors(settings, within)
    happened = train.ordered if by_silence else train.left
    model = fit(features, {} if by_silence else variables, happened)
    return replace(settings, churn_model=replace(model, step_days=float(step_days)))


def fit(features, variables, happened):
    """Return the model that says best whether it happened; `variables` get knots."""
    names = [name for name, column in features.items() if column.std() > 1e-9]
    knots = {name: _knots(column) for name, column in variables.items()}
    columns = [features[name] for name in names]
    columns += [np.maximum(variables[n] - k, 0.0) for n, of in knots.items() for k in of]
    weights = fit_weights(np.column_stack(columns), happened)
    slopes, place, hinges = weights.slopes.tolist(), len(names), {}
    for name, of in knots.items():
        hinges[name] = Hinges(knots=tuple(of), weights=tuple(slopes[place : place + len(of)]))
        place += len(of)
    return ChurnModel(
        fitted=True,
        intercept=weights.intercept,
        weights=dict(zip(names, slopes, strict=False)),
        hinges=hinges,
    )


def _knots(values):
    found = {float(f"{q:.4g}") for q in np.quantile(values, QUANTILES)}
    return sorted(q for q in found if values.min() <= q < values.max())
