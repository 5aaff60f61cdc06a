"""Safe offsets: what may be committed, and what must not be."""

from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from agents.runtime.offsets import Position, SafeOffsets

ORDERS = TP("orders", 3)


def held(next_offset: int = 10, generation: int = 1) -> SafeOffsets:
    safe = SafeOffsets()
    safe.begin(ORDERS, next_offset, generation)
    return safe


def test_nothing_is_pending_before_anything_was_done():
    assert held(10).pending() == {}


def test_what_is_done_is_pending_until_it_is_committed():
    safe = held(10)
    assert safe.advance(ORDERS, 15, generation=1)
    assert safe.pending() == {ORDERS: Position(15)}
    safe.committed({ORDERS: Position(15)})
    assert safe.pending() == {}


def test_what_is_done_during_a_commit_stays_pending():
    safe = held(10)
    safe.advance(ORDERS, 15, generation=1)
    offered = safe.pending()
    safe.advance(ORDERS, 20, generation=1)
    safe.committed(offered)
    assert safe.pending() == {ORDERS: Position(20)}


def test_a_word_from_a_former_assignment_is_not_heard():
    safe = held(10, generation=2)
    assert not safe.advance(ORDERS, 15, generation=1)
    assert safe.pending() == {}


def test_a_word_for_a_partition_given_up_is_not_heard():
    safe = held(10)
    safe.clear()
    assert not safe.advance(ORDERS, 15, generation=1)
    assert safe.pending() == {}


def test_a_new_log_may_go_on_lower():
    safe = held(1_000)
    safe.restart(ORDERS, 0)
    safe.advance(ORDERS, 7, generation=1)
    assert safe.pending() == {ORDERS: Position(7)}


@given(st.lists(st.integers(0, 100)))
def test_acknowledgements_in_any_order_never_go_back(offsets):
    """What is offered is the highest offset said so far, if that is above the beginning."""
    safe = held(50)
    for offset in offsets:
        safe.advance(ORDERS, offset, generation=1)
    highest = max([50, *offsets])
    assert safe.pending() == ({ORDERS: Position(highest, "")} if highest > 50 else {})


def test_waiting_is_counted_only_while_something_waits():
    safe = held(10)
    assert safe.waiting_seconds() == 0
    safe.advance(ORDERS, 15, generation=1)
    assert safe.waiting_seconds() > 0
    safe.committed({ORDERS: Position(15)})
    assert safe.waiting_seconds() == 0
