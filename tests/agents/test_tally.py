"""Customers gained and lost, counted by hand."""

from agents.offline.ledger import entries
from agents.offline.tally import NO_REASON, Blind, Month, Tally
from pipeline.churn_settings import ChurnLabel
from schemas.activity import Kind
from schemas.base import milliseconds
from tests.agents.ledger_story import activity, alert, day

NOW_MS = milliseconds(day(174))  # 2025-06-29; day 0 is 6 January, day 26 the first of February


def tally(*activities):
    found = Tally()
    found.hear(activities)
    return found


def months(found, label=ChurnLabel.SILENCE):
    return found.months(label, 30, NOW_MS)


def test_silence_beyond_the_horizon_loses_and_an_order_wins_back():
    found = tally(activity("ann", 0), activity("ann", 60), activity("ann", 61))
    assert months(found) == {
        "2025-01": Month(gained=1),
        "2025-02": Month(lost=1),  # day 30
        "2025-03": Month(won_back=1),  # day 60
        "2025-04": Month(lost=1),  # day 91
    }
    assert months(found)["2025-02"].net == -1


def test_where_churn_is_a_farewell_silence_loses_nobody():
    found = tally(activity("ann", 0), activity("bob", 0), activity("bob", 60, Kind.CLOSED))
    assert months(found, ChurnLabel.CLOSED) == {
        "2025-01": Month(gained=2),
        "2025-03": Month(lost=1),
    }


def test_a_farewell_after_a_silence_loses_nobody_twice():
    found = tally(activity("ann", 0), activity("ann", 60, Kind.CLOSED))
    assert sum(month.lost for month in months(found).values()) == 1


def test_who_is_forgotten_is_no_longer_counted():
    found = tally(activity("ann", 0), activity("ann", 9, Kind.FORGET))
    assert months(found) == {}
    assert found.forgotten == {"ann": day(9)}


def test_silence_is_since_the_last_order_before_the_alert():
    found = tally(activity("ann", 9), activity("ann", 2), activity("ann", 40))
    (entry,) = entries([alert("ann", 30)])
    assert found.silence_days(entry) == 21
    assert tally().silence_days(entry) is None


def test_leavers_are_seen_if_an_alert_was_raised_within_a_horizon_before():
    found = tally(
        activity("ann", 50, Kind.CLOSED, note="price"),
        activity("bob", 50, Kind.CLOSED, note="price"),
        activity("cid", 50, Kind.CLOSED),
    )
    told = entries([alert("ann", 20), alert("bob", 19), alert("cid", 51)])
    assert found.blind_spots(told, 30) == [Blind("price", 2, 1), Blind(NO_REASON, 1, 1)]
