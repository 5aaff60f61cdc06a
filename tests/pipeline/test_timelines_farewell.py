"""What became of an alert where churn is a farewell, as stories: `churn_label: closed`.

The alert is raised on day 1, by a rating of 1 of 5; the horizon is ninety days, so to day 91.
"""

import pytest

from pipeline.churn_settings import ChurnLabel
from schemas.activity import Kind
from tests.pipeline.harness import day
from tests.pipeline.story import only, told

ORDER, CLOSED, RATED = Kind.ORDER_PLACED, Kind.CLOSED, Kind.TICKET_RATED
HARD = {"base": 0.9, "purchase_buffer": 0.0}  # a rating of 1, which weighs 1, is too much
LABELS = (ChurnLabel.CLOSED, ChurnLabel.SILENCE)


def outcomes(label, *happened, sources=("orders",), last=96):
    """Return (kind, outcome, day) of every closing."""
    settings = only(frustration=HARD, churn_label=label, sources=sources)
    story = told(settings, last, (1, RATED, {"rating": 1.0}), *happened)
    story.alerts()
    return [(str(c.kind), str(c.outcome), day(c.occurred_at)) for c in story.closings]


def outcome(label, *happened, **kw):
    [(_, what, when)] = outcomes(label, *happened, **kw)
    return what, when


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        pytest.param([], ("came_back", 91), id="no farewell in the horizon: she stayed"),
        pytest.param([(0, ORDER)], ("came_back", 91), id="however long she is silent"),
        pytest.param([(0, ORDER), (30, ORDER)], ("came_back", 91), id="an order decides nothing"),
        pytest.param([(40, CLOSED)], ("left", 40), id="a farewell"),
        pytest.param([(0, ORDER), (40, CLOSED)], ("left", 40), id="of who had ordered"),
        pytest.param([(30, ORDER), (40, CLOSED)], ("left", 40), id="of who had ordered since"),
        pytest.param([(91, CLOSED)], ("left", 91), id="at the last instant of the horizon"),
        pytest.param([(91.5, CLOSED)], ("came_back", 91), id="a farewell after the horizon"),
        pytest.param([(40, CLOSED), (41, ORDER)], ("left", 40), id="it is final when told"),
        pytest.param([(40, CLOSED), (50, CLOSED)], ("left", 40), id="a second farewell"),
    ],
)
def test_who_says_farewell_within_the_horizon_left_and_who_does_not_stayed(happened, expected):
    assert outcome(ChurnLabel.CLOSED, *happened) == expected


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        pytest.param(
            [(40, CLOSED, {"arrives": 60})],
            ("left", 40),
            id="dated within the horizon",
        ),
        pytest.param(
            [(40, CLOSED, {"arrives": 60}), (50, RATED, {"rating": 5.0})],
            ("left", 40),
            id="though something later was known of her",
        ),
        pytest.param(
            [(40, CLOSED, {"arrives": 94})],
            ("came_back", 91),
            id="heard of once the horizon is over: what was told is final",
        ),
        pytest.param(
            [(0.5, CLOSED, {"arrives": 8})],
            ("left", 1),
            id="dated before the alert: she had left by then",
        ),
        pytest.param(
            [(0.5, CLOSED, {"arrives": 60}), (40, ORDER)],
            ("came_back", 91),
            id="dated before the alert, and an order since: she is a customer again",
        ),
        pytest.param(
            [(30, CLOSED, {"arrives": 60}), (40, ORDER)],
            ("left", 30),
            id="within the horizon, and an order since",
        ),
    ],
)
def test_a_farewell_that_is_heard_late_counts_by_its_date(happened, expected):
    """After some 20 days the alert has ended of itself, so it is only the ledger that waits."""
    assert outcome(ChurnLabel.CLOSED, (0, ORDER), *happened) == expected


@pytest.mark.parametrize("label", LABELS)
def test_a_closing_is_never_dated_before_the_last_move_of_its_alert(label):
    """On day 6 she rates, so her time stands there when the farewell of day 4 is heard."""
    happened = (0, ORDER), (6, RATED, {"rating": 5.0}), (4, CLOSED, {"arrives": 7})
    assert outcome(label, *happened) == ("left", 6)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(
    ("ordered", "alerts"),
    [
        pytest.param((39, {"arrives": 41}), 1, id="before it, heard late: she is still gone"),
        pytest.param((45, {}), 2, id="after it: a customer again"),
    ],
)
def test_an_order_takes_a_farewell_back_only_if_it_comes_after_it(label, ordered, alerts):
    """Rated 1 again on day 50, who is gone raises no alarm."""
    when, fields = ordered
    happened = (0, ORDER), (40, CLOSED), (when, ORDER, fields), (50, RATED, {"rating": 1.0})
    found = outcomes(label, *happened, last=145)
    assert len(found) == alerts
    assert found[0] == ("frustration", "left", 40)


def test_dead_time_of_the_orders_feed_makes_the_horizon_longer():
    """No order of anyone between days 50 and 100: ninety days alive are over on day 141."""
    assert dead() == ("came_back", 141)
    assert dead((95, CLOSED, {"topic": "touchpoints"})) == ("left", 95)
    assert dead((141.5, CLOSED, {"topic": "touchpoints"})) == ("came_back", 141)


def dead(*happened):
    quiet = [
        (when, Kind.PROMOTED, {"topic": "touchpoints", "who": f"other at {when}"})
        for when in range(51, 100)
    ]
    sources = ("orders", "touchpoints")
    settings = only(frustration=HARD, churn_label=ChurnLabel.CLOSED, sources=sources)
    story = told(settings, 50, (1, RATED, {"rating": 1.0}), *happened, *quiet).lives(100, 145)
    story.alerts()
    [closing] = story.closings
    return str(closing.outcome), day(closing.occurred_at)


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        pytest.param([(40, CLOSED, {"arrives": 60})], ("left", 40), id="heard late"),
        pytest.param([(91.5, CLOSED)], ("unknown", 91), id="after the horizon"),
        pytest.param(
            [(0, ORDER), (0.5, CLOSED, {"arrives": 60}), (40, ORDER)],
            ("came_back", 40),
            id="an order comes first",
        ),
    ],
)
def test_by_silence_a_farewell_counts_by_its_date_too(happened, expected):
    assert outcome(ChurnLabel.SILENCE, *happened) == expected


def test_every_open_alert_of_who_leaves_is_closed_by_her_farewell():
    """Remorse by an order two days late, then frustration by the rating."""
    settings = only("remorse", frustration=HARD, churn_label=ChurnLabel.CLOSED)
    late = (0, ORDER, {"item": "o", "due": 2.25})
    story = told(settings, 41, late, (9, RATED, {"rating": 1.0}), (40, CLOSED))
    alerts = story.alerts()
    assert {str(a.kind) for a in alerts} == {"remorse", "frustration"}
    found = {(str(c.kind), str(c.outcome), day(c.occurred_at)) for c in story.closings}
    assert found == {("remorse", "left", 40), ("frustration", "left", 40)}
