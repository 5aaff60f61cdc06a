"""Decaying sums, against the sum that defines them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import loads
from pipeline.frustration_settings import CAUSES, FrustrationSettings
from pipeline.rows import CAUSE, LOADS, row_dtype
from pipeline.settings import WindowSettings
from tests.pipeline.harness import at
from tests.pipeline.strategies import examples

CONFIG = FrustrationSettings()
events = st.lists(
    st.tuples(st.floats(0, 500), st.integers(0, LOADS - 1), st.floats(0, 3)), max_size=30
)


@examples(200)
@given(events, st.floats(0, 500))
def test_against_the_sum(events, later):
    """load_c(t) = sum of s_i 2^(-(t - t_i) / h_c), in whatever order events arrive."""
    half_lives = loads.half_lives(CONFIG)
    rows = np.zeros(1, row_dtype(WindowSettings()))
    for when, cause, severity in events:
        added = np.zeros((1, LOADS))
        added[0, cause] = severity
        loads.add(rows, half_lives, np.array([at(when)]), added)
    now = max((when for when, _, _ in events), default=0.0) + later
    expected = [
        sum(s * 2 ** (-(now - when) / half_lives[c]) for when, other, s in events if other == c)
        for c in range(LOADS)
    ]
    got = loads.decayed(rows, half_lives, np.array([at(now)]))[0]
    assert got == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(
    ("cause", "half_life_days", "weight"),
    [
        ("delivery", 30, 1.0),
        ("waiting", 14, 1.0),
        ("service", 30, 1.0),
        ("contact", 14, 0.5),
        ("order", 30, 0.0),
        ("price", 90, 0.4),
        ("handover", 60, 0.4),
        ("promise", 30, 0.7),
    ],
)
def test_defaults_are_those_of_the_model(cause, half_life_days, weight):
    """MODELS 4, table of causes."""
    assert CAUSES[CAUSE[cause]] == cause
    assert loads.half_lives(CONFIG)[CAUSE[cause]] == half_life_days
    assert loads.weights(CONFIG)[CAUSE[cause]] == weight
