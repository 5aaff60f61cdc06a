"""What is deployed, read for the tests."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = DEPLOY / "Dockerfile"
RULES = DEPLOY / "prometheus" / "rules.yml"
RULES_TEST = DEPLOY / "prometheus" / "rules_test.yml"
PROMETHEUS = DEPLOY / "prometheus" / "prometheus.yml"
ALERTMANAGER = DEPLOY / "alertmanager" / "alertmanager.yml"
DASHBOARD = DEPLOY / "grafana" / "dashboards" / "churnwatch.json"
RUNBOOK = ROOT / "docs" / "runbook.md"


class Expression(NamedTuple):
    """A PromQL expression, and where it stands."""

    where: str
    text: str
    legend: str = ""


class Served(NamedTuple):
    """Where metrics are served, and whether all of them go on counting there."""

    url: str
    counts_on: bool


def load(path: Path) -> Any:
    """Return what a YAML file says."""
    return yaml.safe_load(path.read_text("utf-8"))


def compose() -> Any:
    """Return the compose file."""
    return load(DEPLOY / "compose.yaml")


def rules() -> list[dict[str, Any]]:
    """Return all alerting rules."""
    return [rule for group in load(RULES)["groups"] for rule in group["rules"]]


def dashboard() -> Any:
    """Return the dashboard."""
    return json.loads(DASHBOARD.read_text("utf-8"))


def dashboard_expressions() -> Iterator[Expression]:
    """Yield the expressions of all panels."""
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", ()):
            where = f"{panel['title']}, {target['refId']}"
            yield Expression(where, target["expr"], target["legendFormat"])


def expressions() -> list[Expression]:
    """Return the expressions of dashboard and rules."""
    of_rules = [Expression(rule["alert"], rule["expr"]) for rule in rules()]
    return [*dashboard_expressions(), *of_rules]


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions: name and the rest, joined to one line each."""
    text = DOCKERFILE.read_text("utf-8")
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    lines = kept.replace("\\\n", " ").splitlines()
    found = [line.split(None, 1) for line in lines if line.strip()]
    return [(name, " ".join(rest.split())) for name, rest in found]
