"""What an alert says in words, against what happened: days on the calendar, not days counted."""

import numpy as np
import pytest

from pipeline.advice import advise
from pipeline.reasons import silence_causes
from pipeline.settings import InactivityRule, InactivitySettings
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
        np.array([0.25, 0.5, 0.0]), "no order for 99 days", occasions, span
    )
    assert (silence.share, rhythm.share) == (0.5, 0.25)
    assert rhythm.detail == words


def test_the_rhythm_of_who_never_ordered_is_not_told():
    assert silence_causes(np.array([0.0, 0.0, 0.0]), "", "", 0, 0) == []


def test_the_heaviest_cause_names_its_event():
    """Two handovers weigh .8, below an endurance of ln 3; an order that fails adds 1."""
    told = Story(alone()).tell(0, Kind.OWNER_CHANGED).tell(0.1, Kind.OWNER_CHANGED)
    told.tell(0.2, Kind.ORDER_FAILED).lives(0, 1)
    [alert] = told.alerts()
    assert [cause.detail for cause in alert.causes] == [
        "order i3 cancelled by the company on 1 Jan",
        "another owner since 1 Jan, another owner since 1 Jan",
    ]


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
    assert advise(AlertKind.INACTIVITY, State.RAISED, causes).startswith(advice)
