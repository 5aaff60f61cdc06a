"""The ledger of a replay, on alerts whose story is told by hand."""

from datetime import timedelta

import pytest

from agents.offline.ledger import entries, firsts, judged, week_of
from schemas.alert import AlertKind, Severity, State
from tests.agents.ledger_story import BACK, LEFT, MONDAY, UNKNOWN, alert, day, story


def only(*alerts):
    (entry,) = entries(alerts)
    return entry


def test_an_entry_is_the_alert_as_raised_with_what_became_of_it():
    entry = only(
        alert("ann", 1, score=2.0, owner="kim", category="parcel"),
        alert("ann", 3, State.ESCALATED, severity=Severity.CRITICAL, score=5.0, owner="lee"),
        alert("ann", 31, State.LOST, outcome=LEFT, acted_at=day(2)),
    )
    assert (entry.raised, entry.score) == (day(1), 2.0)
    assert (entry.owner, entry.category) == ("kim", "parcel")
    assert (entry.severity, entry.state) == (Severity.CRITICAL, State.LOST)
    assert (entry.outcome, entry.known_days) == (LEFT, 30)
    assert entry.reaction_hours == 24
    assert entry.cause == "waiting"


def test_an_episode_may_go_on_after_its_alert_was_closed():
    entry = only(*story("ann", 1, LEFT), alert("ann", 50, State.RESOLVED))
    assert (entry.outcome, entry.known_at, entry.state) == (LEFT, day(31), State.RESOLVED)


def test_without_a_closing_nothing_is_known():
    entry = only(alert("ann", 1), alert("ann", 9, State.RESOLVED))
    assert (entry.outcome, entry.known_days, entry.is_decided) == (None, None, False)


def test_put_out_is_eased_after_an_act_and_then_resolved():
    entry = only(
        alert("ann", 0),
        alert("ann", 2, State.EASED),
        alert("ann", 9, State.RESOLVED),
        alert("ann", 9, State.RESOLVED, outcome=BACK, acted_at=day(1)),
    )
    assert (entry.was_put_out, entry.was_fed) == (True, False)


@pytest.mark.parametrize(
    ("worse", "acted", "fed"),
    [
        pytest.param(5, 1, True, id="after the act"),
        pytest.param(5, 6, False, id="before the act"),
        pytest.param(5, None, False, id="untouched"),
    ],
)
def test_fed_is_worse_after_an_act(worse, acted, fed):
    acted_at = None if acted is None else day(acted)
    entry = only(
        alert("ann", 0),
        alert("ann", worse, State.LOST),
        alert("ann", 30, State.LOST, outcome=LEFT, acted_at=acted_at),
    )
    assert entry.was_fed is fed


def test_alerts_of_who_was_forgotten_are_void_and_later_ones_are_not():
    told = [alert("ann", 1), alert("ann", 20, alert_id="later"), alert("bob", 2)]
    assert [e.alert_id for e in entries(told, {"ann": day(10)})] == ["bob/inactivity", "later"]


def test_weeks_begin_on_monday():
    assert week_of(day(0)) == MONDAY
    assert week_of(day(6.99)) == MONDAY
    assert week_of(day(7)) == day(7)


@pytest.mark.parametrize(
    ("now", "counted"), [pytest.param(36.9, 0, id="last not over"), pytest.param(37, 2, id="over")]
)
def test_a_week_counts_once_the_horizon_of_its_last_instant_has_passed(now, counted):
    told = entries([*story("ann", 0, LEFT), *story("bob", 1, BACK, after=2)])
    assert len(judged(told, day(now), 30)) == counted


def test_who_came_back_early_is_not_counted_before_who_left():
    """Of ten alerts four leave, and six are back within a week: the truth is .4 (MODELS 7)."""
    told = [story(f"back {n}", 0, BACK, after=7) for n in range(6)]
    told += [story(f"left {n}", 0, LEFT) for n in range(4)]
    for now in range(0, 60, 5):
        known = [each for alerts in told for each in alerts if each.occurred_at <= day(now)]
        counted = judged(entries(known), day(now), 30)
        assert sum(e.has_left for e in counted) == len(counted) * 0.4


def test_a_week_with_an_alert_that_dead_time_holds_open_does_not_count():
    told = entries([*story("ann", 0, BACK, after=2), *story("bob", 1), *story("cid", 8, LEFT)])
    assert [e.customer_id for e in judged(told, day(90), 30)] == ["cid"]


def test_retracted_alerts_neither_count_nor_hold_a_week_open():
    told = [alert("ann", 0), alert("ann", 3, State.RETRACTED), *story("bob", 1, UNKNOWN)]
    assert [e.customer_id for e in judged(entries(told), day(90), 30)] == ["bob"]


def test_of_one_customer_the_first_alert_in_a_horizon_counts():
    told = entries(
        [
            *(alert("ann", at, alert_id=f"{at}") for at in (0, 20, 30, 59)),
            alert("bob", 10, kind=AlertKind.NEGLECT),
        ]
    )
    assert [e.raised - MONDAY for e in firsts(told, 30)] == [
        timedelta(days=days) for days in (0, 10, 30)
    ]
