"""Windowed counts, against a list of everything that happened."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import windows
from pipeline.rows import row_dtype
from pipeline.settings import WindowSettings
from tests.pipeline.harness import at
from tests.pipeline.strategies import examples

events = st.lists(
    st.tuples(st.integers(0, 400), st.booleans(), st.booleans(), st.booleans()), max_size=40
)


@examples(200)
@given(events, st.integers(1, 9), st.integers(2, 6), st.integers(0, 60))
def test_totals_are_those_of_the_last_buckets(events, bucket_days, buckets, later):
    """At the newest event and later, whatever the order of arrival."""
    config = WindowSettings(bucket_days=bucket_days, buckets=buckets)
    rows = np.zeros(1, row_dtype(config))
    for day, *what in events:
        windows.add(config, rows, np.array([at(day)]), [np.array([counts]) for counts in what])
    now = max((day for day, *_ in events), default=0) + later
    bucket = at(now) // at_width(bucket_days)
    inside = [e for e in events if at(e[0]) // at_width(bucket_days) > bucket - buckets]
    expected = [sum(event[1 + series] for event in inside) for series in range(3)]
    assert windows.totals(config, rows, np.array([at(now)]))[0].tolist() == expected


def at_width(bucket_days):
    return bucket_days * 86_400_000


def test_a_count_stops_at_what_a_row_can_hold():
    config = WindowSettings()
    rows = np.zeros(1, row_dtype(config))
    yes = [np.array([True])] * 3
    windows.add(config, rows, np.array([at(0)]), yes)
    rows["windows"][rows["windows"] > 0] = 255
    windows.add(config, rows, np.array([at(0)]), yes)
    assert windows.totals(config, rows, np.array([at(0)]))[0].tolist() == [255] * 3


@pytest.mark.parametrize(("day", "count"), [(0, 1), (84, 1), (98, 0)])
def test_a_quarter_is_thirteen_weeks(day, count):
    """2024-01-01 lies in the week of the epoch's Thursdays: a count stays for 13 of them."""
    config = WindowSettings()
    rows = np.zeros(1, row_dtype(config))
    windows.add(config, rows, np.array([at(0)]), [np.array([True])] * 3)
    assert windows.totals(config, rows, np.array([at(day)]))[0].tolist() == [count] * 3
