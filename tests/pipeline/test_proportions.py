"""Intervals of proportions against the published examples."""

import pytest

from pipeline.errors import SettingError
from pipeline.proportions import detectable_difference, newcombe, wilson


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_table_1_of_newcombe_1998(hits, n, low, high):
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("hits", "n", "other_hits", "other_n", "low", "high"),
    [
        pytest.param(56, 70, 48, 80, 0.0524, 0.3339, id="a"),
        pytest.param(9, 10, 3, 10, 0.1705, 0.8090, id="b"),
        pytest.param(6, 7, 2, 7, 0.0582, 0.8062, id="c"),
        pytest.param(5, 56, 0, 29, -0.0381, 0.1926, id="d"),
        pytest.param(0, 10, 0, 20, -0.1611, 0.2775, id="e"),
        pytest.param(0, 10, 0, 10, -0.2775, 0.2775, id="f"),
        pytest.param(10, 10, 0, 20, 0.6791, 1.0000, id="g"),
        pytest.param(10, 10, 0, 10, 0.6075, 1.0000, id="h"),
    ],
)
def test_differences_give_method_10_of_table_2(hits, n, other_hits, other_n, low, high):
    assert newcombe(hits, n, other_hits, other_n) == pytest.approx((low, high), abs=5e-5)


def test_nothing_is_known_of_an_empty_group():
    assert wilson(0, 0) == (0, 1)
    assert newcombe(0, 0, 3, 10) == (-1, 1)


@pytest.mark.parametrize(
    ("controls", "treated"),
    [pytest.param(870, 7830, id="a tenth"), pytest.param(1570, 1570, id="a half")],
)
def test_five_points_at_a_base_of_a_half_take_so_many(controls, treated):
    assert detectable_difference(controls, treated, 0.5) == pytest.approx(0.05, abs=1e-4)


@pytest.mark.parametrize("counts", [(5, 3), (-1, 3)])
def test_counts_that_are_none_are_refused(counts):
    with pytest.raises(SettingError, match="wants 0 <= hits <= n"):
        wilson(*counts)


def test_a_group_of_nobody_detects_nothing():
    with pytest.raises(SettingError, match="wants at least 1 each"):
        detectable_difference(0, 10, 0.5)
