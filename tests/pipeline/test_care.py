"""Care is not judged at every event: that it says beforehand when to look loses no alarm."""

from unittest.mock import patch

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.judge import Judge
from schemas.activity import Kind
from tests.pipeline.story import Story, only
from tests.pipeline.strategies import examples

KINDS = (
    *(Kind.ORDER_PLACED, Kind.ORDER_DELIVERED, Kind.ORDER_FAILED),
    *(Kind.TICKET_OPENED, Kind.TICKET_RESOLVED, Kind.TICKET_ABANDONED, Kind.TICKET_RATED),
    *(Kind.PROMISE_MADE, Kind.PROMISE_KEPT, Kind.FOLLOW_UP, Kind.PROMOTED, Kind.REVIEWED),
)
SETTINGS = only(
    *("quiet_after_trouble", "neglect", "stalled"),
    sources=("orders", "touchpoints"),
    neglect={"owned_only": False},
)
days = st.integers(0, 80 * 4).map(lambda quarter: quarter / 4)
happenings = st.lists(
    st.tuples(
        days,
        st.sampled_from(KINDS),
        st.sampled_from(("i1", "i2")),
        st.sampled_from((None, 2.0, 10.0)),  # promised for so much later
        st.sampled_from((0.0, 0.0, 0.0, 1.0, 20.0)),  # heard of so much later
    ),
    min_size=1,
    max_size=8,
)
dead = st.sampled_from((None, (20, 24), (30, 50)))


def alerts(happened, dead_days):
    """Return what is told of ada, whose feeds others keep alive but for some days."""
    story = Story(SETTINGS)
    for when, kind, item, due, late in happened:
        promised = None if due is None else when + due
        story.tell(when, kind, item=item, due=promised, rating=1.0, arrives=when + late)
    begins, ends = dead_days or (60, 60)
    return story.lives(0, begins, every=1.9).lives(ends, 115, every=1.9).alerts()


def at_once(_judge, rows, _waits, _at_ms):
    return np.zeros(len(rows), np.int64)


@examples(40)
@given(happenings, dead)
def test_to_look_at_every_event_finds_no_more(happened, dead_days):
    found = alerts(happened, dead_days)
    with patch.object(Judge, "care_ms", at_once):
        assert alerts(happened, dead_days) == found
