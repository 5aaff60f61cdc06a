"""Open matters and what waiting for them weighs, against dictionaries of a naive model."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import items
from pipeline.events import by_field, columns
from pipeline.frustration_settings import FrustrationSettings
from pipeline.interning import Interned
from pipeline.rows import CAUSE, row_dtype
from pipeline.settings import ItemSettings, WindowSettings
from pipeline.units import DAY_MS, NEVER
from pipeline.waiting import lateness, overdue
from schemas.activity import Activity, Kind
from tests.pipeline.harness import at
from tests.pipeline.strategies import examples

KNOWN = ItemSettings(open_days_max=90.0, closed_days=14.0)
FRUSTRATION = FrustrationSettings()


class Customer:
    """One row and its items."""

    def __init__(self):
        self.pool = items.new_pool()
        self.rows = np.zeros(1, row_dtype(WindowSettings()))

    def follow(self, kind, when, item="i", due=None, opened=None):
        event = Activity(
            "ada",
            int(kind),
            at(when),
            "e",
            "orders",
            0,
            0,
            item=item,
            due_at=0 if due is None else at(due),
            opened_at=0 if opened is None else at(opened),
        )
        events = columns(by_field([event]), np.zeros(1, np.int64), np.ones(1, np.int64), Interned())
        return items.follow(KNOWN, FRUSTRATION, self.pool, self.rows, events)

    def waiting(self, when, cause="waiting"):
        now_ms = np.array([at(when)])
        waits = overdue(FRUSTRATION, self.pool, self.rows, now_ms, np.tile(now_ms, (1, 4)))
        return waits.severity[0, CAUSE[cause]]

    def next_day(self, when):
        now_ms = np.array([at(when)])
        waits = overdue(FRUSTRATION, self.pool, self.rows, now_ms, np.tile(now_ms, (1, 4)))
        next_ms = min(int(waits.step_ms[0]), int(waits.drop_ms[0]))
        return None if next_ms >= NEVER else (next_ms - at(0)) / DAY_MS


PLACED, DELIVERED, CANCELLED = Kind.ORDER_PLACED, Kind.ORDER_DELIVERED, Kind.ORDER_CANCELLED
OPENED, REPLIED, RESOLVED = Kind.TICKET_OPENED, Kind.TICKET_REPLIED, Kind.TICKET_RESOLVED


@pytest.mark.parametrize(
    ("story", "late_days"),
    [
        pytest.param([(PLACED, 0, 3), (DELIVERED, 2, None)], 0, id="in time"),
        pytest.param([(PLACED, 0, 3), (DELIVERED, 7, None)], 4, id="four days late"),
        pytest.param([(PLACED, 0, None), (DELIVERED, 50, None)], 0, id="nothing was promised"),
        pytest.param([(DELIVERED, 7, 3)], 4, id="its placing was not seen"),
        pytest.param([(PLACED, 0, 3), (DELIVERED, 7, 3), (DELIVERED, 9, 3)], 0, id="said twice"),
        pytest.param([(DELIVERED, 7, 3), (PLACED, 0, 3)], 0, id="the placing comes late"),
        pytest.param(
            [(PLACED, 0, 3), (DELIVERED, 2, 3), (Kind.ORDER_RETURNED, 10, 3)], 0, id="returned"
        ),
        pytest.param([(Kind.ORDER_RETURNED, 40, 3)], 0, id="returned once it is forgotten"),
        pytest.param([(Kind.ORDER_REFUNDED, 40, 3)], 0, id="refunded once it is forgotten"),
        pytest.param([(OPENED, 0, None), (RESOLVED, 5, None)], 2, id="a ticket: 72 hours"),
        pytest.param(
            [(OPENED, 0, None), (REPLIED, 1, 9), (RESOLVED, 5, None)], 0, id="a new promise"
        ),
        pytest.param(
            [
                (OPENED, 0, None),
                (RESOLVED, 2, None),
                (Kind.TICKET_REOPENED, 10, None),
                (RESOLVED, 14, None),
            ],
            1,
            id="reopened: 72 hours from then",
        ),
        pytest.param([(Kind.PROMISE_MADE, 0, 2), (Kind.PROMISE_KEPT, 5, None)], 3, id="a promise"),
        pytest.param([(PLACED, 0, 3), (CANCELLED, 9, None)], 0, id="cancelled is not delivered"),
    ],
)
def test_how_late_the_last_event_of_a_matter_was(story, late_days):
    customer = Customer()
    for kind, when, due in story:
        followed = customer.follow(kind, when, due=due)
    assert followed.late_days.tolist() == pytest.approx([late_days])


def test_a_cancellation_takes_back_the_order_it_knows():
    customer = Customer()
    customer.follow(PLACED, 3)
    followed = customer.follow(CANCELLED, 5)
    assert followed.taken_back.tolist() == [True]
    assert followed.placed_ms.tolist() == [at(3)]
    assert customer.follow(CANCELLED, 6).taken_back.tolist() == [False]


def test_a_cancellation_from_before_the_order_takes_it_back_once():
    """Clocks differ: it is one all the same, and what is cancelled is waited for no more."""
    customer = Customer()
    customer.follow(PLACED, 5, due=8)
    assert customer.follow(CANCELLED, 4).taken_back.tolist() == [True]
    assert customer.follow(CANCELLED, 4).taken_back.tolist() == [False]
    assert customer.waiting(20) == 0.0


def test_an_order_whose_cancellation_came_first_is_none():
    customer = Customer()
    assert customer.follow(CANCELLED, 5).taken_back.tolist() == [False]
    assert customer.follow(PLACED, 3).uncounted.tolist() == [True]


@pytest.mark.parametrize(
    ("when", "severity"),
    [(2, 0.0), (3, 0.0), (3.9, 0.0), (4, 1 - math.exp(-0.2)), (13.5, 1 - math.exp(-2)), (93, 0.0)],
)
def test_waiting_grows_by_whole_days_until_it_is_lost_track_of(when, severity):
    """Promised for day 3, and held to be lost track of 90 days later."""
    customer = Customer()
    customer.follow(PLACED, 0, due=3)
    assert customer.waiting(when) == pytest.approx(severity)


@pytest.mark.parametrize(("when", "change"), [(0, 4), (3.5, 4), (4, 5), (92.5, 93), (93, None)])
def test_when_waiting_weighs_more_is_known_beforehand(when, change):
    customer = Customer()
    customer.follow(PLACED, 0, due=3)
    assert customer.next_day(when) == change


def test_severity_is_that_of_the_formula():
    assert lateness(np.array([-3.0, 0.0, 5.0, 10.0]), 5.0) == pytest.approx(
        [0.0, 0.0, 0.6321206, 0.8646647]
    )


def test_sixteen_matters_are_kept_and_the_rest_counted():
    """The closed make room first."""
    customer = Customer()
    for number in range(16):
        customer.follow(PLACED, 0, item=f"o{number}", due=1)
    customer.follow(DELIVERED, 1, item="o0")
    for number in range(20, 23):
        customer.follow(PLACED, 2, item=f"o{number}", due=3)
    assert customer.pool.count(customer.rows["items"]).tolist() == [16]
    assert customer.rows["items_lost"].tolist() == [2]


steps = st.lists(
    st.tuples(
        st.sampled_from([PLACED, DELIVERED, CANCELLED, OPENED, REPLIED, RESOLVED]),
        st.integers(0, 4),
        st.sampled_from("ab"),
        st.sampled_from([None, 1, 5]),
    ),
    max_size=25,
)


@examples(200)
@given(steps)
def test_against_a_dictionary(steps):
    """Events in the order of their time: what waits is what was opened and not closed."""
    customer, known, today = Customer(), {}, 0
    for kind, later, item, due_in in steps:
        today += later
        due = None if due_in is None else today + due_in
        key = ("order" if kind < 16 else "ticket", item)
        followed = customer.follow(kind, today, item, due)
        before = known.get(key)
        if before and before["until"] <= today:
            before = None
        late = 0
        closes = kind in (DELIVERED, RESOLVED)
        if closes and (before is None or before["state"] == "open"):
            promised = before["due"] if before else due
            late = max(0, today - promised) if promised is not None else 0
        assert followed.late_days.tolist() == pytest.approx([late])
        known[key] = naive_item(before, kind, key[0], today, due)
        expected = sum(
            -math.expm1(-max(0, today - i["due"]) / 5)
            for i in known.values()
            if i["state"] == "open" and i["due"] is not None and i["until"] > today
        )
        assert customer.waiting(today) == pytest.approx(expected)


def test_at_the_cap_what_is_forgotten_makes_room_before_what_is_closed():
    """Else it would matter if a purge had come before: half of sixteen is forgotten by day 20."""
    customer = Customer()
    for number in range(8):
        customer.follow(RESOLVED, 0, f"forgotten{number}")
    for number in range(8):
        customer.follow(RESOLVED, 10, f"closed{number}")
    customer.follow(OPENED, 20, "new", due=23)
    customer.follow(OPENED, 9, "closed3", due=12)  # it comes late, and opens nothing
    assert customer.waiting(30) == pytest.approx(-math.expm1(-7 / 5))


def naive_item(before, kind, matter, today, due):
    """Return what an item is after an event, in the words of the rules."""
    item = dict(before or {"state": None, "due": None, "opened": today})
    if kind in (DELIVERED, RESOLVED):
        item["state"] = "closed"
    elif kind == CANCELLED:
        item["state"] = "closed" if item["state"] == "closed" else "cancelled"
    elif kind == REPLIED:
        item["state"] = item["state"] or "open"
    elif item["state"] != "cancelled":
        item["state"] = "open"
    if item["state"] == "open":
        usual = item["opened"] + 3 if matter == "ticket" else None
        item["due"] = due if due is not None else usual if item["due"] is None else item["due"]
    if item["state"] == "open" and (item["due"] is not None or matter == "ticket"):
        item["until"] = max(item["due"], item["opened"]) + 90
    else:
        item["until"] = today + 14
    return item
