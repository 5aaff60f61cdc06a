"""What a fit hands out: a fragment of settings in plain text, which a worker loads."""

from typing import Any

import numpy as np
import yaml

from agents.learning.fit import Fit
from agents.learning.levels import Tried
from agents.learning.ranking import auc, calibration_error
from agents.learning.report import Verdict
from pipeline.settings import PipelineSettings
from schemas.base import rfc3339


def fragment(fit: Fit, settings: PipelineSettings, found: Verdict, tried: Tried | None) -> str:
    """Return the text: what was learnt, and above it how it did."""
    learnt, hard = fit.learnt, fit.judged[-1]
    days = f"{rfc3339(fit.first_ms)[:10]} to {rfc3339(fit.last_ms)[:10]}"
    area, error = auc(hard.p, hard.happened), calibration_error(hard.p, hard.happened)
    head = [
        f"# Learnt by `churnwatch fit` from {fit.customers} customers, {days}.",
        f"# On customers and times not learnt from: area {area:.3f}, error {error:.3f};",
        f"# against the hiatus {found.difference:+.3f} ({found.low:+.3f} to {found.high:+.3f}).",
    ]
    model = learnt.churn_model
    hinges = {
        name: {"knots": list(each.knots), "weights": list(each.weights)}
        for name, each in model.hinges.items()
    }
    given: dict[str, Any] = {
        "churn_label": str(settings.churn_label),
        "order_model": {
            name: getattr(learnt.order_model, name) for name in ("r", "alpha_days", "a", "b")
        },
        "values": {
            currency: {"mean_amount": value.mean_amount, "kappa": value.kappa}
            for currency, value in learnt.values.items()
        },
        "churn_model": {
            "fitted": True,
            "step_days": model.step_days,
            "intercept": model.intercept,
            "weights": dict(model.weights),
            "hinges": hinges,
        },
        "inactivity": _inactivity(fit, settings, found, tried),
    }
    return "\n".join([*head, yaml.safe_dump(given, sort_keys=False).rstrip(), ""])


def _inactivity(
    fit: Fit, settings: PipelineSettings, found: Verdict, tried: Tried | None
) -> dict[str, Any]:
    rule: dict[str, Any] = {"horizon_days": settings.inactivity.horizon_days}
    if found.baseline_wins:
        easy = fit.judged[0]
        share = float(np.mean(easy.p >= settings.inactivity.level))
        days = round(float(np.quantile(easy.silence, 1 - min(max(share, 0.02), 0.5))), 1)
        days = max(days, 1.0)
        return rule | {
            "rule": "hiatus",
            "hiatus_days": days,
            "hiatus_critical_days": round(1.5 * days, 1),
        }  # a level of probability, if one was asked for, has no place in it
    rule["rule"] = "probability"
    if tried is not None:
        rule |= {"level": tried.level, "critical_level": round((1 + tried.level) / 2, 3)}
    return rule
