"""Ranking and calibration, by hand and by what a perfect model must give."""

from math import log

import numpy as np
import pytest

from agents.learning.ranking import (
    auc,
    calibration_error,
    calibration_error_by_chance,
    calibration_line,
    precision_at,
)


def yes_no(text):
    return np.array([each == "1" for each in text])


@pytest.mark.parametrize(
    ("score", "happened", "expected"),
    [
        pytest.param([3, 2, 2, 1], "1100", 3.5 / 4, id="3 > 2, 3 > 1, 2 > 1, and 2 = 2 half"),
        pytest.param([1, 2, 3, 4], "1100", 0.0, id="the wrong way round"),
        pytest.param([5, 5, 5], "100", 0.5, id="all tied"),
        pytest.param([1, 2], "11", np.nan, id="nobody stayed"),
    ],
)
def test_auc(score, happened, expected):
    got = auc(np.array(score, float), yes_no(happened))
    assert got == pytest.approx(expected, nan_ok=True)


def test_precision_of_the_highest_fifth():
    score = np.arange(10.0)
    assert precision_at(score, yes_no("1111111101"), 0.2) == 0.5


def test_calibration_error_of_two_bins():
    """Said .2 where .5 came, said .7 where 1 came: each .3 off."""
    p = np.array([0.2, 0.2, 0.7, 0.7])
    assert calibration_error(p, yes_no("0111"), bins=2) == pytest.approx(0.3)


def test_the_line_of_a_model_that_is_too_sure():
    """Said odds of 9 and 1/9 where odds of 3 and 1/3 came: slope ln 3 / ln 9 = 1/2."""
    p = np.repeat([0.9, 0.1], 400)
    happened = np.concatenate([np.arange(400) < 300, np.arange(400) < 100])
    intercept, slope = calibration_line(p, happened)
    assert intercept == pytest.approx(0.0, abs=1e-6)
    assert slope == pytest.approx(0.5, abs=1e-6)


def test_the_intercept_of_a_model_that_says_too_little():
    """Always 1/2 said, 3/4 came: the log-odds lack ln 3."""
    intercept, _ = calibration_line(np.full(400, 0.5), np.arange(400) < 300)
    assert intercept == pytest.approx(log(3))


def test_the_intercept_of_a_model_that_says_next_to_nothing():
    """Always one in ten million said, 1/4 came: the log-odds lack ln(1e7 / 3)."""
    intercept, _ = calibration_line(np.full(400, 1e-7), np.arange(400) < 100)
    assert intercept == pytest.approx(log((1e7 - 1) / 3))


def test_the_slope_is_infinite_where_the_scores_part_all_who_left_from_all_who_stayed():
    _, slope = calibration_line(np.array([0.1, 0.2, 0.2, 0.3]), yes_no("0011"))
    assert slope == np.inf


@pytest.mark.parametrize(("count", "expected"), [(1500, 0.026), (7000, 0.012)])
def test_error_by_chance(count, expected):
    """What was computed for a perfect model (MODELS, section 5), at chances spread evenly."""
    p = (np.arange(count) + 0.5) / count
    assert calibration_error_by_chance(p) == pytest.approx(expected, abs=0.003)


def test_a_line_through_far_too_sure_scores():
    """Odds of e^20 and e^-20, of which .6 and .4 happen: the line goes through +-ln 1.5."""
    p = 1 / (1 + np.exp(np.repeat([-20.0, 20.0], 50)))
    happened = np.r_[np.arange(50) < 30, np.arange(50) < 20]
    _, slope = calibration_line(p, happened)
    assert slope == pytest.approx(log(1.5) / 20.0, rel=1e-3)
