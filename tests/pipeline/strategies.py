"""Events of all kinds, in and out of order, and the settings they are folded under."""

import os
from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from pipeline.inactivity_settings import InactivityRule
from pipeline.settings import FeedSettings, PipelineSettings, RetentionSettings
from pipeline.units import DAY_MS, HOUR_MS
from pipeline.vocabulary import MATTER, Matter
from schemas.activity import Activity, Kind
from schemas.base import INSTANT_MS_MAX, INSTANT_MS_MIN
from schemas.reset import Reset
from tests.pipeline.harness import START_MS, Intake, with_settings

_EFFORT = int(os.environ.get("FUZZ_EFFORT", "1"))
_TOPICS = {Matter.ORDER: "orders", Matter.TICKET: "support-tickets"}

KINDS = sorted(Kind)
ORDERS = [kind for kind in KINDS if kind < 16]
TICKETS = [kind for kind in KINDS if 16 <= kind < 32]
TOUCHPOINTS = [kind for kind in KINDS if kind >= 32]


def examples(count: int) -> settings:
    """Return hypothesis settings for so many examples; FUZZ_EFFORT multiplies them."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=count * _EFFORT, deadline=None, suppress_health_check=slow)


_SLOW_FEED = FeedSettings(idle_hours_max=480.0, jump_hours_max=240.0)
_TOUCHY = {"base": 0.3, "order_promise_days": 3.0}

SETTINGS = {
    "default": with_settings(live_clock=False, items={"open_days_max": 20.0}),
    "touchy": with_settings(
        live_clock=False,
        frustration=_TOUCHY,
        items={"open_days_max": 8.0},
        inactivity={"level": 0.3, "critical_level": 0.4, "floor_prior_gap_days": 5.0},
        episodes={"cooldown_days": 1.0, "confirm_days": 3.0},
        feeds=dict.fromkeys(PipelineSettings().sources, _SLOW_FEED),
    ),
    "hiatus": with_settings(
        live_clock=False,
        frustration={**_TOUCHY, "step_hours": 20.0},
        items={"open_days_max": 3.0},
        inactivity={
            "rule": InactivityRule.HIATUS,
            "hiatus_days": 4.0,
            "hiatus_critical_days": 6.5,
            "horizon_days": 10.0,
        },
        episodes={"cooldown_days": 0.5, "confirm_days": 2.0},
    ),
    "mortal": with_settings(
        live_clock=False,
        frustration=_TOUCHY,
        items={"open_days_max": 20.0},
        inactivity={
            "rule": InactivityRule.HIATUS,
            "hiatus_days": 4.0,
            "hiatus_critical_days": 6.5,
            "horizon_days": 7.0,
        },
        episodes={"cooldown_days": 0.5, "confirm_days": 2.0},
        retention={"days": 7.5},
        feeds=dict.fromkeys(PipelineSettings().sources, _SLOW_FEED),
    ),
}
any_settings = st.sampled_from(sorted(SETTINGS)).map(SETTINGS.__getitem__)

_FOR_EVER = RetentionSettings(days=3_650_000.0)  # longer than from 1980 to 9999
lasting_settings = any_settings.map(lambda config: replace(config, retention=_FOR_EVER))

_STEPS_MS = [0, 1, HOUR_MS, 9 * HOUR_MS, DAY_MS, 3 * DAY_MS, 8 * DAY_MS, 30 * DAY_MS]
steps_ms = st.sampled_from(_STEPS_MS)
_RATINGS = [None, 0.0, 1.0, 2.0, 4.0, 5.0, 9.0, 10.0, float("nan")]
_DUES_MS = [None, None, -5 * DAY_MS, 0, HOUR_MS, 2 * DAY_MS, 20 * DAY_MS, 100 * DAY_MS]


@st.composite
def activities(draw, kinds=tuple(KINDS), times_ms=None, customers=4, items=3, partitions=None):
    """Draw one activity; its event id is set by whoever makes a log of it."""
    kind = draw(st.sampled_from(kinds))
    at_ms = draw(times_ms) if times_ms is not None else 0
    topic = _TOPICS.get(Matter(int(MATTER[kind])), "touchpoints")
    if kind in TICKETS:
        topic = "support-tickets"
    due = draw(st.sampled_from(_DUES_MS))
    extras = draw(st.integers(0, 3))
    return Activity(
        customer_id=f"c{draw(st.integers(1, customers))}",
        kind=int(kind),
        occurred_at=at_ms,
        event_id="",
        topic=topic,
        partition=draw(st.integers(0, (partitions or {}).get(topic, 1) - 1)),
        offset=0,
        item=f"i{draw(st.integers(1, items))}",
        amount=draw(st.sampled_from([None, 0.0, 19.9, 1e12])),
        currency=draw(st.sampled_from(["EUR", "EUR", "USD", ""])),
        due_at=0 if due is None else max(at_ms + due, INSTANT_MS_MIN),
        opened_at=at_ms - DAY_MS if extras == 1 else 0,
        rating=draw(st.sampled_from(_RATINGS)),
        waited_seconds=1e4 if extras == 2 else None,
        compensation=5.0 if extras == 3 else None,
        owner="ann" if extras == 1 else "",
        segment="gold" if extras == 2 else "",
    )


def changed(activity: Activity, **changes) -> Activity:
    """Return an activity with some fields changed."""
    names = Activity.__struct_fields__
    return Activity(**({name: getattr(activity, name) for name in names} | changes))


def dated(events, steps, start_ms=START_MS):
    """Return events with ids, each a step after the one before."""
    result, at_ms = [], start_ms
    for number, (event, step_ms) in enumerate(zip(events, steps, strict=True)):
        at_ms += step_ms
        due_ms = event.due_at and at_ms + event.due_at - INSTANT_MS_MIN
        opened_ms = at_ms - DAY_MS if event.opened_at else 0
        result.append(
            changed(
                event,
                occurred_at=at_ms,
                event_id=f"e{number}",
                due_at=due_ms,
                opened_at=opened_ms,
            )
        )
    return result


@st.composite
def histories(draw, max_size=40, **options):
    """Draw activities in the order of their time, with distinct event ids."""
    events = draw(st.lists(activities(**options), min_size=1, max_size=max_size))
    steps = draw(st.lists(steps_ms, min_size=len(events), max_size=len(events)))
    return dated(events, steps)


extreme_times_ms = st.one_of(
    st.sampled_from([INSTANT_MS_MIN, INSTANT_MS_MAX, START_MS]),
    st.integers(START_MS, START_MS + 90 * DAY_MS),
    st.integers(INSTANT_MS_MIN, INSTANT_MS_MAX),
)


@st.composite
def logs(draw, config, min_size=0, max_size=60, resets=False, **options):
    """Draw a log of anything at all: any kinds, any dates, ticks anywhere, sources made anew."""
    options = {"times_ms": extreme_times_ms} | options
    maybe = st.one_of(activities(**options), st.none())
    if resets:
        maybe = st.one_of(maybe, maybe, maybe, st.sampled_from(config.sources).map(Reset))
    events = draw(st.lists(maybe, min_size=min_size, max_size=max_size))
    intake = Intake(config, options.get("partitions") or {})
    for number, event in enumerate(events):
        if event is None:
            intake.tick()
        elif isinstance(event, Reset):
            intake.reset(event.topic)
        else:
            intake.send(changed(event, event_id=f"e{number}"))
    intake.tick()
    return intake.log
