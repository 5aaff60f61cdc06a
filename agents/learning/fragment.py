"""What a fit hands out: a fragment of settings in plain text, which a worker loads."""

from typing import Any, Final

import yaml

from agents.learning.fit import Fit
from agents.learning.ranking import auc, calibration_error
from agents.learning.report import Verdict
from pipeline.inactivity_settings import InactivityRule, InactivitySettings
from pipeline.settings import PipelineSettings
from schemas.base import rfc3339

_LEVELS: Final = ("level", "critical_level")
_HIATUS: Final = ("hiatus_days", "hiatus_critical_days")


def fragment(fit: Fit, settings: PipelineSettings, found: Verdict, rule: InactivitySettings) -> str:
    """Return the text: what was learnt, and above it how it did.

    Args:
        fit: what was learnt.
        settings: that it was learnt with.
        found: how it did against silence alone.
        rule: by which silence is judged; its levels are told where they are others than before.
    """
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
        "inactivity": _inactivity(rule, settings.inactivity),
    }
    return "\n".join([*head, yaml.safe_dump(given, sort_keys=False).rstrip(), ""])


def _inactivity(rule: InactivitySettings, before: InactivitySettings) -> dict[str, Any]:
    is_hiatus = rule.rule is InactivityRule.HIATUS
    names = _HIATUS if is_hiatus else _LEVELS
    chosen = {name: getattr(rule, name) for name in names}
    as_before = {name: getattr(before, name) for name in names}
    told = {"horizon_days": rule.horizon_days, "rule": str(rule.rule)}
    return told | ({} if chosen == as_before and not is_hiatus else chosen)
