"""Which model is asked of a worker's rows, with the load and the currency that are theirs."""

from math import exp, log

import numpy as np
import pytest

from pipeline.churn_settings import ChurnLabel, ChurnModel
from pipeline.detectors.frustration import Frustration
from pipeline.frustration_settings import CAUSES, FrustrationSettings
from pipeline.inactivity_settings import InactivityRule, InactivitySettings
from pipeline.interning import Interned
from pipeline.prospects import Prospects
from pipeline.rows import CAUSE
from pipeline.settings import PipelineSettings, ValueSettings
from tests.pipeline.customers import NAN, customers, spread, whole_days
from tests.pipeline.harness import at

NOW = 360.0


def prospects(texts=None, **parts):
    config = PipelineSettings(**parts)
    return Prospects(config, Frustration(config.frustration), texts or Interned())


def asked(of, rows, silence_days, open_now=None):
    """Return probability and parts at day 360."""
    count = len(rows)
    waits = np.zeros((count, len(CAUSES))) if open_now is None else open_now
    given = (rows, whole_days(*[silence_days] * count), np.full(count, at(NOW)), waits)
    return of.probability(*given), of.parts(*given)


def troubled(*histories, service=1.0):
    """Return rows that carry a failed service of today, judged to be in the first stage."""
    rows = customers(*histories)
    rows["loads"][:, CAUSE["service"]] = service
    rows["touched_ms"] = at(NOW)
    rows["stage"] = 1
    return rows


def test_by_orders_alone_trouble_counts_for_nothing():
    """The published .388300 within 90 days, whatever happened; never ordered: not known."""
    of = prospects(inactivity=InactivitySettings(rule=InactivityRule.ORDER_MODEL))
    p, parts = asked(of, troubled(spread(6, 300), []), 60)
    assert p == pytest.approx([0.388300, NAN], abs=1e-6, nan_ok=True)
    assert parts[0].sum() == pytest.approx(p[0])
    assert parts[0][2] == 0.0
    assert parts[0][1] > 0.0


def test_the_load_of_a_row_fades_along_the_steps():
    """Weight 1 and half-life 30 days: the log-odds of ordering are -1, a step later -1/2."""
    model = ChurnModel(fitted=True, step_days=30.0, intercept=0.0, weights={"trouble": 1.0})
    of = prospects(churn_model=model, inactivity=InactivitySettings(horizon_days=60.0))
    p, parts = asked(of, troubled([(0, NAN)]), 10)
    expected = 1 / (1 + exp(-1.0)) / (1 + exp(-0.5))
    assert p == pytest.approx([expected])
    assert parts == pytest.approx(np.array([[0.25, 0.0, expected - 0.25]]))
    assert of.is_calibrated


def test_what_waits_adds_to_the_load_at_every_step():
    """A late order of severity 1/2 waits on: it does not fade while it is open."""
    model = ChurnModel(fitted=True, step_days=30.0, intercept=0.0, weights={"trouble": 1.0})
    of = prospects(churn_model=model, inactivity=InactivitySettings(horizon_days=60.0))
    waits = np.zeros((1, len(CAUSES)))
    waits[0, CAUSE["waiting"]] = 0.5
    p, _ = asked(of, troubled([(0, NAN)], service=0.0), 10, waits)
    assert p == pytest.approx([1 / (1 + exp(-0.5)) ** 2])


def test_purchases_buffer_the_load():
    """N = 3 good purchases: endurance times 1 + ln(4)/2, and the load bears as much less."""
    rows = troubled([(0, NAN)])
    rows["loads"][:, len(CAUSES)] = 3.0
    buffered = FrustrationSettings(purchase_buffer=0.5)
    p, _ = asked(prospects(churn_label=ChurnLabel.CLOSED, frustration=buffered), rows, 10)
    eta = -2.5 + 1 / (1 + 0.5 * log(4))
    assert p == pytest.approx([1 / (1 + exp(-eta))])


def test_each_is_compared_with_the_population_of_her_currency():
    """Also in a currency that the table meets later; unknown is neither dear nor cheap."""
    texts = Interned()
    model = ChurnModel(fitted=True, intercept=0.0, weights={"order_value": 1.0})
    values = {"EUR": ValueSettings(mean_amount=9.0), "JPY": ValueSettings(mean_amount=999.0)}
    inactivity = InactivitySettings(horizon_days=28.0)
    of = prospects(texts, churn_model=model, values=values, inactivity=inactivity)
    rows = customers(*[[(0, 99.0)]] * 4)
    first = texts.codes(["EUR", "USD"])
    rows["currency"][:2] = first
    rows["currency"][2:] = first[0]
    assert of.population_mean(rows).tolist()[2:] == [9.0, 9.0]
    rows["currency"][2], rows["currency"][3] = texts.codes(["JPY"])[0], 0
    p, _ = asked(of, rows, 10)
    # The odds of an order are 100/10 in euro, 100/1000 in yen.
    assert p == pytest.approx([1 / 11, 0.5, 1 / 1.1, 0.5])
