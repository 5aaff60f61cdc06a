"""What is too old is not told; what stands when the present is reached is told once."""

from datetime import UTC, datetime, timedelta
from itertools import chain

import msgspec

from agents.live.muting import Muting
from schemas.alert import Alert, AlertKind, LogPosition, Severity, State

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NOW_MS = round(NOW.timestamp() * 1000)
HOUR_MS = 3_600_000


def alert(alert_id, hours_ago, state=State.RAISED, revision=1, customer_id="ann"):
    return Alert(
        alert_id=alert_id,
        revision=revision,
        customer_id=customer_id,
        kind=AlertKind.INACTIVITY,
        state=state,
        severity=Severity.WARNING,
        score=0.7,
        limit=0.7,
        churn_probability=0.7,
        value_at_risk=None,
        currency=None,
        stage="adopt",
        causes=[],
        advice="",
        occurred_at=NOW - timedelta(hours=hours_ago),
        detected_at=NOW,
        source=LogPosition("log", 0, 0),
    )


def muting():
    return Muting(24 * HOUR_MS)


def test_what_is_recent_is_sent_and_what_is_old_is_not():
    old, recent = alert("a", 48), alert("b", 1)
    assert muting().sift([old, recent], NOW_MS) == ([recent], [old])


def test_zero_mutes_nothing():
    old = alert("a", 100_000)
    assert Muting(0).sift([old], NOW_MS) == ([old], [])


def test_what_stands_when_caught_up_is_sent_once():
    mute, old = muting(), alert("a", 48)
    mute.sift([old], NOW_MS)
    assert mute.caught_up(NOW_MS - 25 * HOUR_MS, NOW_MS) == []
    assert mute.caught_up(NOW_MS - HOUR_MS, NOW_MS) == [old]
    assert mute.caught_up(NOW_MS, NOW_MS) == []


def test_what_was_over_before_the_present_is_never_sent():
    mute = muting()
    mute.sift([alert("a", 48), alert("a", 47, State.RESOLVED, 2)], NOW_MS)
    assert mute.caught_up(NOW_MS, NOW_MS) == []


def test_a_later_transition_that_is_sent_stands_for_the_earlier_ones():
    mute, escalated = muting(), alert("a", 1, State.ESCALATED, 2)
    assert mute.sift([alert("a", 48), escalated], NOW_MS)[0] == [escalated]
    assert mute.caught_up(NOW_MS, NOW_MS) == []


def test_who_is_voided_is_not_told_of():
    mute, other = muting(), alert("b", 48, customer_id="bob")
    mute.sift([alert("a", 48), other], NOW_MS)
    assert not mute.void("a"), "so nobody has to be told that it means nothing"
    assert mute.caught_up(NOW_MS, NOW_MS) == [other]


def test_what_is_kept_back_survives_a_restart():
    """Stored change by change, in JSON, and taken in again."""
    mute = muting()
    mute.sift([alert("a", 48), alert("b", 48)], NOW_MS)
    stored = [mute.take_changed()]
    mute.sift([alert("b", 47, State.EXPIRED, 2)], NOW_MS)
    stored.append(mute.take_changed())
    assert [[alert_id for alert_id, _ in some] for some in stored] == [["a", "b"], ["b"]]
    again = muting()
    for alert_id, kept in chain(*stored):
        raw = None if kept is None else msgspec.json.encode(kept)
        again.restore(alert_id, raw and msgspec.json.decode(raw, type=Alert))
    assert again.take_changed() == []
    assert again.caught_up(NOW_MS, NOW_MS) == [alert("a", 48)]
