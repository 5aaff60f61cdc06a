"""Comparing two settings, on ledgers that can be counted by hand."""

import numpy as np
import pytest

from agents.offline.comparison import Ratio, changes, figure, paired, tuned_hiatus_days
from agents.offline.ledger import entries
from agents.offline.tally import Tally
from schemas.alert import AlertKind
from schemas.base import milliseconds
from tests.agents.ledger_story import activity, alert, day


def test_alerts_are_paired_by_customer_kind_and_time_one_for_one():
    some = entries([alert("ann", 0), alert("ann", 3, alert_id="x"), alert("bob", 0)])
    others = entries([alert("ann", 7), alert("bob", 0, kind=AlertKind.NEGLECT)])
    pairs, lone, left = paired(some, others, days=7)
    assert [(one.alert_id, other.raised) for one, other in pairs] == [("ann/inactivity", day(7))]
    assert [entry.alert_id for entry in lone] == ["bob/inactivity", "x"]
    assert [entry.alert_id for entry in left] == ["bob/neglect"]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param([27], {"same": 1}, id="a week before is the same"),
        pytest.param([26], {"earlier": 1}, id="more is earlier"),
        pytest.param([64], {"later": 1}, id="later, by a horizon at most"),
        pytest.param([65], {"lost": 1, "gained": 1}, id="beyond a horizon it is another"),
        pytest.param([10, 33], {"same": 1, "gained": 1}, id="the same goes before what has moved"),
        pytest.param([], {"lost": 1}, id="none"),
    ],
)
def test_what_becomes_of_an_alert_of_day_34(after, expected):
    before = entries([alert("ann", 34)])
    other = entries([alert("ann", at, alert_id=str(at)) for at in after])
    assert changes(before, other, horizon_days=30) == {AlertKind.INACTIVITY: expected}


def test_a_hiatus_is_tuned_to_as_many_silences():
    tally = Tally()
    tally.hear([activity("ann", at) for at in (0, 10, 40)])  # 10, 30, and 60 to the end
    assert tuned_hiatus_days(tally, 1, milliseconds(day(100))) == 30
    assert tuned_hiatus_days(tally, 2, milliseconds(day(100))) == 10
    assert tuned_hiatus_days(tally, 3, milliseconds(day(100))) is None
    assert tuned_hiatus_days(tally, 0, milliseconds(day(100))) is None


def test_what_is_the_same_on_both_sides_differs_by_nothing_in_every_resample():
    share = Ratio("precision", np.array([1.0, 0, 1, 0]), np.ones(4))
    found = figure(share, share)
    assert (found.value, found.low, found.high) == (0, 0, 0)


def test_the_interval_of_a_share_is_about_its_binomial_one():
    hits = np.repeat([1.0, 0.0], 200)
    found = figure(Ratio("precision", hits, np.ones(400)))
    assert found.value == 0.5
    # 1.96 x sqrt(.25 / 400) = .049
    assert (found.low, found.high) == pytest.approx((0.451, 0.549), abs=0.008)


def test_a_share_of_nothing_is_not_known():
    assert figure(Ratio("precision", np.zeros(2), np.zeros(2))) is None
