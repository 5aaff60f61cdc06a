"""Value at risk: worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.value import shrunk_mean, value_at_risk

NAN = float("nan")


@pytest.mark.parametrize(
    ("count", "mean", "population_mean", "kappa", "expected"),
    [
        pytest.param(3, 40.0, 20.0, 2.0, 32.0, id="(3*40 + 2*20) / 5"),
        pytest.param(1, 90.0, 30.0, 1.0, 60.0, id="one order counts half at kappa 1"),
        pytest.param(0, NAN, 20.0, 2.0, 20.0, id="no order: the population's mean"),
        pytest.param(0, 0.0, 20.0, 0.0, 20.0, id="no order and kappa 0: still the population's"),
        pytest.param(4, 50.0, 20.0, 0.0, 50.0, id="kappa 0: her own mean"),
        pytest.param(4, 50.0, NAN, 3.0, 50.0, id="population unknown: her own mean"),
        pytest.param(0, NAN, NAN, 3.0, NAN, id="nothing known is not zero"),
    ],
)
def test_shrunk_mean(count, mean, population_mean, kappa, expected):
    got = shrunk_mean([count], [mean], [population_mean], [kappa])
    assert got == pytest.approx([expected], nan_ok=True)


def test_each_customer_is_drawn_to_her_own_currency():
    """One euro and one yen customer, alike but for the means of their currencies."""
    got = shrunk_mean([1, 1], [10.0, 10.0], [30.0, 5000.0], [1.0, 3.0])
    assert got == pytest.approx([20.0, (10 + 3 * 5000) / 4])


@given(st.integers(1, 10_000), st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e4))
def test_the_shrunk_mean_lies_between_the_two(count, mean, population_mean, kappa):
    got = shrunk_mean([count], [mean], population_mean, kappa)[0]
    low, high = sorted((mean, population_mean))
    assert low - 1e-9 * high <= got <= high * (1 + 1e-9)


def test_value_at_risk():
    """32 a time, 1.5 orders to come, gone with probability 1/4: 12; unknown stays unknown."""
    got = value_at_risk([32.0, NAN, 32.0], [1.5, 1.5, 0.0], [0.25, 0.25, 1.0])
    assert np.array_equal(got, [12.0, NAN, 0.0], equal_nan=True)
