"""The rules of the core, as properties of any log at all (DESIGN: rules of the core)."""

from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import structs

from pipeline.units import DAY_MS
from pipeline.vocabulary import MATTER
from schemas.activity import Activity, Kind
from schemas.alert import State
from schemas.progress import Progress
from schemas.reset import Reset
from tests.pipeline.harness import (
    START_MS,
    Intake,
    at,
    facts,
    fold,
    fold_one_by_one,
    outcomes_of,
    replace_position,
    state,
    summed,
    unplaced,
)
from tests.pipeline.strategies import (
    KINDS,
    ORDERS,
    SETTINGS,
    activities,
    any_settings,
    changed,
    dated,
    examples,
    histories,
    lasting_settings,
    logs,
    steps_ms,
)

settings_and_logs = any_settings.flatmap(lambda config: st.tuples(st.just(config), logs(config)))

with_resets = any_settings.flatmap(
    lambda config: st.tuples(st.just(config), logs(config, resets=True))
)

# Nobody's life ends but by FORGET.
lasting_logs = lasting_settings.flatmap(lambda config: st.tuples(st.just(config), logs(config)))

long_logs = any_settings.flatmap(
    lambda config: st.tuples(st.just(config), logs(config, min_size=30, customers=2))
)

LASTING = [kind for kind in KINDS if kind not in (Kind.FORGET, Kind.CLOSED)]


# 1. Facts are order-free.


