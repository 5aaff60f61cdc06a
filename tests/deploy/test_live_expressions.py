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
from tests.deploy.support import RULES, Expression, Served, dashboard_expressions, load, rules
from tests.live.support import eventually

RATE_INTERVAL = "5s"  # some scrapes: what Grafana puts in for $__rate_interval
DEADLINE_SECONDS = 30.0

# A healthy worker may not have had to count these: without a series there is nothing to show.
MAY_BE_UNSEEN = {
    "churnwatch_alerts_closed_total",
    "churnwatch_alerts_held_back_total",
    "churnwatch_alerts_judged_total",
    "churnwatch_alerts_muted_total",
    "churnwatch_dead_letters_omitted_total",
    "churnwatch_intake_gap_seconds_total",
    "churnwatch_intake_held_seconds_total",
    "churnwatch_intake_rejected_total",
    "churnwatch_watch_duplicates_total",
    "churnwatch_watch_unreadable_total",
    "churnwatch_worker_lost_records_total",
}
# These are made of the alerts sent while the test looks on, which is for seconds. The shop raises
# its next one when it likes, and of none there is no share, and no quantile.
NEED_A_NEW_ALERT = {"Raised against the day before, A", "Delay, A", "Delay, B"}


@pytest.fixture(scope="module")
def unseen(served: Served) -> set[str]:
    """Return which of those this worker has not counted."""
    with urllib.request.urlopen(served.url, timeout=10) as answer:
        seen = re.findall(r"^(\w+)", answer.read().decode(), re.MULTILINE)
    return MAY_BE_UNSEEN - set(seen)


@pytest.mark.parametrize("expression", list(dashboard_expressions()), ids=lambda one: one.where)
def test_dashboard(
    expression: Expression, ask: Callable[..., Any], unseen: set[str], served: Served
) -> None:
    query = expression.text.replace("$__rate_interval", RATE_INTERVAL)

    def result() -> Any:
        """Return the series once each has a number: some take two scrapes."""
        found = ask("query", query=query)["result"]
        numbers = [float(one["value"][1]) for one in found]
        return found if numbers and all(math.isfinite(number) for number in numbers) else None

    waits = expression.where in NEED_A_NEW_ALERT and not served.counts_on
    if waits or any(one.name in unseen for one in series(query)):
        found = ask("query", query=query)["result"]
    else:
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


def test_a_real_worker_that_is_well_fires_no_rule_about_its_state(
    ask: Callable[..., Any], served: Served
) -> None:
    """Most of these fire at once: nothing is lost, left out or refused by what is well.

    The stand-in is not well: it counts every trouble there is.
    """
    [group] = [one for one in load(RULES)["groups"] if one["name"] == "churnwatch-state"]
    of_state = {rule["alert"] for rule in group["rules"]}
    firing = {
        alert["labels"]["alertname"]
        for alert in ask("alerts")["alerts"]
        if alert["state"] == "firing"
    }
    assert served.counts_on or firing.isdisjoint(of_state)


def test_expressions_that_may_be_empty_are_there() -> None:
    assert {one.where for one in dashboard_expressions()} >= NEED_A_NEW_ALERT
