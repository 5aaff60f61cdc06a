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


HINGES = "CHURNWATCH_CHURN_MODEL__HINGES"
WHOLE = {
    "CHURNWATCH_CHURN_MODEL__FITTED": "true",
    "CHURNWATCH_CHURN_MODEL__STEP_DAYS": "14",
    "CHURNWATCH_CHURN_MODEL__INTERCEPT": "-1.25",
    "CHURNWATCH_CHURN_MODEL__WEIGHTS": '{"lp0": 0.4, "trouble": -0.9}',
    HINGES: '{"load": {"knots": [0, 0.7], "weights": [0.2, -0.1]}}',
}


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({}, id="weights and hinges as JSON each"),
        pytest.param(
            {
                HINGES: "{}",
                HINGES + "__LOAD": '{"knots": [0, 0.7], "weights": [0.2, -0.1]}',
            },
            id="one of the hinges as JSON",
        ),
        pytest.param(
            {
                HINGES + "__LOAD__WEIGHTS": "[0.2, -0.1]",
                HINGES: '{"load": {"knots": [0, 0.7], "weights": [9, 9]}}',
            },
            id="the longer name stands over the shorter",
        ),
        pytest.param(
            {
                "CHURNWATCH_CHURN_MODEL__WEIGHTS__TROUBLE": "-0.9",
                "CHURNWATCH_CHURN_MODEL__WEIGHTS": '{"lp0": 0.4, "trouble": 5}',
            },
            id="one weight over the others",
        ),
    ],
)
def test_weights_and_hinges_by_names_of_their_own(monkeypatch, variables):
    for name, value in (variables | WHOLE | variables).items():  # the longer names come first
        monkeypatch.setenv(name, value)
    assert load_settings().pipeline().churn_model == MODEL


def test_weights_of_the_environment_stand_over_those_of_a_file(monkeypatch, tmp_path):
    (tmp_path / "churnwatch.yaml").write_text(FILE.replace("lp0: 0.4", "lp0: 7"))
    monkeypatch.setenv("CHURNWATCH_CHURN_MODEL__WEIGHTS", '{"lp0": 0.4}')
    assert load_settings().pipeline().churn_model == MODEL


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        pytest.param(
            "CHURNWATCH_CHURN_MODEL__WEIGHTS",
            "lp0: 0.4",
            "`churn_model.weights` is lp0: 0.4 (CHURNWATCH_CHURN_MODEL__WEIGHTS); "
            'wants JSON, as {"name": 1} or [1, 2]',
            id="no JSON",
        ),
        pytest.param(
            "churnwatch_churn_model__hinges__load__knots",
            "",
            "`churn_model.hinges.load.knots` is  (churnwatch_churn_model__hinges__load__knots); "
            'wants JSON, as {"name": 1} or [1, 2]',
            id="nothing",
        ),
        pytest.param(
            "CHURNWATCH_CHURN_MODEL__WEIGHTS",
            "3",
            "`churn_model.weights` is 3; wants lines of `name: value`",
            id="a number for a group",
        ),
        pytest.param(
            "CHURNWATCH_CHURN_MODEL__HINGES",
            '{"load": [1]}',
            "`churn_model.hinges.load` is [1]; wants lines of `name: value`",
            id="a list for a group",
        ),
        pytest.param(
            "CHURNWATCH_CHURN_MODEL__HINGES__LOAD",
            '{"knots": [0]}',
            "in `churn_model.hinges.load`: `churn_model.hinges` is 1 knots, 0 weights; "
            "wants a weight for each knot",
            id="a knot without its weight",
        ),
    ],
)
def test_a_mistake_in_the_environment_is_one_line(monkeypatch, name, value, line):
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettingsError) as caught:
        load_settings()
    assert caught.value.lines == [line]


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
