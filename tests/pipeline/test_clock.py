"""What time it is: the time of the slowest feed that has more to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clock import Clock
from schemas.progress import SourceProgress
from tests.pipeline.strategies import examples

TWO = ("orders", "tickets")


def told(clock, *reports):
    """Return the clock's time after (topic, partition, partitions, watermark, live_at)."""
    for topic, partition, partitions, watermark, live_at in reports:
        clock.hear(SourceProgress(topic, partition, partitions, 0, watermark, live_at))
    return clock.now_ms


@pytest.mark.parametrize(
    ("live", "reports", "now_ms"),
    [
        pytest.param(True, [("orders", 0, 1, 50, 90)], 0, id="a topic never heard from holds it"),
        pytest.param(
            True,
            [("orders", 0, 2, 50, 90), ("tickets", 0, 1, 70, 90)],
            0,
            id="a partition never heard from holds it",
        ),
        pytest.param(
            True,
            [("orders", 0, 1, 50, 90), ("tickets", 0, 1, 70, 80)],
            80,
            id="read to the end: wall clock, of the slowest",
        ),
        pytest.param(
            True,
            [("orders", 0, 1, 50, 0), ("tickets", 0, 1, 70, 80)],
            50,
            id="a slow source holds it at its watermark",
        ),
        pytest.param(
            False,
            [("orders", 0, 1, 50, 90), ("tickets", 0, 1, 70, 80)],
            50,
            id="event time: the wall clock is not used",
        ),
        pytest.param(
            True,
            [("orders", 0, 1, 0, 0), ("tickets", 0, 1, 70, 80)],
            0,
            id="one that has read nothing yet holds it",
        ),
        pytest.param(
            True,
            [("orders", 0, 1, 50, 90), ("tickets", 0, 1, 70, 80), ("orders", 0, 1, 50, 0)],
            80,
            id="it never goes back",
        ),
        pytest.param(
            True,
            [("orders", 0, 1, 0, 90), ("tickets", 0, 1, 0, 95), ("other", 0, 1, 5, 0)],
            90,
            id="topics that are no source do not count",
        ),
    ],
)
def test_clock(live, reports, now_ms):
    assert told(Clock(TWO, live=live), *reports) == now_ms


def test_new_partitions_hold_the_clock_until_heard_from():
    clock = Clock(("orders",), live=True)
    assert told(clock, ("orders", 0, 1, 5, 10)) == 10
    assert told(clock, ("orders", 0, 2, 5, 20)) == 10
    assert told(clock, ("orders", 1, 2, 5, 30)) == 20


def test_a_source_made_anew_holds_the_clock_until_heard_from():
    """Its count of partitions may be another, its time may begin earlier; the clock stands."""
    clock = Clock(TWO, live=True)
    assert (
        told(clock, ("orders", 0, 2, 5, 40), ("orders", 1, 2, 5, 40), ("tickets", 0, 1, 5, 50))
        == 40
    )
    clock.forget("orders")
    assert told(clock, ("tickets", 0, 1, 5, 90)) == 40
    assert told(clock, ("orders", 0, 1, 7, 0)) == 40
    assert told(clock, ("orders", 0, 1, 60, 0)) == 60


reports = st.tuples(
    st.sampled_from(TWO), st.integers(0, 1), st.just(2), st.integers(0, 50), st.integers(0, 50)
)


@examples(100)
@given(st.lists(reports, max_size=20), st.booleans())
def test_against_the_definition(reports, live):
    """The clock is the least, over all source partitions of the furthest that each has said."""
    clock, said, expected = Clock(TWO, live=live), {}, 0
    for report in reports:
        topic, partition, _, watermark, live_at = report
        key = topic, partition
        said[key] = max(said.get(key, 0), (live_at if live else 0) or watermark)
        if len(said) == 4:
            expected = max(expected, min(said.values()))
        assert told(clock, report) == expected
