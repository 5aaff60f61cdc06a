"""Every expression runs in a real Prometheus that scrapes a worker.

Of the dashboard's, each has a result, and its legend's labels. Of the rules', each is evaluated.
"""

import math
import re
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.deploy.promql import series
from tests.deploy.support import Expression, dashboard_expressions, rules
from tests.live.support import eventually

RATE_INTERVAL = "5s"  # some scrapes: what Grafana puts in for $__rate_interval
DEADLINE_SECONDS = 30.0

# A healthy worker may not have had to count these: without a series there is nothing to show.
MAY_BE_UNSEEN = {
    "churnwatch_alerts_muted_total",
    "churnwatch_dead_letters_omitted_total",
    "churnwatch_intake_gap_seconds_total",
    "churnwatch_intake_held_seconds_total",
    "churnwatch_intake_rejected_total",
    "churnwatch_watch_duplicates_total",
    "churnwatch_watch_unreadable_total",
}


@pytest.fixture(scope="module")
def unseen(worker_metrics_url: str) -> set[str]:
    """Return which of those this worker has not counted."""
    with urllib.request.urlopen(worker_metrics_url, timeout=10) as answer:
        seen = re.findall(r"^(\w+)", answer.read().decode(), re.MULTILINE)
    return MAY_BE_UNSEEN - set(seen)


@pytest.mark.parametrize("expression", list(dashboard_expressions()), ids=lambda one: one.where)
def test_dashboard(expression: Expression, ask: Callable[..., Any], unseen: set[str]) -> None:
    query = expression.text.replace("$__rate_interval", RATE_INTERVAL)

    def result() -> Any:
        """Return the series once each has a number: some take two scrapes."""
        found = ask("query", query=query)["result"]
        numbers = [float(one["value"][1]) for one in found]
        return found if numbers and all(math.isfinite(number) for number in numbers) else None

    if any(one.name in unseen for one in series(query)):
        ask("query", query=query)
        return
    found = eventually(result, DEADLINE_SECONDS)
    labels = set(re.findall(r"{{(\w+)}}", expression.legend))
    assert all(labels <= set(one["metric"]) for one in found), found
    assert len({_legend(expression, one) for one in found}) == len(found), "lines of one name"


def _legend(expression: Expression, one: Any) -> str:
    return re.sub(r"{{(\w+)}}", lambda found: one["metric"][found[1]], expression.legend)


def test_rules_are_evaluated_without_an_error(ask: Callable[..., Any]) -> None:
    def evaluated() -> Any:
        found = [rule for group in ask("rules")["groups"] for rule in group["rules"]]
        return found if found and all(rule["health"] != "unknown" for rule in found) else None

    found = eventually(evaluated, DEADLINE_SECONDS)
    assert {rule["name"] for rule in found} == {rule["alert"] for rule in rules()}
    assert [rule["lastError"] for rule in found if rule["health"] != "ok"] == []


def test_a_worker_that_is_well_fires_no_rule_about_itself(ask: Callable[..., Any]) -> None:
    """It is up, ready and young: what is told of it otherwise is wrong."""
    firing = {alert["labels"]["alertname"] for alert in ask("alerts")["alerts"]}
    assert firing.isdisjoint({"ChurnwatchWorkerDown", "ChurnwatchWorkerRestarting"})
