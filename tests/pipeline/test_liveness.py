"""Dead time of a source, against the gaps between consecutive events of all its partitions."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.feed import Feed
from pipeline.liveness import Liveness
from pipeline.settings import FeedSettings
from pipeline.units import HOUR_MS
from tests.pipeline.harness import at
from tests.pipeline.strategies import examples

IDLE_HOURS = 10
hours = st.lists(st.integers(0, 200), min_size=1, max_size=12).map(sorted)
sources = st.lists(hours, min_size=1, max_size=3)
settings = FeedSettings(idle_hours_max=IDLE_HOURS, jump_hours_max=1e4)


def heard(partitions, order=None):
    """Return what a Liveness knows after each partition has read its events."""
    liveness = Liveness(IDLE_HOURS * HOUR_MS)
    feeds = [Feed(settings) for _ in partitions]
    waiting = [[at(0, hour) for hour in hours] for hours in partitions]
    for number in order or range(len(partitions)):
        feed, times = feeds[number], waiting[number]
        while times:
            del times[: feed.read(["c"] * len(times), times)]
            report = feed.report("orders", number, len(partitions), 0)
            liveness.report(number, report.watermark, report.gaps)
    return liveness


def gaps(partitions):
    """Return the gaps of the union, from the definition."""
    union = sorted({hour for hours in partitions for hour in hours})
    return [(at(0, a), at(0, b)) for a, b in pairwise(union) if b - a > IDLE_HOURS]


def alive(dead, since, until):
    """Return the alive time of a stretch, from the definition."""
    return until - since - sum(max(0, min(b, until) - max(a, since)) for a, b in dead)


@examples(200)
@given(sources, st.randoms())
def test_dead_is_where_no_partition_had_an_event_for_too_long(partitions, random):
    """Whichever partition is read first: what is known in the end is the same."""
    order = list(range(len(partitions)))
    random.shuffle(order)
    assert heard(partitions, order).dead() == gaps(partitions)


@examples(200)
@given(sources, st.integers(-10, 220), st.integers(0, 100))
def test_alive_time_leaves_the_dead_out(partitions, since, length):
    since_ms, until_ms = at(0, since), at(0, since + length)
    got = heard(partitions).alive_ms(np.array([since_ms]), np.array([until_ms]))
    assert got.tolist() == [alive(gaps(partitions), since_ms, until_ms)]


@examples(200)
@given(sources, st.integers(-10, 220), st.integers(1, 100 * HOUR_MS))
def test_after_is_the_first_instant_with_so_much_alive_time(partitions, since, alive_ms):
    since_ms, dead = at(0, since), gaps(partitions)
    after_ms = int(heard(partitions).after(np.array([since_ms]), np.array([alive_ms]))[0])
    assert alive(dead, since_ms, after_ms) == alive_ms
    assert alive(dead, since_ms, after_ms - 1) == alive_ms - 1


@pytest.mark.parametrize(
    ("partitions", "dead_hours"),
    [
        pytest.param([[0, 50]], [(0, 50)], id="one partition, one gap"),
        pytest.param([[0, 10, 20]], [], id="a gap of just idle_max is none"),
        pytest.param([[0, 50], [20, 30]], [(0, 20), (30, 50)], id="another one lived for a while"),
        pytest.param([[0, 60], [100]], [(0, 60), (60, 100)], id="one that begins later"),
        pytest.param([[0, 60], [5, 9, 14, 23, 32, 40, 49, 58]], [], id="another one lived on"),
    ],
)
def test_gaps(partitions, dead_hours):
    assert heard(partitions).dead() == [(at(0, a), at(0, b)) for a, b in dead_hours]


def test_what_a_partition_says_next_can_show_that_none_was_dead():
    """From hour 0 to 11 it looked so, until an event of hour 1 was read: ten hours are no gap."""
    assert heard([[0, 1], [11]], order=[1, 0]).dead() == []


def test_the_time_since_the_newest_event_is_not_judged():
    """Only the next event can tell whether the source is dead; until then it counts as alive."""
    got = heard([[0, 5]]).alive_ms(np.array([at(0, 5)]), np.array([at(9)]))
    assert got.tolist() == [at(9) - at(0, 5)]


@pytest.mark.parametrize("read", [2, 3], ids=["before it is heard again", "afterwards"])
def test_a_source_is_believed_for_as_long_as_it_may_be_idle(read):
    """Its events are at 0, 5 and 50 hours; ten hours it may be idle."""
    liveness = heard([[0, 5, 50][:read]])
    instants = np.array([at(0, hour) for hour in (3, 12, 15, 16, 49)])
    newest_ms = np.full(5, at(0, 5))
    believed = liveness.believed_ms(instants, newest_ms)
    assert believed.tolist() == [at(0, hour) for hour in (3, 12, 15, 15, 15)]


def test_a_source_that_was_never_heard_of_holds_nothing_up():
    liveness = Liveness(IDLE_HOURS * HOUR_MS)
    assert liveness.believed_ms(np.array([at(9)]), np.zeros(1, np.int64)).tolist() == [at(9)]


def test_a_report_said_again_changes_nothing():
    liveness = heard([[0, 50, 55]])
    assert liveness.report(0, at(0, 50), [(at(0, 0), at(0, 50))]) == 0
    assert liveness.dead() == [(at(0, 0), at(0, 50))]


def test_a_reader_that_forgot_where_it_was_makes_nothing_dead():
    """It reports as if the source had begun now: only the gap since what is known counts."""
    liveness = heard([[0, 5]])
    liveness.report(0, at(0, 8), [(0, at(0, 8))])
    assert liveness.dead() == []
    liveness.report(0, at(0, 48), [(0, at(0, 48))])
    assert liveness.dead() == [(at(0, 8), at(0, 48))]


def test_time_found_alive_is_told():
    """Partition 0 pauses from hour 0 to 60; that partition 1 lived to 40 is known only later."""
    liveness = Liveness(IDLE_HOURS * HOUR_MS)
    liveness.report(0, at(0, 0), [(0, at(0, 0))])
    liveness.report(1, at(0, 0), [(0, at(0, 0))])
    assert liveness.report(0, at(0, 60), [(at(0, 0), at(0, 60))]) == 0
    assert liveness.dead() == [(at(0, 0), at(0, 60))]
    assert liveness.report(1, at(0, 40), []) == 40 * HOUR_MS
    assert liveness.dead() == [(at(0, 40), at(0, 60))]


@examples(50)
@given(sources)
def test_restored_knows_the_same(partitions):
    liveness = heard(partitions)
    again = Liveness(IDLE_HOURS * HOUR_MS)
    again.restore(liveness.state())
    assert again.dead() == liveness.dead()
    assert again.newest_ms == liveness.newest_ms
