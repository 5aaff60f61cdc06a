"""At the cap nobody new is taken in; whatever frees a row lets the next one in, and not before."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.settings import RetentionSettings
from pipeline.table import ActivityTable
from schemas.activity import Activity, Kind
from schemas.progress import Progress, SourceProgress
from tests.pipeline.harness import at, outcomes_of, state, summed
from tests.pipeline.story import alone
from tests.pipeline.strategies import KINDS, SETTINGS, examples, logs

TWO = alone(retention={"days": 100.0, "customers_max": 2})


def event(who, kind, day, offset=0):
    return Activity(who, int(kind), at(day), f"{who}{day}{kind}", "orders", 0, offset)


def log_of(*told):
    """Return events (who, kind, day) and ticks (a day) as a log."""
    return [
        Progress([SourceProgress("orders", 0, 1, 0, at(each))])
        if isinstance(each, int)
        else event(*each, offset)
        for offset, each in enumerate(told)
    ]


REVIEWED, FORGET = Kind.REVIEWED, Kind.FORGET


@pytest.mark.parametrize(
    ("told", "known", "refused"),
    [
        pytest.param(
            [("a", REVIEWED, 1), ("b", REVIEWED, 1), ("c", REVIEWED, 1), ("a", REVIEWED, 2)],
            "ab",
            1,
            id="first come, first served; known ones go on",
        ),
        pytest.param(
            [
                ("a", REVIEWED, 1),
                ("b", REVIEWED, 1),
                ("c", REVIEWED, 1),
                ("a", FORGET, 2),
                ("c", REVIEWED, 3),
            ],
            "bc",
            1,
            id="a row that is freed is for who comes after",
        ),
        pytest.param(
            [("a", REVIEWED, 1), ("b", REVIEWED, 1), ("x", FORGET, 2), ("c", REVIEWED, 3)],
            "ab",
            1,
            id="to forget who is not known frees nothing, and is not refused",
        ),
        pytest.param(
            [
                ("a", REVIEWED, 1),
                ("b", REVIEWED, 50),
                50,
                ("c", REVIEWED, 60),
                102,
                ("c", REVIEWED, 102),
            ],
            "bc",
            1,
            id="a tick that evicts frees a row",
        ),
        pytest.param(
            [("a", REVIEWED, 1), ("b", REVIEWED, 1), ("a", REVIEWED, 200), ("c", REVIEWED, 200)],
            "ab",
            1,
            id="a new life of who is known takes her old row",
        ),
    ],
)
def test_who_is_taken_in(told, known, refused):
    log = log_of(*told)
    for splits in ((), range(len(log))):
        table, outcomes = outcomes_of(TWO, log, splits)
        assert "".join(sorted(state(table))) == known
        assert sum(outcome.refused for outcome in outcomes) == refused


@st.composite
def crowded(draw):
    """Draw a log of more customers than are taken in, with much that frees rows."""
    config = SETTINGS[draw(st.sampled_from(["mortal", "touchy"]))]
    few = RetentionSettings(days=config.retention.days, customers_max=draw(st.integers(1, 3)))
    config = replace(config, retention=few)
    kinds = [*KINDS, *[Kind.FORGET] * 12]
    log = draw(logs(config, min_size=10, kinds=kinds, customers=6, resets=True))
    return config, log, draw(st.lists(st.integers(0, len(log)), max_size=3))


@examples(120)
@given(crowded())
def test_batch_is_loop_at_the_cap(case):
    config, log, splits = case
    table, outcomes = outcomes_of(config, log, splits)
    single, outcomes_single = outcomes_of(config, log, range(len(log)))
    assert len(table) <= config.retention.customers_max
    assert state(table) == state(single)
    assert summed(outcomes) == summed(outcomes_single)


def test_a_flood_of_made_up_customers_takes_no_memory():
    """What it costs, `benchmarks.step` tells."""
    flood = [event(f"made-up-{n}", REVIEWED, 2, 2 + n) for n in range(20_000)]
    table = ActivityTable(TWO)
    table.step(log_of(("a", REVIEWED, 1), ("b", REVIEWED, 1)), [0, 1])
    before = table.nbytes
    outcome = table.step(flood, range(2, 2 + len(flood)))
    assert outcome.refused == len(flood)
    assert table.nbytes == before
