"""What an alert says in words, against what happened: days on the calendar, not days counted."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.advice import Advice
from pipeline.detector_settings import ControlSettings
from pipeline.experiment import in_control
from pipeline.inactivity_settings import InactivityRule, InactivitySettings
from pipeline.reasons import silence_causes
from pipeline.settings import ValueSettings
from schemas.activity import Kind
from schemas.alert import AlertKind, Cause, State
from tests.pipeline.story import Story, alone

HIATUS = alone(
    inactivity=InactivitySettings(
        rule=InactivityRule.HIATUS, hiatus_days=20.0, hiatus_critical_days=30.0
    )
)


def details(story):
    return [(str(a.state), a.causes[0].detail) for a in story.alerts()]


def test_a_silence_is_told_in_days():
    told = Story(HIATUS).orders(0, 10).lives(0, 42)
    assert details(told) == [
        ("raised", "no order for 20 days"),
        ("escalated", "no order for 30 days"),
    ]


def test_a_silence_that_an_order_has_ended_is_none():
    told = Story(HIATUS).orders(0, 10).lives(0, 32).orders(33).lives(33, 34)
    assert details(told)[-1] == ("resolved", "ordered less than a day ago")


def test_a_silence_is_told_as_on_the_calendar_and_says_what_does_not_count():
    """Silent since day 10; none heard of from 15 to 25, so the 20th day that counts is day 40."""
    told = Story(HIATUS).orders(0, 10).lives(0, 15).lives(25, 42)
    uncounted = "10 of them not counted (no orders from anyone)"
    assert details(told) == [("raised", f"no order for 30 days, {uncounted}")]


@pytest.mark.parametrize(
    ("occasions", "span", "words"),
    [
        pytest.param(4, 290, "ordered on 4 days, 97 days apart on average", id="three gaps"),
        pytest.param(2, 1, "ordered on 2 days, a day or less apart on average", id="next day"),
        pytest.param(1, 0, "ordered on one day only", id="once"),
    ],
)
def test_a_rhythm_is_told_by_its_mean_gap(occasions, span, words):
    silence, rhythm = silence_causes(
        np.array([0.25, 0.5, 0.0]), "no order for 99 days", "", occasions, span
    )
    assert (silence.share, rhythm.share) == (0.5, 0.25)
    assert rhythm.detail == words


def test_the_rhythm_of_who_never_ordered_is_not_told():
    assert silence_causes(np.array([0.0, 0.0, 0.0]), "", "", 0, 0) == []


def test_trouble_is_told_only_where_it_adds():
    told = silence_causes(np.array([0.25, 0.5, 0.125]), "", "ticket t rated poorly", 2, 1)
    assert told[2] == Cause("trouble", 0.125, "ticket t rated poorly")
    assert len(silence_causes(np.array([0.25, 0.5, 0.0]), "", "", 2, 1)) == 2


def test_the_heaviest_cause_names_its_event():
    """Two handovers weigh .8, below an endurance of ln 3; an order that fails adds 1."""
    told = Story(alone()).tell(0, Kind.OWNER_CHANGED).tell(0.1, Kind.OWNER_CHANGED)
    told.tell(0.2, Kind.ORDER_FAILED).lives(0, 1)
    [alert] = told.alerts()
    assert [cause.detail for cause in alert.causes] == [
        "order i3 cancelled by the company on 1 Jan",
        "another owner since 1 Jan, another owner since 1 Jan",
    ]
    assert sum(cause.share for cause in alert.causes) == pytest.approx(alert.score)
    assert alert.counterfactual == (
        "without order i3 cancelled by the company on 1 Jan it would not have been raised"
    )


def test_an_alert_says_what_speaks_against_chasing_and_who_is_whose():
    """Four tickets cost 40, four orders of 20 leave 24; every ticket was compensated for."""
    costs = ValueSettings(margin_share=0.3, ticket_cost=10.0)
    settings = replace(alone(frustration={"base": 0.9}), values={"EUR": costs})
    told = Story(settings)
    for when in (0, 10, 20, 30):
        told.tell(when, Kind.ORDER_PLACED, amount=20.0, currency="EUR", owner="eve", segment="b")
        told.tell(when + 1, Kind.TICKET_OPENED, item=f"t{when}")
        told.tell(when + 2, Kind.TICKET_RESOLVED, item=f"t{when}", compensation=5.0)
    told.tell(33, Kind.TICKET_RATED, rating=1.0).tell(33, Kind.TICKET_REOPENED, item="t30")
    alert = told.lives(0, 34).alerts()[0]
    assert alert.unprofitable == (
        "do not chase: 4 tickets cost 40, more than the margin of 24 of all orders"
    )
    assert alert.concessions == (
        "compensated 4 times, the last on 2 Feb, and orders every 10 days as before: "
        "look at the cases yourself"
    )
    assert (alert.owner, alert.segment, alert.channel) == ("eve", "b", None)
    assert (alert.currency, alert.arm) == ("EUR", None)


@pytest.mark.parametrize(("share", "arm"), [(0.0, None), (0.5, "control"), (1e-9, "treated")])
def test_an_alert_says_in_which_arm_its_customer_is(share, arm):
    """Of some customer who is in the half that is drawn."""
    control = ControlSettings(share=share)
    who = next(f"c{n}" for n in range(99) if in_control([f"c{n}"], ControlSettings(share=0.5))[0])
    told = Story(alone(frustration={"base": 0.9}, control=control))
    [alert] = told.tell(1, Kind.TICKET_REOPENED, who=who).lives(0, 2).alerts()
    assert alert.arm == arm


@pytest.mark.parametrize(
    ("silence", "rhythm", "advice"),
    [
        pytest.param(0.1, 0.6, "A reminder", id="slow rhythm: it is not long"),
        pytest.param(0.2, 0.5, "Ask, in person", id="long even for a slow rhythm"),
        pytest.param(0.7, 0.0, "Ask, in person", id="silence alone"),
    ],
)
def test_advice_on_a_silence_goes_by_how_much_of_it_is_rhythm(silence, rhythm, advice):
    causes = [Cause("silence", silence, ""), Cause("rhythm", rhythm, "")]
    told = Advice({}).on(AlertKind.INACTIVITY, State.RAISED, causes, "adopt")
    assert told.startswith(advice)
