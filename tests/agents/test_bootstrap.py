"""The bootstrap, where theory says what it must give."""

import numpy as np
import pytest

from agents.offline.bootstrap import bootstrap


def test_the_interval_of_a_share():
    """Of 400, half: 1.96 standard errors of .025 either way; the drawing adds its own noise."""
    happened = np.arange(400) < 200
    low, high = bootstrap(lambda which: float(happened[which].mean()), 400)
    assert (low, high) == pytest.approx((0.451, 0.549), abs=0.01)


def test_the_same_customers_are_drawn_for_whatever_is_measured():
    draws = [[], []]
    for some in draws:
        bootstrap(lambda which, some=some: some.append(which.tolist()) or 0.0, 7, resamples=3)
    assert draws[0] == draws[1]


def test_draws_of_which_nothing_is_known_are_passed_over():
    """One in three customers is known: the others are drawn alone now and then."""
    known = np.array([0.5, np.nan, np.nan])

    def mean(which):
        some = known[which][~np.isnan(known[which])]
        return float(some[0]) if len(some) else float("nan")

    assert bootstrap(mean, 3) == (0.5, 0.5)
