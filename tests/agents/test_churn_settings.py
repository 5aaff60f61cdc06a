"""What `fit` writes reaches a worker: by the file, by the environment, and out again."""

import json

import pytest
import yaml

from agents.settings import as_yaml, load_settings
from agents.settings_errors import BadSettingsError
from pipeline.churn_settings import ChurnLabel, ChurnModel, Hinges

FILE = """
churn_label: closed
churn_model:
  fitted: true
  step_days: 14
  intercept: -1.25
  weights: {lp0: 0.4, trouble: -0.9}
  hinges: {load: {knots: [0.0, 0.7], weights: [0.2, -0.1]}}
"""
MODEL = ChurnModel(
    fitted=True,
    step_days=14.0,
    intercept=-1.25,
    weights={"lp0": 0.4, "trouble": -0.9},
    hinges={"load": Hinges(knots=(0.0, 0.7), weights=(0.2, -0.1))},
)


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def test_from_a_file_and_back_into_one(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text(FILE, encoding="utf-8")
    first = load_settings(path)
    assert first.pipeline().churn_label is ChurnLabel.CLOSED
    assert first.pipeline().churn_model == MODEL
    path.write_text(as_yaml(first), encoding="utf-8")
    assert load_settings(path) == first


def test_from_the_environment(monkeypatch):
    """The whole model as JSON, and single numbers by their own names over it."""
    given = yaml.safe_load(FILE)["churn_model"]
    monkeypatch.setenv("CHURNWATCH_CHURN_MODEL", json.dumps(given | {"intercept": 7.0}))
    monkeypatch.setenv("CHURNWATCH_CHURN_MODEL__INTERCEPT", "-1.25")
    monkeypatch.setenv("CHURNWATCH_CHURN_MODEL__WEIGHTS__LP0", "0.4")
    assert load_settings().pipeline().churn_model == MODEL


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("churn_label: gone", "'silence' or 'closed'", id="label"),
        pytest.param("churn_model: {weights: {recency: 1}}", "recency", id="feature"),
        pytest.param("churn_model: {knots: [1]}", "knots", id="field"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(tmp_path, text, named):
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadSettingsError) as caught:
        load_settings(path)
    [line] = caught.value.lines
    assert named in line
    assert "wants" in line or "accepted" in line
