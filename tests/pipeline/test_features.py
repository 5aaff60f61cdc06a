"""Features of rows, each by its definition, worked out with `math` alone."""

from math import log

import numpy as np
import pytest

from pipeline.churn_settings import FEATURES
from pipeline.features import LOGIT_MAX, Known, features
from pipeline.order_model import OrderModel
from tests.pipeline.customers import NAN, customers, spread
from tests.pipeline.harness import at

NOBODY = customers([])


def of(rows, silence_days, load=0.0, mean=NAN, model=None, within_days=28.0):
    known = Known.of(rows, np.full(len(rows), mean))
    silence = np.full(len(rows), float(silence_days))
    return features(known, model or OrderModel(), silence, np.full(len(rows), load), within_days)


def test_every_accepted_name_is_computed():
    """Else a weight that the settings accept would stop a worker."""
    assert sorted(of(NOBODY, 1.0)) == sorted(FEATURES)


def test_lp0_is_the_logit_of_the_published_probability():
    """Default parameters, x 5, tx 300, T 360, t 90: P is .388300 (MODELS, section 8)."""
    got = of(customers(spread(6, 300)), 60.0, within_days=90.0)["lp0"]
    assert got == pytest.approx([log(0.388300 / 0.611700)], abs=1e-5)


@pytest.mark.parametrize(
    ("model", "silence", "expected"),
    [
        pytest.param(OrderModel(a=1e9, b=1e-3), 10.0, LOGIT_MAX, id="surely gone"),
        pytest.param(OrderModel(r=1e4, alpha_days=1.0, a=1e-9), 0.0, -LOGIT_MAX, id="surely back"),
    ],
)
def test_lp0_stays_within_its_bounds(model, silence, expected):
    assert of(customers([(0, NAN)]), silence, model=model)["lp0"].tolist() == [expected]


def test_rhythm():
    """Silent for 30 days: ln(1 + 30/60). Five repeats: ln 6. One order is a kind of its own."""
    got = of(customers(spread(6, 300), [(0, NAN)], []), 30.0)
    assert got["silence"] == pytest.approx([log(1.5)] * 3)
    assert got["count"] == pytest.approx([log(6), 0.0, 0.0])
    assert got["one_time"].tolist() == [0.0, 1.0, 0.0]
    assert got["lp0"][2] == 0.0  # who never ordered has no order model


@pytest.mark.parametrize(
    ("amounts", "mean", "order_value", "last_value"),
    [
        pytest.param((10.0, 30.0), 41.0, log(21 / 42), log(31 / 21), id="half of what others pay"),
        pytest.param((30.0, 10.0), 20.0, 0.0, log(11 / 21), id="as others, the last was smaller"),
        pytest.param((10.0, 30.0), NAN, 0.0, log(31 / 21), id="population not known"),
        pytest.param((NAN, NAN), 20.0, 0.0, 0.0, id="amounts not known"),
        pytest.param((NAN, 9.0), 19.0, log(10 / 20), 0.0, id="one amount known: its own mean"),
    ],
)
def test_order_values(amounts, mean, order_value, last_value):
    got = of(customers(list(zip((0, 40), amounts, strict=True))), 5.0, mean=mean)
    assert got["order_value"] == pytest.approx([order_value])
    assert got["last_value"] == pytest.approx([last_value], abs=1e-12)


def test_trouble_is_minus_the_load():
    assert of(NOBODY, 5.0, load=0.8)["trouble"].tolist() == [-0.8]


@pytest.mark.parametrize(
    ("failed_ms", "good_ms", "expected"),
    [
        pytest.param(0, 0, 0.0, id="nothing ever went wrong"),
        pytest.param(at(3), 0, 1.0, id="failed, nothing good yet"),
        pytest.param(at(3), at(2), 1.0, id="failed since"),
        pytest.param(at(3), at(4), 0.0, id="made good"),
    ],
)
def test_unresolved(failed_ms, good_ms, expected):
    rows = customers([(0, NAN)])
    rows["failed_ms"], rows["good_ms"] = failed_ms, good_ms
    got = of(rows, 9.0)
    assert got["unresolved"].tolist() == [expected]
    assert got["unresolved_silence"] == pytest.approx([expected * log(10)])
