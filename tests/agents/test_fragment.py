"""What `fit` hands out, of a fit made by hand: a worker that includes it is told just that."""

import numpy as np
import pytest

from agents.learning.fit import Fit, Judged
from agents.learning.fragment import fragment
from agents.learning.learner import Learnt
from agents.learning.levels import with_hiatus, with_level
from agents.learning.report import Verdict
from agents.settings import load_settings
from pipeline.churn_settings import ChurnLabel, ChurnModel, Hinges
from pipeline.inactivity_settings import InactivitySettings
from pipeline.order_model import OrderModel
from pipeline.settings import PipelineSettings, ValueSettings
from pipeline.units import DAY_MS
from tests.agents.timeline import START_MS

LEARNT = Learnt(
    OrderModel(r=1.25, alpha_days=31.5, a=0.1, b=2.75),
    {
        "EUR": ValueSettings(mean_amount=49.9, kappa=3.5),
        "usd": ValueSettings(mean_amount=7.0, kappa=1e-5),
    },
    ChurnModel(
        fitted=True,
        step_days=14.0,
        intercept=0.1 + 0.2,
        weights={"lp0": -1.03, "trouble": 1e-9},
        hinges={"load": Hinges(knots=(0.0, 0.7), weights=(0.2, -0.1))},
    ),
)
SETTINGS = PipelineSettings(
    churn_label=ChurnLabel.CLOSED, inactivity=InactivitySettings(horizon_days=45.0)
)
BETTER, WORSE = Verdict(0.021, 0.004, 0.038), Verdict(-0.05, -0.09, -0.01)


def judged(split):
    """Four customers, of whom the two with the higher scores left; each score .1 off."""
    return Judged(
        split,
        START_MS,
        happened=np.array([True, True, False, False]),
        repeat=np.ones(4, bool),
        p=np.array([0.9, 0.9, 0.1, 0.1]),
        silence=np.array([40.0, 30.0, 20.0, 10.0]),
        by_orders=np.zeros(4),
        without={},
    )


FIT = Fit(
    LEARNT,
    [judged("customers"), judged("customers and time")],
    customers=1234,
    left_out=0,
    moments=99,
    only_intercept=False,
    first_ms=START_MS,
    last_ms=START_MS + 200 * DAY_MS,
)


@pytest.fixture
def included(tmp_path, monkeypatch):
    """Return the settings of a worker that includes a text."""
    monkeypatch.chdir(tmp_path)

    def of(text):
        (tmp_path / "fit.yaml").write_text(text)
        (tmp_path / "churnwatch.yaml").write_text("include: fit.yaml\n")
        return load_settings().pipeline()

    return of


def test_a_worker_that_includes_it_is_told_what_was_learnt(included):
    assert included(fragment(FIT, SETTINGS, BETTER, SETTINGS.inactivity)) == LEARNT.of(SETTINGS)


def test_a_chosen_level_is_told_with_its_critical_one(included):
    rule = with_level(SETTINGS.inactivity, 0.55)
    assert included(fragment(FIT, SETTINGS, BETTER, rule)).inactivity == rule
    assert rule.critical_level == 0.786  # 3 x .55 / (1 + 2 x .55)


def test_the_head_says_of_whom_when_and_how_well():
    """All who left scored above all who stayed; a bin for each customer, .1 off each."""
    head = fragment(FIT, SETTINGS, BETTER, SETTINGS.inactivity).splitlines()[:3]
    assert head == [
        "# Learnt by `churnwatch fit` from 1234 customers, 2025-01-01 to 2025-07-20.",
        "# On customers and times not learnt from: area 1.000, error 0.100;",
        "# against the hiatus +0.021 (+0.004 to +0.038).",
    ]


def test_a_hiatus_is_told_with_its_days(included):
    rule = with_hiatus(SETTINGS.inactivity, 31.0)
    assert included(fragment(FIT, SETTINGS, WORSE, rule)).inactivity == rule


def test_a_level_that_was_not_chosen_is_left_to_the_settings():
    """So that a worker's own is not overwritten."""
    assert "level" not in fragment(FIT, SETTINGS, BETTER, SETTINGS.inactivity)
