"""The measures of the detection benchmark, and what the descriptions of the data say of olist."""

import numpy as np
import pytest

from agents.learning.ranking import auc
from benchmarks.detection import olist
from benchmarks.detection.measures import bootstrap
from tests.realdata.convert import data_folder

needs_data = pytest.mark.skipif(
    not data_folder().is_dir(),
    reason=f"the real data is not at {data_folder()}; REAL_EVENT_DATA can name its folder",
)


def mean_of(score, _left):
    return score.mean()


def test_alike_scores_do_not_differ_in_any_resample():
    """Differences are paired: both scores see the same customers, so noise falls out."""
    score = np.random.default_rng(1).random(50)
    left = np.arange(50) % 2 == 0
    _, pairs = bootstrap(auc, {"a": score, "b": score * 2}, left, np.arange(50))
    assert pairs["a", "b"] == (0.0, 0.0, 0.0)


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    score = np.random.default_rng(2).normal(size=2000)
    each, _ = bootstrap(mean_of, {"a": score}, score > 0, np.arange(2000))
    error = score.std() / np.sqrt(2000)
    assert each["a"].value == pytest.approx(score.mean())
    assert each["a"].high - each["a"].low == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_rows_of_one_customer_are_drawn_together():
    """Ten rows each that say the same are no more evidence than one."""
    score = np.random.default_rng(3).normal(size=200)
    ten = np.repeat(score, 10)
    one, _ = bootstrap(mean_of, {"a": score}, score > 0, np.arange(200))
    many, _ = bootstrap(mean_of, {"a": ten}, ten > 0, np.repeat(np.arange(200), 10))
    assert many["a"] == pytest.approx(one["a"])


@needs_data
def test_bad_reviews_of_olist():
    """9.4% on time and 78.5% never delivered, as the description of the data has it."""
    bad = {name: share for name, _, share, *_ in olist.curve()}
    assert bad[olist.ON_TIME] == pytest.approx(0.094, abs=2e-3)
    assert bad[olist.NEVER] == pytest.approx(0.785, abs=2e-3)
