"""What is remembered of what irritated: the eight that are forgotten last, whatever the order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import memory
from pipeline.events import by_field, columns
from pipeline.frustration_settings import FrustrationSettings
from pipeline.interning import Interned
from pipeline.loads import half_lives
from pipeline.rows import CAUSE, LOADS, row_dtype
from pipeline.settings import WindowSettings
from pipeline.units import DAY_MS
from schemas.activity import Activity, Kind
from tests.pipeline.harness import at
from tests.pipeline.strategies import examples

HALF_LIVES = half_lives(FrustrationSettings())


class Customer:
    """One row and its memory."""

    def __init__(self):
        self.pool = memory.new_pool()
        self.rows = np.zeros(1, row_dtype(WindowSettings()))

    def irritate(self, when, event_id, **severities):
        told = Activity("ada", int(Kind.TICKET_RATED), at(when), event_id, "t", 0, 0, item="t1")
        events = columns(by_field([told]), np.zeros(1, np.int64), np.ones(1, np.int64), Interned())
        added = np.zeros((1, LOADS))
        for cause, severity in severities.items():
            added[0, CAUSE[cause]] = severity
        memory.remember(self.pool, self.rows, events, added, np.zeros(1), HALF_LIVES)

    def purge(self, when):
        heads = self.rows["memory"].copy()
        self.pool.remove(heads, memory.forgotten(self.pool, at(when)))
        self.rows["memory"] = heads

    def recall(self, when):
        [found] = memory.recall(self.pool, self.rows["memory"], np.array([at(when)]))
        return [((int(each["at_ms"]) - at(0)) / DAY_MS, int(each["cause"])) for each in found]


def test_what_is_recalled_comes_newest_first():
    ada = Customer()
    for when in (2, 5, 3):
        ada.irritate(when, f"e{when}", service=1.0)
    assert ada.recall(6) == [(5, CAUSE["service"]), (3, CAUSE["service"]), (2, CAUSE["service"])]


def test_an_event_is_kept_under_the_cause_that_it_adds_most_to():
    ada = Customer()
    ada.irritate(1, "e", waiting=0.4, service=0.5)
    [record] = memory.recall(ada.pool, ada.rows["memory"], np.array([at(1)])).records
    assert (record["cause"], record["severity"]) == (CAUSE["service"], 0.5)
    assert (record["kind"], record["name"]) == (int(Kind.TICKET_RATED), b"t1")


def test_what_adds_nothing_is_not_kept():
    ada = Customer()
    ada.irritate(1, "e")
    assert (ada.recall(1), len(ada.pool)) == ([], 0)


@pytest.mark.parametrize(
    ("cause", "days"), [("contact", 5 * 14), ("service", 5 * 30), ("price", 5 * 90)]
)
def test_after_five_half_lives_it_is_forgotten(cause, days):
    ada = Customer()
    ada.irritate(1, "e", **{cause: 1.0})
    last_ms = 1 / DAY_MS
    assert ada.recall(1 + days - last_ms) == [(1, CAUSE[cause])]
    assert ada.recall(1 + days) == []
    assert not memory.forgotten(ada.pool, at(1 + days) - 1).any()
    assert memory.forgotten(ada.pool, at(1 + days)).sum() == 1


def test_of_nine_the_one_that_is_forgotten_first_goes():
    """A contact given up on day 20 is forgotten on day 90, what failed on day 0 on day 150."""
    ada = Customer()
    for when in range(8):
        ada.irritate(when, f"e{when}", service=1.0)
    ada.irritate(20, "late", contact=1.0)
    assert [when for when, _ in ada.recall(20)] == [7, 6, 5, 4, 3, 2, 1, 0]
    ada.irritate(21, "e21", service=1.0)
    assert [when for when, _ in ada.recall(21)] == [21, 7, 6, 5, 4, 3, 2, 1]
    assert len(ada.pool) == 8


happened = st.lists(
    st.tuples(st.integers(0, 400), st.sampled_from(("contact", "service", "price"))),
    max_size=14,
)


@examples(60)
@given(happened, st.data())
def test_the_order_of_arrival_changes_nothing(events, data):
    told = [(f"e{n}", *each) for n, each in enumerate(events)]
    one, other = Customer(), Customer()
    for who, order in ((one, told), (other, data.draw(st.permutations(told)))):
        for event_id, when, cause in order:
            who.irritate(when, event_id, **{cause: 1.0})
    for when in (0, 200, 401, 700):
        assert one.recall(when) == other.recall(when)


@examples(60)
@given(happened, st.integers(0, 14), st.integers(0, 700))
def test_to_take_the_forgotten_out_changes_nothing_from_then_on(events, cut, now):
    one, other = Customer(), Customer()
    for n, (when, cause) in enumerate(events):
        if n == cut:
            other.purge(now)
        one.irritate(when, f"e{n}", **{cause: 1.0})
        other.irritate(when, f"e{n}", **{cause: 1.0})
    for when in (now, now + 1, now + 200):
        assert one.recall(when) == other.recall(when)
