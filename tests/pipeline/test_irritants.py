"""What irritated, in words and in log-odds, worked out by hand from weights and half-lives."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import items, memory
from pipeline.events import by_field, columns
from pipeline.frustration_settings import CAUSES, FrustrationSettings
from pipeline.interning import Interned
from pipeline.irritants import Irritant, counterfactual, irritants, load_causes, plain_name
from pipeline.rows import CAUSE
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from pipeline.vocabulary import Matter
from schemas.activity import Activity, Kind
from tests.pipeline.harness import at
from tests.pipeline.strategies import examples

SETTINGS = FrustrationSettings()
NOTHING = np.zeros(0, memory.new_pool().records.dtype)
NO_MATTER = np.zeros(0, items.new_pool().records.dtype)


def event(kind, when, cause, severity=1.0, late=0.0, name="o7"):
    [record] = found = np.zeros(1, NOTHING.dtype)
    record["kind"], record["cause"], record["at_ms"] = int(kind), CAUSE[cause], at(when)
    record["severity"], record["late_days"], record["name"] = severity, late, name.encode()
    return found


def matter(what, promised, name="o7"):
    [record] = found = np.zeros(1, NO_MATTER.dtype)
    record["matter"], record["promised_ms"], record["name"] = int(what), at(promised), name.encode()
    return found


def known_at(when):
    """Return an instant, and that everything is known up to it."""
    return at(when), np.full(4, at(when))


@pytest.mark.parametrize(
    ("kind", "late", "words"),
    [
        (Kind.ORDER_DELIVERED, 2.5, "order o7 delivered 2.5 days late on 3 Jan"),
        (Kind.ORDER_DELIVERED, 0.0, "order o7 delivered, after a queue, on 3 Jan"),
        (Kind.ORDER_CANCELLED, 0.0, "order o7 cancelled on 3 Jan"),
        (Kind.ORDER_FAILED, 0.0, "order o7 cancelled by the company on 3 Jan"),
        (Kind.ORDER_RETURNED, 0.0, "order o7 returned on 3 Jan"),
        (Kind.ORDER_REFUNDED, 0.0, "order o7 refunded on 3 Jan"),
        (Kind.TICKET_OPENED, 0.0, "a queue before ticket o7 on 3 Jan"),
        (Kind.TICKET_REPLIED, 0.0, "a queue before an answer to ticket o7 on 3 Jan"),
        (Kind.TICKET_REASSIGNED, 0.0, "ticket o7 passed on to another on 3 Jan"),
        (Kind.TICKET_REOPENED, 0.0, "ticket o7 reopened on 3 Jan"),
        (Kind.TICKET_ESCALATED, 0.0, "ticket o7 escalated on 3 Jan"),
        (Kind.TICKET_RESOLVED, 1.0, "ticket o7 resolved 1 day late on 3 Jan"),
        (Kind.TICKET_RESOLVED, 0.0, "ticket o7 resolved, after a queue, on 3 Jan"),
        (Kind.TICKET_RATED, 0.0, "ticket o7 rated poorly on 3 Jan"),
        (Kind.TICKET_ABANDONED, 0.0, "ticket o7 given up by the customer on 3 Jan"),
        (Kind.OWNER_CHANGED, 0.0, "another owner since 3 Jan"),
        (Kind.PRICE_RAISED, 0.0, "a price raised on 3 Jan"),
        (Kind.PROMISE_KEPT, 12.0, "promise o7 kept 12 days late on 3 Jan"),
        (Kind.HINDERED, 0.0, "kept from buying on 3 Jan"),
        (Kind.SURVEY_ANSWERED, 0.0, "a poor answer to a survey on 3 Jan"),
        (Kind.FOLLOW_UP, 0.0, "something on 3 Jan"),
    ],
)
def test_an_event_is_told_by_what_happened_and_when(kind, late, words):
    found = irritants(SETTINGS, event(kind, 2, "service", late=late), NO_MATTER, *known_at(9))
    assert [each.words for each in found] == [words]


def test_an_event_whose_matter_has_no_name_is_told_without():
    found = irritants(
        SETTINGS, event(Kind.TICKET_RATED, 2, "service", name=""), NO_MATTER, *known_at(9)
    )
    assert found[0].words == "ticket rated poorly on 3 Jan"


@pytest.mark.parametrize(
    ("cause", "weight"),
    [
        pytest.param("service", 1.0 * 0.8 * 2 ** (-15 / 30), id="1, half gone in 30 days"),
        pytest.param("contact", 0.5 * 0.8 * 2 ** (-15 / 14), id="a half, in 14"),
        pytest.param("price", 0.4 * 0.8 * 2 ** (-15 / 90), id="two fifths, in 90"),
    ],
)
def test_an_event_weighs_less_and_less(cause, weight):
    [found] = irritants(
        SETTINGS, event(Kind.TICKET_RATED, 2, cause, severity=0.8), NO_MATTER, *known_at(17)
    )
    assert (found.cause, found.weight) == (cause, pytest.approx(weight))


def test_what_weighs_nothing_is_not_told():
    """Orders returned weigh 0 until it is fitted."""
    assert (
        irritants(SETTINGS, event(Kind.ORDER_RETURNED, 2, "order"), NO_MATTER, *known_at(3)) == []
    )


@pytest.mark.parametrize(
    ("what", "cause", "weight", "words"),
    [
        (Matter.ORDER, "waiting", 1.0, "order o7 being 3 days overdue"),
        (Matter.TICKET, "waiting", 1.0, "ticket o7 being 3 days overdue"),
        (Matter.PROMISE, "promise", 0.7, "promise o7 being 3 days overdue"),
    ],
)
def test_what_waits_weighs_by_whole_steps(what, cause, weight, words):
    """Promised for day 2: on day 5.9 three whole days have passed."""
    [found] = irritants(SETTINGS, NOTHING, matter(what, 2), *known_at(5.9))
    assert found == Irritant(cause, pytest.approx(weight * (1 - math.exp(-3 / 5))), words)


def test_a_matter_that_is_overdue_for_less_than_a_step_weighs_nothing():
    assert irritants(SETTINGS, NOTHING, matter(Matter.ORDER, 2), *known_at(2.9)) == []


def test_the_heaviest_comes_first():
    remembered = np.concatenate(
        [
            event(Kind.OWNER_CHANGED, 2, "handover"),  # .4
            event(Kind.TICKET_REOPENED, 2, "service"),  # 1
        ]
    )
    found = irritants(
        SETTINGS, remembered, matter(Matter.ORDER, -1), *known_at(2)
    )  # 1 - exp(-3/5) = .451
    assert [each.cause for each in found] == ["service", "waiting", "handover"]


def parts(**shares):
    return np.array([shares.get(cause, 0.0) for cause in CAUSES])


def some(cause, *weights):
    return [Irritant(cause, weight, f"{cause} {weight:g}") for weight in weights]


def test_the_causes_of_a_load_sum_to_it_and_name_the_two_heaviest_events():
    found = [*some("service", 0.9, 0.5, 0.3, 0.1), *some("price", 0.2)]
    causes = load_causes(parts(service=1.8, price=0.2, handover=0.05), found)
    assert [(each.cause, each.share) for each in causes] == [
        ("service", 1.8),
        ("price", 0.2),
        ("handover", 0.05),
    ]
    assert [each.detail for each in causes] == [
        "service 0.9, service 0.5, and 2 more",
        "price 0.2",
        "being handed from one to another",  # what it came from is not remembered any more
    ]


@pytest.mark.parametrize(
    ("weights", "missing", "words"),
    [
        pytest.param((1.0, 0.4), 0.3, "a 0.4", id="one is enough: the least that is"),
        pytest.param((0.8, 0.2, 0.2), 0.3, "a 0.8", id="only the heaviest is enough"),
        pytest.param((0.5, 0.45, 0.25), 0.6, "a 0.45, and a 0.25,", id="two, the least that are"),
    ],
)
def test_without_what_it_would_not_have_been_raised(weights, missing, words):
    load = sum(weights)
    told = counterfactual(some("a", *weights), load, load - missing)
    assert told == f"without {words} it would not have been raised"


def test_of_many_that_are_little_no_two_are_to_blame():
    assert counterfactual(some("a", *[0.2] * 6), 1.2, 0.7) is None


def test_what_only_brings_the_load_down_to_its_limit_is_not_enough():
    """It is raised at the limit already."""
    assert counterfactual(some("a", 0.5), 1.5, 1.0) is None
    assert counterfactual([], 1.5, 1.0) is None


def kept(name):
    told = Activity("ada", int(Kind.ORDER_FAILED), at(1), "e", "orders", 0, 0, item=name)
    events = columns(by_field([told]), np.zeros(1, np.int64), np.ones(1, np.int64), Interned())
    record = np.zeros(1, NOTHING.dtype)
    record["name"] = events.name
    return plain_name(bytes(record["name"][0]))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        pytest.param("o7", "o7", id="short"),
        pytest.param("507f1f77bcf86cd799439011", "507f1f77bcf86cd799439011", id="24 bytes"),
        pytest.param("507f1f77bcf86cd7994390112", "507f1f77bcf86cd799439011…", id="25 bytes"),
        pytest.param("x" * 400, "x" * 24 + "…", id="long"),
        pytest.param("é" * 12, "é" * 12, id="24 bytes, of 12 letters"),
        pytest.param("a" + "é" * 12, "a" + "é" * 11 + "…", id="no half letters"),
    ],
)
def test_a_name_is_told_in_full_up_to_24_bytes(name, told):
    assert kept(name) == told


happened = st.lists(
    st.tuples(
        st.floats(0, 60),
        st.sampled_from(
            (
                Kind.ORDER_PLACED,
                Kind.ORDER_DELIVERED,
                Kind.ORDER_FAILED,
                Kind.TICKET_OPENED,
                Kind.TICKET_REOPENED,
                Kind.TICKET_RESOLVED,
                Kind.TICKET_RATED,
                Kind.PROMISE_MADE,
                Kind.PROMISE_KEPT,
                Kind.PRICE_RAISED,
            )
        ),
        st.sampled_from(("x", "y", "z")),
        st.floats(0, 60),
    ),
    min_size=1,
    max_size=8,
)


@examples(60)
@given(happened, st.floats(60, 65))
def test_what_irritates_sums_to_the_load_by_cause(events, now):
    """As far as no more than eight are remembered, and none of them is forgotten yet."""
    log = [
        Activity(
            "ada",
            int(kind),
            at(when),
            f"e{n}",
            "orders",
            0,
            n,
            item=item,
            due_at=at(due),
            rating=1.0,
        )
        for n, (when, kind, item, due) in enumerate(events)
    ]
    table = ActivityTable(PipelineSettings(sources=("orders",)), "log", 0)
    table.step(log, range(len(log)))
    row, now_ms = table.store.rows_of(["ada"]), np.array([at(now)])
    _, rows = table.store.gather(row)
    known_ms = table.feeds.known_now_ms(now_ms)
    reading = table.judge.frustration.read(table.pools.items, rows, now_ms, known_ms)
    [remembered] = memory.recall(table.pools.memory, rows["memory"], now_ms)
    [waiting] = items.overdue_now(table.pools.items, rows["items"], now_ms, known_ms)
    found = irritants(SETTINGS, remembered, waiting, at(now), known_ms[0])
    weights = [sum(each.weight for each in found if each.cause == cause) for cause in CAUSES]
    assert weights == pytest.approx(reading.parts[0].tolist(), abs=1e-9)
