"""The dashboard can be provisioned: its parts fit together, and to the data source."""

from itertools import combinations
from typing import Any

import pytest

from tests.deploy.support import DASHBOARD, DEPLOY, compose, dashboard, load

PROVISIONING = DEPLOY / "grafana" / "provisioning"
COLUMNS = 24
UNITS = {"none", "short", "s", "bytes", "cps", "percentunit"}
ROWS = [
    "Is it alive",
    "Throughput and lag",
    "Time",
    "Alerts",
    "State",
    "Customers and memory",
    "Dead letters",
]


def panels() -> list[dict[str, Any]]:
    """Return the panels that show something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def data_source() -> Any:
    """Return the one data source."""
    [source] = load(PROVISIONING / "datasources" / "prometheus.yaml")["datasources"]
    return source


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_panel_says_what_it_shows_in_which_unit(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["targets"]
    named = {"type": data_source()["type"], "uid": data_source()["uid"]}
    assert [panel["datasource"]] + [one["datasource"] for one in panel["targets"]] == [named] * (
        1 + len(panel["targets"])
    )


def test_rows_are_in_the_order_of_the_questions() -> None:
    rows = [panel for panel in dashboard()["panels"] if panel["type"] == "row"]
    assert [row["title"] for row in rows] == ROWS


def test_panels_have_ids_and_room_of_their_own() -> None:
    everything = dashboard()["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    places = [panel["gridPos"] for panel in everything]
    assert all(one["x"] >= 0 and one["x"] + one["w"] <= COLUMNS for one in places)
    assert not [(a, b) for a, b in combinations(places, 2) if _overlap(a, b)]


def _overlap(a: dict[str, int], b: dict[str, int]) -> bool:
    beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
    above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
    return not (beside or above)


def test_grafana_finds_dashboard_and_prometheus() -> None:
    service = compose()["services"]["grafana"]
    [provider] = load(PROVISIONING / "dashboards" / "churnwatch.yaml")["providers"]
    folder = provider["options"]["path"]
    assert f"./grafana/dashboards:{folder}:ro" in service["volumes"]
    assert "./grafana/provisioning:/etc/grafana/provisioning:ro" in service["volumes"]
    home = service["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{folder}/{DASHBOARD.name}"
    assert data_source()["url"] == "http://prometheus:9090"


def test_steps_are_no_finer_than_the_scrapes() -> None:
    scraped = load(DEPLOY / "prometheus" / "prometheus.yml")["global"]["scrape_interval"]
    assert data_source()["jsonData"]["timeInterval"] == scraped
