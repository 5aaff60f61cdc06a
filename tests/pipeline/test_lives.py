"""A customer's life in a table ends: forgotten, or untouched for longer than rows are kept."""

import pytest

from pipeline.alert_ids import alert_id
from pipeline.inactivity_settings import InactivityRule
from pipeline.outcome import Outcome, Voided
from pipeline.table import ActivityTable
from schemas.activity import Activity, Kind
from schemas.alert import AlertKind
from schemas.progress import Progress, SourceProgress
from tests.pipeline.harness import at, state
from tests.pipeline.story import alone

HIATUS = {
    "rule": InactivityRule.HIATUS,
    "hiatus_days": 60.0,
    "hiatus_critical_days": 90.0,
    "horizon_days": 90.0,
}
SETTINGS = alone(retention={"days": 100.0}, frustration={"base": 0.3}, inactivity=HIATUS)


def event(who, kind, day, offset=0, item=""):
    return Activity(who, int(kind), at(day), f"{who}{day}", "orders", 0, offset, item=item)


def tick(day):
    return Progress([SourceProgress("orders", 0, 1, 0, at(day))])


def told(outcome: Outcome) -> list[tuple]:
    """Return what was told in order, shortly."""
    return [
        ("void", str(each.kind)) if isinstance(each, Voided) else (str(each.state), str(each.kind))
        for each in outcome.in_order()
    ]


@pytest.mark.parametrize(
    ("last_day", "known"), [(102.9, True), (103.0, False)], ids=["a little before", "to the day"]
)
def test_who_is_untouched_for_as_long_as_rows_are_kept_is_evicted(last_day, known):
    """Counted from the newest event, whichever came last."""
    table = ActivityTable(SETTINGS)
    log = [event("ann", Kind.REVIEWED, 3, 0), event("ann", Kind.PROMOTED, 2, 1), tick(3)]
    table.step([*log, tick(last_day)], range(4))
    assert ("ann" in state(table)) == known
    assert table.store.take_gone() == ([] if known else ["ann"])


def test_who_comes_back_after_that_begins_a_new_life():
    """Her next event ends the old life, and begins a new one; the open episode is void."""
    table = ActivityTable(SETTINGS)
    log = [event("ann", Kind.ORDER_PLACED, day, n) for n, day in enumerate((1, 31))]
    first = table.step([*log, tick(31), tick(120)], range(4))
    assert told(first) == [("raised", "inactivity")]
    outcome = table.step([event("ann", Kind.TICKET_REOPENED, 131, 2, "t1")], [9])
    assert told(outcome) == [
        ("escalated", "inactivity"),
        ("void", "inactivity"),
        ("raised", "frustration"),
    ]
    assert {each.source.offset for each in outcome.alerts} == {9}
    assert outcome.evicted == 1
    _, rows = table.store.gather(table.store.everyone())
    assert rows["orders"].tolist() == [0]
    assert rows["first_ms"].tolist() == [at(131)]


def test_a_tick_evicts_and_voids():
    table = ActivityTable(SETTINGS)
    log = [event("ann", Kind.ORDER_PLACED, day, n) for n, day in enumerate((1, 31))]
    table.step([*log, tick(31), tick(120)], range(4))
    outcome = table.step([tick(131)], [4])
    assert told(outcome) == [("escalated", "inactivity"), ("void", "inactivity")]
    assert outcome.voided[0].alert_id == outcome.alerts[0].alert_id
    assert len(table) == 0


def test_an_episode_that_has_ended_is_not_void():
    table = ActivityTable(SETTINGS)
    log = [event("ann", Kind.OWNER_CHANGED, 1), tick(1), tick(90)]
    states = [state for state, _ in told(table.step(log, range(3)))]
    assert (states[0], states[-1]) == ("raised", "expired")
    outcome = table.step([tick(101)], [3])
    assert outcome.evicted == 1
    assert [each for each in outcome.in_order() if each.outcome is None] == []


def test_a_copy_of_what_is_older_than_the_life_is_no_copy():
    """With the row goes the memory of its events, whether the tick is in the same batch or not."""
    once, tick_first = event("ann", Kind.HINDERED, 1), event("ann", Kind.HINDERED, 1, 1)
    for batches in (
        [[once, tick(1), tick(200), tick_first]],
        [[once, tick(1), tick(200)], [tick_first]],
    ):
        table, place, applied = ActivityTable(SETTINGS), 0, 0
        for batch in batches:
            applied += table.step(batch, range(place, place + len(batch))).applied
            place += len(batch)
        assert applied == 2


def test_what_is_forgotten_voids_its_alert_and_the_next_life_begins_its_own():
    table = ActivityTable(SETTINGS)
    log = [
        event("ann", Kind.TICKET_REOPENED, 1, 0, "t1"),
        event("ann", Kind.FORGET, 2, 1),
        event("ann", Kind.TICKET_REOPENED, 3, 2, "t1"),
    ]
    outcome = table.step(log, [5, 6, 7])
    assert told(outcome) == [
        ("raised", "frustration"),
        ("void", "frustration"),
        ("raised", "frustration"),
    ]
    assert outcome.voided == [
        Voided("ann", AlertKind.FRUSTRATION, alert_id("ann", "frustration", at(1)), 6)
    ]
    first, second = outcome.alerts
    assert first.alert_id != second.alert_id
    assert (first.revision, second.revision) == (1, 1)
