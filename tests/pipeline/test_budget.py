"""The budget: two alerts an hour here, and what becomes of the third."""

from collections import Counter

import pytest

from pipeline.budget import Budget, Tick
from pipeline.detector_settings import BudgetSettings
from pipeline.inactivity_settings import InactivityRule
from pipeline.units import HOUR_MS
from schemas.activity import Activity, Kind
from schemas.alert import Alert, AlertKind, LogPosition, Outcome, Severity, State
from schemas.base import instant
from tests.pipeline.harness import Intake, at, day, outcomes_of
from tests.pipeline.story import alone

NOON = at(1, hours=12)


def alert(alert_id, offset, state=State.RAISED, value=None, currency=None, outcome=None):
    return Alert(
        alert_id=alert_id,
        revision=1,
        customer_id=f"who-{alert_id}",
        kind=AlertKind.FRUSTRATION,
        state=state,
        severity=Severity.WARNING,
        score=1.0,
        limit=1.0,
        churn_probability=None,
        value_at_risk=value,
        currency=currency,
        stage="assess",
        causes=[],
        advice="",
        occurred_at=instant(NOON),
        detected_at=instant(NOON),
        source=LogPosition("log", 0, offset),
        outcome=outcome,
    )


def ids(alerts):
    return [each.alert_id for each in alerts]


class Desk:
    """A budget, and what it is told; alerts are first unless they were before."""

    def __init__(self, per_hour=2, listed=9):
        self.budget = Budget(BudgetSettings(alerts_per_hour=per_hour, listed_max=listed), "log", 0)
        self.known, self.held = set(), set()

    def sift(self, *alerts, ticks=()):
        first = set(ids(alerts)) - self.known
        sifted = self.budget.sift(alerts, ticks, first, self.held)
        self.known |= first
        for alert_id, (_, is_held) in sifted.held.items():
            (self.held.add if is_held else self.held.discard)(alert_id)
        return sifted


def tick(offset, hours=0, live=True):
    return Tick(offset, NOON + hours * HOUR_MS, live)


def test_the_third_is_held_back_and_the_digest_counts_it():
    desk = Desk()
    sifted = desk.sift(alert("a", 1), alert("b", 2), alert("c", 3), ticks=[tick(0)])
    assert ids(sifted.told) == ["a", "b"]
    assert sifted.digests == []
    [digest] = desk.sift(ticks=[tick(4, hours=1)]).digests
    assert (digest.hour, digest.held_back) == (instant(NOON), 1)
    assert digest.by_kind == {AlertKind.FRUSTRATION: 1}
    assert [held.alert_id for held in digest.listed] == ["c"]
    assert digest.source == LogPosition("log", 0, 4)


def test_the_next_hour_begins_with_a_full_budget_and_no_digest_of_nothing():
    desk = Desk()
    desk.sift(alert("a", 1), alert("b", 2), ticks=[tick(0)])
    sifted = desk.sift(alert("c", 4), alert("d", 5), ticks=[tick(3, hours=1)])
    assert (ids(sifted.told), sifted.digests) == (["c", "d"], [])


@pytest.mark.parametrize(
    ("per_hour", "live"),
    [pytest.param(0, True, id="no limit"), pytest.param(2, False, id="a log that is read again")],
)
def test_when_nothing_is_held_back(per_hour, live):
    alerts = [alert(str(n), n) for n in range(1, 9)]
    assert len(Desk(per_hour).sift(*alerts, ticks=[tick(0, live=live)]).told) == 8


def test_at_one_place_the_highest_value_goes_first_and_the_order_stays():
    alerts = [alert("a", 1, value=5.0), alert("b", 1), alert("c", 1, value=9.0)]
    assert ids(Desk().sift(*alerts, ticks=[tick(0)]).told) == ["a", "c"]


@pytest.mark.parametrize(
    ("state", "hours", "told"),
    [
        pytest.param(State.EASED, 1, [], id="it goes on untold"),
        pytest.param(State.RESOLVED, 1, [], id="and ends untold"),
        pytest.param(State.ESCALATED, 1, ["c"], id="it escalates in a later hour"),
        pytest.param(State.ESCALATED, 0, [], id="in the same hour there is no room"),
    ],
)
def test_what_becomes_of_one_held_back(state, hours, told):
    desk = Desk()
    desk.sift(alert("a", 1), alert("b", 2), alert("c", 3), ticks=[tick(0)])
    assert ids(desk.sift(alert("c", 5, state), ticks=[tick(4, hours)]).told) == told


