"""The summary: which alerts it puts first, and that it never compares two currencies."""

from datetime import timedelta

import pytest
from msgspec import structs

from agents.offline.replay import Replay
from agents.offline.summary import summary
from agents.sentences import sentence
from pipeline.settings import PipelineSettings
from schemas.alert import Alert, AlertKind, Cause, LogPosition, Severity, State
from schemas.base import instant
from tests.agents.timeline import START_MS

CAUSES = [Cause("waiting", 1.5, "waiting"), Cause("price", 0.5, "prices"), Cause("order", 0.0, "x")]


def alert(customer, state=State.RAISED, value=None, currency=None, score=2.0, causes=CAUSES):
    at = instant(START_MS) + timedelta(days=1)
    return Alert(
        alert_id=customer,
        revision=1,
        customer_id=customer,
        kind=AlertKind.FRUSTRATION,
        state=state,
        severity=Severity.WARNING,
        score=score,
        limit=1.0,
        churn_probability=None,
        value_at_risk=value,
        currency=currency,
        stage="adopt",
        causes=causes,
        advice="Call.",
        occurred_at=at,
        detected_at=at,
        source=LogPosition("customer-activity", 0, 0),
    )


def lines(*alerts):
    replay = Replay.of(PipelineSettings())
    replay.alerts = list(alerts)
    return [" ".join(line.split()) for line in summary(replay, 1.0)]


def test_values_are_ranked_within_their_currency():
    told = lines(
        alert("a", value=10.0, currency="EUR"),
        alert("b", value=900.0, currency="SEK"),
        alert("c", value=20.0, currency="EUR"),
    )
    order = [line for line in told if "frustration warning" in line]
    assert [line.split("frustration")[0] for line in order] == [
        "20 EUR c ",
        "10 EUR a ",
        "900 SEK b ",
    ]


def test_only_alerts_still_open_are_listed():
    told = lines(
        alert("a", value=10.0, currency="EUR"),
        alert("a", State.RESOLVED, value=10.0, currency="EUR"),
        alert("b", State.EASED, value=5.0, currency="EUR"),
    )
    assert "frustration 2 0 1 0 0 0 1" in told
    assert [line for line in told if "frustration warning" in line] == [
        "5 EUR b frustration warning"
    ]


def test_without_any_value_the_furthest_over_the_limit_come_first():
    told = lines(alert("a", score=1.2), alert("b", score=3.0))
    assert [line for line in told if "frustration warning" in line] == [
        "3.0 x b frustration warning",
        "1.2 x a frustration warning",
    ]


def test_a_sentence_says_who_why_what_it_costs_and_what_to_do():
    assert sentence(alert("ann", value=1234.4, currency="EUR")) == (
        "2025-01-02 00:00  ann has had enough: 75% waiting + 25% prices; 1,234 EUR at risk. Call."
    )


def test_a_single_cause_needs_no_share():
    assert ": waiting; value not known" in sentence(alert("ann", causes=CAUSES[:1]))


@pytest.mark.parametrize(
    ("kind", "state", "words"),
    [
        pytest.param(AlertKind.INACTIVITY, State.RESOLVED, "ann is back. Call.", id="back"),
        pytest.param(
            AlertKind.INACTIVITY, State.RETRACTED, "ann was never in trouble. Call.", id="unmade"
        ),
        pytest.param(
            AlertKind.INACTIVITY, State.LOST, "ann counts as lost: 75% waiting", id="lost"
        ),
        pytest.param(
            AlertKind.FRUSTRATION, State.EASED, "ann is calming down: 75% waiting", id="eased"
        ),
        pytest.param(
            AlertKind.FRUSTRATION, State.EXPIRED, "ann has cooled down: 75% waiting", id="faded"
        ),
    ],
)
def test_each_state_has_words_of_its_own_and_what_is_over_needs_no_why(kind, state, words):
    told = sentence(structs.replace(alert("ann", state), kind=kind))
    assert told.startswith(f"2025-01-02 00:00  {words}")


def test_every_kind_has_words_for_every_state():
    for kind in AlertKind:
        for state in State:
            assert sentence(structs.replace(alert("ann", state), kind=kind))