@st.composite
def reorderings(draw):
    """Draw two orders of the same events that agree on the order within each item."""
    times_ms = st.integers(START_MS, START_MS + 60 * DAY_MS)
    drawn = draw(st.lists(activities(LASTING, times_ms, customers=2), min_size=2, max_size=14))
    events = [
        # One currency, as which is a customer's own depends on which comes first.
        changed(event, event_id=f"e{n}", currency="EUR")
        for n, event in enumerate(drawn)
    ]
    placed = Counter(
        (e.customer_id, e.occurred_at // DAY_MS) for e in events if e.kind == Kind.ORDER_PLACED
    )
    assume(all(count <= 2 for count in placed.values()))  # of three a day none is taken back
    moved = draw(st.permutations(events))
    queues = defaultdict(list)
    for event in events:
        queues[matter_of(event)].append(event)
    return events, [queues[matter_of(event)].pop(0) for event in moved]


def matter_of(event):
    """Return the item that an event is about; without one it stands for itself."""
    matter = int(MATTER[event.kind])
    return (event.customer_id, matter, event.item) if matter else event.event_id


@examples(120)
@given(lasting_settings, reorderings())
def test_facts_are_order_free(config, two_orders):
    found = []
    for events in two_orders:
        log = [replace_position(event, n, topic="orders") for n, event in enumerate(events)]
        found.append(facts(fold(config, log)[0], START_MS + 61 * DAY_MS))
    first, second = found
    assert first.keys() == second.keys()
    for customer, known in first.items():
        for name, value in known.items():
            expected = value if name == "items" else pytest.approx(value, rel=1e-9, abs=1e-9)
            assert second[customer][name] == expected, name


# 2. Twice is once.


@examples(25)
@given(long_logs, st.data())
def test_what_is_sent_again_changes_nothing(config_and_log, data):
    """Intake starts again from anywhere, and sends the rest again under new offsets."""
    config, log = config_and_log
    begin = data.draw(st.integers(0, len(log)))
    end = data.draw(st.integers(begin, len(log)))
    again = [record for record in log[begin:end] if not isinstance(record, Progress)]
    once, alerts = fold(config, log[:end])
    table, alerts_again = fold(config, [*log[:end], *again], [end])
    assert state(table) == state(once)
    assert alerts_again == alerts


@examples(60)
@given(lasting_logs, st.integers(1, 4))
def test_what_the_source_says_again_soon_changes_nothing(config_and_log, memory):
    """Known by its event id while it is among the customer's last four."""
    config, log = config_and_log
    # Who is forgotten is forgotten: nothing is left to know a copy by.
    events = [record for record in log if not isinstance(record, Progress)]
    events = [event for event in events if event.kind != Kind.FORGET]
    own = [event for event in events if event.customer_id == "c1"][-memory:]
    copies = [changed(event, offset=10_000 + n) for n, event in enumerate(own)]
    once, alerts = fold(config, events)
    twice, alerts_twice = fold(config, [*events, *copies])
    assert state(twice) == state(once)
    assert alerts_twice == alerts


def test_a_source_made_anew_is_heard_from_its_beginning():
    first = Activity("ann", int(Kind.ORDER_PLACED), at(1), "e1", "orders", 0, 7)
    again = changed(first, event_id="e2", offset=0)
    other = changed(first, event_id="e3", topic="touchpoints")
    copy = changed(other, event_id="e4")
    log = [first, other, again, Reset("orders"), again, copy]
    _, outcomes = outcomes_of(SETTINGS["default"], log)
    assert summed(outcomes)[1] == [3, 2, 0, 0, 0]  # applied, then copies by position


# 3. Batch is loop.


@examples(60)
@given(with_resets, st.data())
def test_batch_is_loop(config_and_log, data):
    """Rows, open items, episodes, dues and alerts are those of folding one by one, to the bit."""
    config, log = config_and_log
    splits = data.draw(st.lists(st.integers(0, len(log)), max_size=3))
    table, outcomes = outcomes_of(config, log, splits)
    single, outcomes_single = outcomes_of(config, log, range(len(log)))
    assert state(table) == state(single)
    assert summed(outcomes) == summed(outcomes_single)


@examples(20)
@given(any_settings, histories(max_size=60, customers=1, items=40))
def test_batch_is_loop_for_a_heavy_customer(config, events):
    """All of a batch is one customer's, with more open items than are kept."""
    log = [replace_position(event, n, topic="orders") for n, event in enumerate(events)]
    table, alerts = fold(config, log)
    single, alerts_single = fold_one_by_one(config, log)
    assert state(table) == state(single)
    assert alerts == alerts_single


def test_batch_is_loop_for_many_customers():
    """Arithmetic on thousands of rows gives the last bits of arithmetic on one."""
    config = SETTINGS["touchy"]
    kinds = [Kind.ORDER_PLACED, Kind.HINDERED, Kind.TICKET_REOPENED, Kind.ORDER_DELIVERED]
    rng = np.random.default_rng(7)
    intake = Intake(config)
    times_ms = np.sort(rng.integers(START_MS, START_MS + 20 * DAY_MS, 900))
    for number, at_ms in enumerate(times_ms.tolist()):
        kind = kinds[rng.integers(len(kinds))]
        event = Activity(
            f"c{rng.integers(300)}",
            int(kind),
            at_ms,
            f"e{number}",
            "support-tickets" if kind == Kind.TICKET_REOPENED else "orders",
            partition=0,
            offset=0,
            item=f"i{rng.integers(3)}",
            amount=float(rng.integers(1, 100)),
            currency="EUR",
        )
        intake.send(event)
    intake.tick()
    table, alerts = fold(config, intake.log)
    single, alerts_single = fold_one_by_one(config, intake.log)
    assert len(alerts) > 100
    assert state(table) == state(single)
    assert alerts == alerts_single


@examples(25)
@given(with_resets)
def test_the_same_log_gives_the_same_state_and_alerts(config_and_log):
    config, log = config_and_log
    first, alerts = fold(config, log)
    second, alerts_again = fold(config, log)
    assert state(first) == state(second)
    assert alerts == alerts_again


# 4. Time comes from the log, and how often it is told changes nothing but how soon.


@st.composite
def ticked(draw):
    """Draw one history, and two logs of it that differ in their ticks alone.

    Each source partition is in the order of its time; CLOSED is left out, which is no event of
    the feed whose silence it ends.
    """
    config = draw(any_settings)
    kinds = [*[kind for kind in KINDS if kind != Kind.CLOSED], *[Kind.ORDER_PLACED] * 30]
    partitions = {"support-tickets": 2}
    drawn = st.lists(
        activities(kinds, customers=3, partitions=partitions), min_size=15, max_size=40
    )
    events = draw(drawn)
    steps = draw(st.lists(steps_ms, min_size=len(events), max_size=len(events)))
    events = dated(events, steps)
    if draw(st.booleans()):
        config = replace(config, sources=("orders",))
        partitions = {}
        events = [changed(event, topic="orders", partition=0) for event in events]
    elif draw(st.booleans()):
        moved = draw(st.permutations(events))
        queues = defaultdict(list)
        for event in events:
            queues[event.topic, event.partition].append(event)
        events = [queues[event.topic, event.partition].pop(0) for event in moved]
    ticks = draw(st.lists(st.booleans(), min_size=len(events), max_size=len(events)))
    sparse, dense = Intake(config, partitions), Intake(config, partitions)
    for event, tick in zip(events, ticks, strict=True):
        dense.tick()
        if tick:
            sparse.tick()
        dense.send(event)
        sparse.send(event)
    dense.tick()
    sparse.tick()
    return config, sparse.log, dense.log


@examples(25)
@given(ticked())
def test_how_often_the_clock_ticks_changes_no_alert(case):
    config, sparse, dense = case
    table, outcomes = outcomes_of(config, sparse)
    table_dense, outcomes_dense = outcomes_of(config, dense)
    assert unplaced(outcomes) == unplaced(outcomes_dense)
    assert table.clock.now_ms == table_dense.clock.now_ms
    assert table.store.everyone().size == table_dense.store.everyone().size


# 5. A number is never bare.


@examples(80)
@given(settings_and_logs)
def test_what_a_score_is_made_of_sums_to_it(config_and_log):
    config, log = config_and_log
    for alert in fold(config, log)[1]:
        if alert.outcome is not None:
            continue
        shares = [cause.share for cause in alert.causes]
        assert sum(shares) == pytest.approx(alert.score, abs=1e-9)
        assert min(shares, default=0.0) >= -1e-12
        assert alert.limit > 0


# 6. Unseen is not zero.


@examples(60)
@given(any_settings, histories(kinds=[k for k in KINDS if k != Kind.ORDER_PLACED]))
def test_who_never_ordered_has_no_order_model(config, events):
    intake = Intake(config)
    for event in events:
        intake.send(event)
    intake.tick()
    for alert in fold(config, intake.log)[1]:
        assert alert.kind in ("frustration", "quiet_after_trouble", "neglect", "handover")
        assert alert.outcome in (None, "left", "unknown")  # only a farewell can tell
        assert alert.churn_probability is None
        assert alert.value_at_risk is None
        assert alert.stage == "assess"


# What follows from them: any log at all can be folded, and episodes are lawful.

LAWFUL = {
    None: {State.RAISED},
    State.RAISED: {
        State.ESCALATED,
        State.EASED,
        State.RESOLVED,
        State.LOST,
        State.EXPIRED,
        State.RETRACTED,
    },
    State.ESCALATED: {
        State.ESCALATED,  # nobody reacted, and then it got worse
        State.EASED,
        State.RESOLVED,
        State.LOST,
        State.EXPIRED,
        State.RETRACTED,
    },
    State.EASED: {State.RAISED, State.RESOLVED, State.LOST, State.EXPIRED, State.RETRACTED},
}
ENDS = {State.RESOLVED, State.LOST, State.EXPIRED, State.RETRACTED}


@examples(120)
@given(lasting_logs)
def test_episodes_are_lawful(config_and_log):
    """Legal moves, one open at a time, revisions consecutive, levels and cooldown kept."""
    config, log = config_and_log
    current = {}
    forgotten = {n for n, r in enumerate(log) if getattr(r, "kind", 0) == Kind.FORGET}
    for alert in fold_one_by_one(config, log)[1]:
        key = alert.customer_id, alert.kind
        if alert.outcome is not None:
            if key in current and alert.alert_id == current[key].alert_id:
                assert alert.revision == current[key].revision + 1, "a closing counts"
                assert alert.occurred_at >= current[key].occurred_at
                current[key] = structs.replace(current[key], revision=alert.revision)
            continue
        before = current.get(key)
        since = range(before.source.offset, alert.source.offset) if before else ()
        if any(n in forgotten and log[n].customer_id == alert.customer_id for n in since):
            before = None
        if before and before.state not in ENDS:
            assert alert.alert_id == before.alert_id, "one open episode of a kind"
            assert alert.revision == before.revision + 1
            assert alert.state in LAWFUL[before.state]
            assert alert.occurred_at >= before.occurred_at
        else:
            # What stood behind a graver trouble is told later, as it stands by then.
            assert alert.state in (State.RAISED, State.ESCALATED)
            assert alert.state is State.ESCALATED or alert.revision >= 1
            if before:
                quiet = (alert.occurred_at - before.occurred_at).total_seconds() / 86_400
                assert quiet >= config.episodes.cooldown_days - 1e-9
        if alert.state in (State.RAISED, State.ESCALATED):
            by_load = alert.kind in ("frustration", "remorse")
            ratio = config.frustration.exit_ratio if by_load else 1.0
            assert alert.score >= alert.limit * ratio * (1 - 1e-9)
        if alert.kind == "frustration" and alert.state in (State.EASED, State.EXPIRED):
            ratio = config.frustration.exit_ratio / config.frustration.enter_ratio
            eased_first = before.state is State.EASED
            assert eased_first or alert.score < alert.limit * ratio
        current[key] = alert


@examples(150)
@given(settings_and_logs)
def test_any_log_can_be_folded(config_and_log):
    """Dates from 1980 to 9999, all kinds in any order: time goes on, and sums stay finite."""
    config, log = config_and_log
    table, _ = fold(config, log)
    rows = table.store.gather(table.store.everyone())[1]
    assert np.isfinite(rows["loads"]).all()
    assert (rows["loads"] >= -1e-6).all()
    assert (rows["order_days"] >= 0).all()
    assert (rows["orders"] >= 0).all()
    assert table.pools.items.count(rows["items"]).max(initial=0) <= 16


@examples(30)
@given(any_settings, histories(kinds=[*ORDERS, Kind.FORGET], customers=2))
def test_who_is_forgotten_starts_anew(config, events):
    """After FORGET a customer is as one never seen before."""
    last = max((n for n, e in enumerate(events) if e.kind == Kind.FORGET), default=None)
    assume(last is not None)
    who = events[last].customer_id
    log = [replace_position(event, n, topic="orders") for n, event in enumerate(events)]
    after = [record for record in log[last + 1 :] if record.customer_id == who]
    table, fresh = fold(config, log)[0], fold(config, after)[0]
    assert facts(table, at(999)).get(who) == facts(fresh, at(999)).get(who)
    assert (who in state(table)) == bool(after)
