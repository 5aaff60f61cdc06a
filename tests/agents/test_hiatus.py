"""The hiatus that a fit keeps, on silences that are counted by hand.

The level is a half and the horizon ten days. Silences begin on day 1, after orders on two days, and
the cut is on day 100.
"""

import pytest

from agents.learning.hiatus import tuned_days
from agents.learning.snapshots import half_of
from agents.offline.history import History
from pipeline.churn_settings import ChurnLabel
from pipeline.inactivity_settings import InactivitySettings
from pipeline.settings import PipelineSettings
from schemas.activity import Kind
from schemas.base import milliseconds
from tests.agents.ledger_story import activity, day

LEARNT, JUDGED = (
    [who for who in (f"c-{n}" for n in range(400)) if half_of(who) == half] for half in (0, 1)
)


def settings(label=ChurnLabel.SILENCE):
    rule = InactivitySettings(horizon_days=10.0, level=0.5)
    return PipelineSettings(inactivity=rule, churn_label=label)


def days_of(stories, label=ChurnLabel.SILENCE, cut=100):
    """Return the hiatus, of events by customer, as (day, kind), after orders on days 0 and 1."""
    events = [
        activity(who, at, kind)
        for who, story in stories.items()
        for at, kind in [(0, Kind.ORDER_PLACED), (1, Kind.ORDER_PLACED), *story]
    ]
    events.sort(key=lambda each: each.occurred_at)
    return tuned_days(History(events, ("orders",)), settings(label), milliseconds(day(cut)))


def pauses(*pairs, back=Kind.ORDER_PLACED):
    """Return stories of learnt customers: so many of them pause for so many days, None for ever."""
    waiting = iter(LEARNT)
    return {
        next(waiting): [] if days is None else [(1 + days, back)]
        for count, days in pairs
        for _ in range(count)
    }


def test_the_fewest_days_from_which_on_a_half_left():
    """Of 60 who were silent for 5 days 20 left: too few; of 40 for 8 days, 20."""
    some = pauses((20, None), (20, 7.5), (20, 8.5))
    # Who came back is silent from then on, for good: of those no horizon is to be known.
    assert days_of(some, cut=1 + 8 + 10) == 8


def test_the_silence_after_a_return_counts_as_well():
    """40 return on day 3 and stay away: of 80 silences that reached a day, 40 lasted."""
    assert days_of(pauses((40, 2.0))) == 1


def test_who_is_judged_teaches_nothing():
    """All who are learnt from come back on the same day; all who are judged stay away."""
    steady = {who: [(day, Kind.ORDER_PLACED) for day in range(2, 101)] for who in LEARNT[:40]}
    assert days_of(steady | {who: [] for who in JUDGED[:100]}) is None


def test_what_comes_after_the_cut_is_not_known():
    """A day of silence and a horizon are over on day 12; they come back on day 12.5."""
    assert days_of(pauses((40, 11.5)), cut=11.9) is None
    assert days_of(pauses((40, 11.5)), cut=12.0) == 1


def test_29_silences_are_too_few_to_speak_of_a_share():
    assert days_of(pauses((29, None))) is None
    assert days_of(pauses((30, None))) == 1


def test_one_time_buyers_and_who_was_acted_on_by_the_cut_are_left_out():
    acted = {who: [(50, Kind.ACKNOWLEDGED)] for who in LEARNT[:40]}
    assert days_of(acted, cut=51) is None
    assert days_of(acted, cut=49) == 1
    once = [activity(who, 0) for who in LEARNT[:40]]
    assert tuned_days(History(once, ("orders",)), settings(), milliseconds(day(100))) is None


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(14.5, 5, id="seen within ten days from the fifth day on"),
        pytest.param(0.5, None, id="gone before a day was over"),
    ],
)
def test_where_churn_is_a_farewell_it_has_to_come_within_the_horizon(after, expected):
    assert days_of(pauses((40, after), back=Kind.CLOSED), ChurnLabel.CLOSED) == expected
