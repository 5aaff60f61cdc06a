"""Instants and lengths in plain words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dates import instants, plain_date, plain_days
from pipeline.units import DAY_MS
from schemas.base import INSTANT_MS_MAX, INSTANT_MS_MIN, instant
from tests.pipeline.harness import at


@pytest.mark.parametrize(
    ("day", "seen_from", "words"),
    [
        pytest.param(0, 300, "1 Jan", id="this year"),
        pytest.param(59, 0, "29 Feb", id="a leap day, seen from before"),
        pytest.param(152, 200, "1 June", id="a long month's name"),
        pytest.param(-1, 0, "31 Dec 2023", id="last year"),
        pytest.param(366, 365.9, "1 Jan 2025", id="next year"),
        pytest.param(0.99999, 300, "1 Jan", id="the last second of a day"),
    ],
)
def test_a_day_is_told_with_its_year_only_if_it_is_another(day, seen_from, words):
    assert plain_date(at(day), at(seen_from)) == words


def test_days_are_those_of_utc():
    assert plain_date(DAY_MS - 1, 0) == "1 Jan"
    assert plain_date(DAY_MS, 0) == "2 Jan"


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0.0, "less than an hour"),
        (0.04, "less than an hour"),
        (1 / 24, "1 hour"),
        (0.09, "2 hours"),
        (0.1, "0.1 days"),
        (0.5, "0.5 days"),
        (0.96, "1 day"),
        (1.0, "1 day"),
        (1.04, "1 day"),
        (1.06, "1.1 days"),
        (2.0, "2 days"),
        (9.94, "9.9 days"),
        (9.96, "10 days"),
        (10.4, "10 days"),
        (100.0, "100 days"),
    ],
)
def test_a_length_is_told_in_tenths_below_ten_days(days, words):
    assert plain_days(days) == words


@given(st.lists(st.integers(INSTANT_MS_MIN, INSTANT_MS_MAX)))
def test_many_instants_are_told_as_one_is(at_ms):
    assert instants(np.array(at_ms, np.int64)) == [instant(each) for each in at_ms]
