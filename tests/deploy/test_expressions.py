"""Dashboard and rules read metrics and labels that a worker has, and no others."""

import pytest
from prometheus_client import Counter, Histogram

from tests.deploy.exposition import all_metrics
from tests.deploy.promql import TARGET_LABELS, Series, series
from tests.deploy.support import Expression, expressions

# Of Prometheus itself.
OWN = {"up": frozenset[str](), "ALERTS": frozenset({"alertname", "alertstate"})}


def known() -> dict[str, frozenset[str]]:
    """Return the name of every series with its labels."""
    found = dict(OWN)
    for metric in all_metrics():
        labels = frozenset(metric._labelnames)
        if isinstance(metric, Counter):
            found |= {f"{metric._name}_total": labels, f"{metric._name}_created": labels}
        elif isinstance(metric, Histogram):
            found |= {f"{metric._name}_{part}": labels for part in ("count", "sum", "created")}
            found[f"{metric._name}_bucket"] = labels | {"le"}
        else:
            found[metric._name] = labels
    return found


def wrong(one: Series) -> str | None:
    """Say what is wrong with a series, if anything is."""
    if one.name not in known():
        return f"no metric is called {one.name}"
    unknown = one.labels - known()[one.name] - TARGET_LABELS
    return f"{one.name} has no label {', '.join(sorted(unknown))}" if unknown else None


@pytest.mark.parametrize("expression", expressions(), ids=lambda one: one.where)
def test_reads_what_there_is(expression: Expression) -> None:
    read = series(expression.text)
    assert read
    assert [found for one in read if (found := wrong(one))] == []


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("churnwatch_alerts", "no metric is called churnwatch_alerts"),
        ("sum by (topic) (churnwatch_alerts_total)", "churnwatch_alerts_total has no label topic"),
        (
            'churnwatch_watch_step_seconds_sum{le="1"}',
            "churnwatch_watch_step_seconds_sum has no label le",
        ),
    ],
)
def test_finds_what_there_is_not(expression: str, expected: str) -> None:
    [one] = series(expression)
    assert wrong(one) == expected


def test_every_metric_is_looked_at() -> None:
    """A metric that neither a panel nor a rule shows helps nobody."""
    read = {one.name for expression in expressions() for one in series(expression.text)}
    families = {name.removesuffix("_total").removesuffix("_bucket") for name in read}
    assert {metric._name for metric in all_metrics()} <= families