def test_once_told_it_goes_on_being_told():
    desk = Desk()
    desk.sift(alert("a", 1), alert("b", 2), alert("c", 3), ticks=[tick(0)])
    desk.sift(alert("c", 5, State.ESCALATED), ticks=[tick(4, hours=1)])
    more = [alert("a", 6, State.ESCALATED), alert("c", 7, State.EASED), alert("d", 8)]
    assert ids(desk.sift(*more).told) == ["a", "c", "d"]  # `d` is the second of this hour


def test_what_became_of_one_held_back_is_told():
    desk = Desk(per_hour=1)
    desk.sift(alert("a", 1), alert("b", 2), ticks=[tick(0)])
    closing = alert("b", 3, State.LOST, outcome=Outcome.LEFT)
    assert ids(desk.sift(closing).told) == ["b"]


def test_the_gravest_are_listed_of_each_currency_and_none_crowds_out_another():
    desk = Desk(per_hour=1, listed=3)
    worth = {"b": (5.0, "EUR"), "c": (9.0, "EUR"), "d": (900.0, "JPY"), "e": (7.0, "EUR")}
    alerts = [
        alert(each, n, value=v, currency=c) for n, (each, (v, c)) in enumerate(worth.items(), 2)
    ]
    [digest] = desk.sift(alert("a", 1), *alerts, ticks=[tick(0), tick(9, hours=1)]).digests
    assert digest.held_back == 4
    assert [held.alert_id for held in digest.listed] == ["c", "e", "d"]


@pytest.mark.parametrize("cut", range(6))
def test_batches_and_restarts_change_nothing(cut):
    alerts = [alert(each, n) for n, each in enumerate("abcde", 1)]
    ticks = [tick(0), tick(4, hours=1), tick(9, hours=2)]
    whole = Desk().sift(*alerts, ticks=ticks)
    desk = Desk()
    one = desk.sift(*alerts[:cut], ticks=[t for t in ticks if t.offset <= cut])
    state, desk.budget = desk.budget.state(), Desk().budget
    desk.budget.restore(state)
    other = desk.sift(*alerts[cut:], ticks=[t for t in ticks if t.offset > cut])
    assert ids(one.told + other.told) == ids(whole.told) == ["a", "b", "d", "e"]
    assert one.digests + other.digests == whole.digests


# Through the table.


def failures(*happened):
    """Return what one partition tells of failures: (hours after noon, who), live all the time."""
    settings = alone(
        live_clock=True,
        budget={"alerts_per_hour": 2},
        frustration={"base": 0.9, "purchase_buffer": 0.0},
        inactivity={"rule": InactivityRule.OFF},
    )
    intake = Intake(settings)
    for n, (hours, who) in enumerate(happened):
        intake.live_at = NOON + round(hours * HOUR_MS)
        intake.tick()
        if who:
            kind = int(Kind.TICKET_RATED)
            told = Activity(who, kind, intake.live_at, f"e{n}", "orders", 0, 0, rating=1.0)
            intake.send(told)
    _, outcomes = outcomes_of(settings, intake.log, range(len(intake.log)))
    _, [whole] = outcomes_of(settings, intake.log)
    assert [a for o in outcomes for a in o.alerts] == whole.alerts
    assert [d for o in outcomes for d in o.digests] == whole.digests
    return whole


def test_a_table_holds_back_and_tells_what_escalates_later():
    """Each failure weighs 1 against .9; with a second it is 2, beyond 1.5 times as much."""
    storm = [(0.0, ""), (0.1, "ann"), (0.2, "bob"), (0.3, "cay"), (0.4, "dan")]
    whole = failures(*storm, (1.1, ""), (1.2, "cay"), (1.3, "ann"), (2.1, ""))
    assert [(a.customer_id, str(a.state)) for a in whole.alerts] == [
        ("ann", "raised"),
        ("bob", "raised"),
        ("cay", "escalated"),
        ("ann", "escalated"),
    ]
    [digest] = whole.digests
    assert (day(digest.hour), digest.held_back) == (1.5, 2)
    assert Counter(held.customer_id for held in digest.listed) == {"cay": 1, "dan": 1}
    assert [alert.revision for alert in whole.alerts] == [1, 1, 2, 2]
