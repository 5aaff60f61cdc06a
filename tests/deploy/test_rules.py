"""Prometheus and Alertmanager accept what is deployed, and every rule is tested and explained."""

import re
import subprocess
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from tests.deploy.support import (
    ALERTMANAGER,
    PROMETHEUS,
    ROOT,
    RULES,
    RULES_TEST,
    RUNBOOK,
    load,
    rules,
)

Tool = Callable[[str], str]


def run(*command: str) -> str:
    """Return what a command prints; fail with it if the command fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_promtool_accepts_the_configuration(tool: Tool) -> None:
    run(tool("promtool"), "check", "config", "--lint-fatal", str(PROMETHEUS))


def test_promtool_accepts_the_rules(tool: Tool) -> None:
    assert f"{len(rules())} rules found" in run(
        tool("promtool"), "check", "rules", "--lint-fatal", str(RULES)
    )


def test_rules_fire_when_they_should(tool: Tool) -> None:
    run(tool("promtool"), "test", "rules", str(RULES_TEST))


def test_every_rule_has_a_case_that_fires_and_one_that_does_not() -> None:
    outcomes: defaultdict[str, set[bool]] = defaultdict(set)
    for group in load(RULES_TEST)["tests"]:
        for case in group["alert_rule_test"]:
            outcomes[case["alertname"]].add(bool(case["exp_alerts"]))
    assert outcomes == {rule["alert"]: {True, False} for rule in rules()}


def test_amtool_accepts_the_configuration(tool: Tool) -> None:
    run(tool("amtool"), "check-config", str(ALERTMANAGER))


@pytest.mark.parametrize(
    ("severity", "receiver"), [("critical", "at-once"), ("warning", "in-hours")]
)
def test_alerts_go_where_their_severity_says(tool: Tool, severity: str, receiver: str) -> None:
    command = [tool("amtool"), "config", "routes", "test", f"--config.file={ALERTMANAGER}"]
    assert run(*command, f"severity={severity}").strip() == receiver


def test_inhibitions_name_rules_that_exist() -> None:
    names = re.findall(r"Churnwatch\w+", ALERTMANAGER.read_text("utf-8"))
    exact = {name for name in names if name != "Churnwatch"}
    assert exact
    assert exact <= {rule["alert"] for rule in rules()}


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_rule_says_what_is_the_matter_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    path, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert ROOT / path == RUNBOOK
    assert anchor in anchors()


def test_runbook_explains_no_rule_that_is_gone() -> None:
    told = set(re.findall(r"^### (Churnwatch\w+)$", RUNBOOK.read_text("utf-8"), re.MULTILINE))
    assert told == {rule["alert"] for rule in rules()}


def anchors() -> set[str]:
    """Return the anchors of the runbook's headings."""
    headings = re.findall(r"^#+ (.+)$", RUNBOOK.read_text("utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings
    }
