"""What intake knows of a feed in event time: watermark, jumps, gaps."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.feed import Feed
from pipeline.settings import FeedSettings
from pipeline.units import HOUR_MS
from schemas.base import INSTANT_MS_MAX
from tests.pipeline.harness import at
from tests.pipeline.strategies import examples

SETTINGS = FeedSettings(idle_hours_max=48.0, jump_hours_max=24.0, jump_confirmations=2)


def read(feed, events):
    """Read events as intake does; return the reports, each with how many came before it."""
    reports, taken = [], 0
    while taken < len(events):
        rest = events[taken:]
        count = feed.read([who for who, _ in rest], [when for _, when in rest])
        taken += count
        if taken < len(events):
            reports.append((taken, feed.report("orders", 0, 1, taken)))
            assert len(reports) <= 4 * len(events), "a feed asks for report after report"
    return reports


def steady(days, per_day=4):
    """Return events of ever other customers, so many a day."""
    return [(f"s{n}", at(n / per_day)) for n in range(round(days * per_day))]


@pytest.mark.parametrize(
    "wrong_ms",
    [
        pytest.param(INSTANT_MS_MAX, id="in the year 9999"),
        pytest.param(at(3.9), id="beyond tomorrow"),
        pytest.param(at(900), id="years ahead"),
    ],
)
def test_one_wrong_date_moves_nothing(wrong_ms):
    """Nor does the same customer again: time is confirmed by others only."""
    feed = Feed(SETTINGS)
    read(feed, [*steady(2), ("x", wrong_ms), ("x", wrong_ms), ("x", wrong_ms + 5)])
    assert feed.watermark_ms == at(1.75)
    read(feed, [("y", at(2))])
    assert feed.watermark_ms == at(2)


def test_what_a_wrong_date_leaves_behind_is_forgotten_when_time_goes_on():
    """Two wrong dates confirm nothing together if time went on between them."""
    feed = Feed(SETTINGS)
    for number, (who, when) in enumerate(steady(20)):
        read(feed, [(who, when)])
        if number in {8, 16, 24, 32}:
            read(feed, [(f"wrong{number}", at(900 + number))])
    assert feed.watermark_ms == at(19.75)


def test_two_other_customers_confirm_a_jump():
    """Time comes as far as the least of the three; the stretch before it is a gap."""
    feed = Feed(SETTINGS)
    read(feed, steady(2))
    feed.report("orders", 0, 1, 8)
    reports = read(feed, [("a", at(7)), ("b", at(6)), ("c", at(6.5)), ("d", at(6.6))])
    assert feed.watermark_ms == at(7)  # a day from there, so in reach
    assert [(before, report.gaps) for before, report in reports if report.gaps] == [
        (2, [(at(1.75), at(6))])
    ]


def test_time_does_not_lag_behind_for_good_after_a_jump():
    """One event a day: once the jump to day 3 is confirmed, days 4 and 5 are in reach of it."""
    feed = Feed(SETTINGS)
    read(feed, [*steady(2), ("a", at(3)), ("b", at(4)), ("c", at(5))])
    assert feed.watermark_ms == at(5)


def test_a_pause_within_idle_max_is_no_gap():
    feed = Feed(SETTINGS)
    reports = read(feed, [("a", at(0)), ("b", at(1)), ("c", at(2)), ("d", at(3))])
    assert [r.gaps for _, r in reports if r.gaps] == [[(0, at(0))]]
    assert feed.watermark_ms == at(3)


events = st.lists(
    st.tuples(st.sampled_from("abcdefg"), st.sampled_from([-30, 0, 1, 10, 23, 30, 60, 200])),
    max_size=40,
)


def timed(drawn):
    result, hour = [], 0
    for who, step in drawn:
        hour = max(hour + step, 0)
        result.append((who, at(0, hour)))
    return result


@examples(200)
@given(st.lists(st.sampled_from([0, 1, 10, 23, 30, 60, 200]), max_size=40), st.integers(1, 3))
def test_gaps_are_those_between_consecutive_events(steps, confirmations):
    """Each is told before any event beyond it, but for those that had to confirm it."""
    settings = FeedSettings(
        idle_hours_max=12.0, jump_hours_max=24.0, jump_confirmations=confirmations
    )
    feed, hours = Feed(settings), list(accumulate(steps))
    reports = read(feed, [(f"c{n}", at(0, hour)) for n, hour in enumerate(hours)])
    told = [gap for _, report in reports for gap in report.gaps]
    marks = [hour for hour in hours if at(0, hour) <= feed.watermark_ms]
    gaps = [(at(0, a), at(0, b)) for a, b in pairwise(marks) if b - a > 12]
    assert told == [(0, at(0, hour)) for hour in hours[:1]] + gaps
    for before, report in reports:
        for _, end in report.gaps:
            beyond = [hour for hour in hours[:before] if at(0, hour) >= end]
            assert len(beyond) <= confirmations


@examples(200)
@given(events)
def test_what_is_far_beyond_the_last_report_comes_after_another(drawn):
    """Whoever folds the log knows the watermark to within a jump, wrong dates left out."""
    feed, events = Feed(SETTINGS), timed(drawn)
    reports = read(feed, events)
    for place in range(len(events)):
        said_ms = max(report.watermark for before, report in reports if before <= place)
        true_ms = watermark_after(events[:place])
        assert said_ms >= true_ms or events[place][1] <= said_ms + 24 * HOUR_MS


def watermark_after(events):
    feed = Feed(SETTINGS)
    read(feed, events)
    return feed.watermark_ms


@examples(200)
@given(events)
def test_how_events_are_chunked_changes_nothing(drawn):
    """The quick way through a batch comes to what the events one by one come to."""
    whole, single = Feed(SETTINGS), Feed(SETTINGS)
    events = timed(drawn)
    together = read(whole, events)
    apart = []
    for place, event in enumerate(events):
        while not single.read([event[0]], [event[1]]):
            apart.append((place, single.report("orders", 0, 1, place)))
    assert together == apart
    assert whole.watermark_ms == single.watermark_ms
    assert whole.report("orders", 0, 1, 0) == single.report("orders", 0, 1, 0)
