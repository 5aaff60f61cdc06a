"""The parts of the chaos run that need no Kafka: its plan, and that a planted difference is found.

What compares has to be seen failing: a run that holds says nothing otherwise.
"""

import json
from collections import Counter
from dataclasses import replace
from itertools import islice

import msgspec
import pytest

from agents.files.log_dump import write_log
from agents.shop.shop import Shop
from agents.sources import SOURCES
from pipeline.codec import encode_header, encode_rows
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from schemas.activity import Activity
from schemas.base import instant, milliseconds
from schemas.progress import Progress, SourceProgress
from tests.faults.chaos import read_back, verify
from tests.faults.chaos.changelog import HEADER, ROW, kept, read_table
from tests.faults.chaos.feed import java_place
from tests.faults.chaos.plan import Kind, plan
from tests.faults.chaos.scenario import scenario
from tests.faults.chaos.standing import Stands, Stillness
from tests.faults.chaos.worker import Worker
from tests.faults.test_chaos import SEEDS
from tests.pipeline.harness import replace_position

FORMS = {source.topic: source for source in SOURCES}
SETTINGS = PipelineSettings(live_clock=False)
TOPIC = "customer-activity"


def test_a_seed_gives_one_plan():
    assert plan(scenario(7)) == plan(scenario(7))
    assert scenario(7) == scenario(7)
    assert plan(scenario(7)) != plan(scenario(8))


@pytest.mark.parametrize("seed", range(1, 26))
def test_a_longer_run_has_every_kind_within_its_time(seed):
    one = scenario(seed)
    faults = plan(one)
    assert {fault.kind for fault in faults} == set(Kind)
    assert faults[0].at_seconds > 0
    assert faults[-1].at_seconds < one.seconds
    assert all(fault.worker < one.workers for fault in faults)
    assert [f.at_seconds for f in faults] == sorted(f.at_seconds for f in faults)
    frozen = [fault.seconds for fault in faults if fault.kind is Kind.FREEZE]
    assert min(frozen) > one.session_seconds
    assert [f.seconds for f in faults if f.kind is Kind.BROKER_AWAY] == [60]


def test_the_short_seeds_have_every_kind_between_them():
    kinds = {fault.kind for seed in SEEDS for fault in plan(scenario(seed, short=True))}
    assert kinds == set(Kind)


def test_the_command_gives_the_same_scenario():
    one = scenario(9, short=True, events=500)
    assert one.command == (
        "python -m tests.faults.chaos --seed 9 --events 500 --workers 2 --seconds 18 --short"
    )
    assert scenario(9, short=True, events=500, workers=2, seconds=18) == one


def the_log(events=2_500):
    """A log as one source partition of each source would write it, with a tick now and then."""
    offsets, newest_ms, records = Counter(), Counter(), []
    for number, event in enumerate(islice(Shop(scenario(1, events=events).shop).events(), events)):
        source = FORMS[event.source]
        value = msgspec.convert(event.record, source.form)
        at_ms = milliseconds(value.occurred_at)
        place = source.topic, 0, offsets[source.topic]
        records.append(source.to_activity(value, at_ms, *place))
        offsets[source.topic] += 1
        newest_ms[source.topic] = at_ms
        if number % 50 == 49:
            sources = [SourceProgress(t, 0, 1, offsets[t], newest_ms[t]) for t in FORMS]
            records.append(Progress(sources))
    return records


@pytest.fixture(scope="module")
def log_records():
    return the_log()


@pytest.fixture(scope="module")
def activities(log_records):
    return [record for record in log_records if isinstance(record, Activity)]


def folded(records, size):
    table, alerts = ActivityTable(SETTINGS, TOPIC, 0), []
    for begin in range(0, len(records), size):
        part = records[begin : begin + size]
        alerts += table.step(part, range(begin, begin + len(part))).alerts
    return table, alerts


@pytest.fixture(scope="module")
def sent(log_records):
    alerts = folded(log_records, 500)[1]
    assert len(alerts) > 20
    return [msgspec.structs.replace(alert, detected_at=instant(1)) for alert in alerts]


@pytest.fixture(scope="module")
def fold_alerts(log_records):
    return folded(log_records, 700)[1]


def test_a_log_with_copies_is_as_the_sources(activities):
    again = [*activities[:100], *activities[40:]]
    assert list(verify.log_differences(0, again, activities)) == []
    assert len(verify.without_copies(again)[1]) == 60


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(lambda log: log[:40] + log[41:], "should be", id="one is lost"),
        pytest.param(lambda log: log[:-1], "nothing is there", id="the last is lost"),
        pytest.param(
            lambda log: [*log[:40], replace_position(log[40], log[40].offset, note="x"), *log[41:]],
            "note='x'",
            id="one is changed",
        ),
        pytest.param(
            lambda log: [*log, replace_position(log[40], log[40].offset, note="x")],
            "a copy of offset",
            id="a copy is changed",
        ),
        pytest.param(
            lambda log: [*log, replace_position(log[-1], 10**6)],
            "offset 1000000.0 is there, nothing should be",
            id="one came from nowhere",
        ),
        pytest.param(
            lambda log: [log[0], *sorted(log[1:], key=lambda a: -a.offset)],
            "should be",
            id="disorder",
        ),
    ],
)
def test_a_log_that_is_not_the_sources_is_found(activities, spoil, told):
    found = list(verify.log_differences(0, spoil(activities), activities))
    assert found
    assert told in " ".join(found)


def test_alerts_are_compared_but_for_when_they_were_sent(sent, fold_alerts):
    assert list(verify.alert_differences(sent, fold_alerts)) == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(lambda alerts: alerts[1:], "was never sent", id="one is missing"),
        pytest.param(lambda alerts: [*alerts, alerts[-1]], "was sent 2 times", id="one is doubled"),
        pytest.param(
            lambda alerts: [*alerts, msgspec.structs.replace(alerts[-1], revision=99)],
            "the fold has none",
            id="one is made up",
        ),
        pytest.param(
            lambda alerts: [msgspec.structs.replace(alerts[0], score=-1.0), *alerts[1:]],
            "score is -1.0, should be",
            id="one is changed",
        ),
        pytest.param(lambda alerts: alerts[::-1], "stands after revision", id="disorder"),
    ],
)
def test_alerts_that_are_not_the_folds_are_found(sent, fold_alerts, spoil, told):
    found = list(verify.alert_differences(spoil(sent), fold_alerts))
    assert found
    assert told in " ".join(found)


def compacted(table, next_offset):
    rows = encode_rows(table, table.store.everyone())
    return {
        HEADER: encode_header(table, next_offset),
        **{ROW + customer.encode(): row for customer, row in rows},
    }


def test_a_table_read_back_is_the_fold_however_it_was_batched(log_records):
    """Restored in mid-log, and batched otherwise: still the same to the bit."""
    half = len(log_records) // 2
    table, _ = folded(log_records[:half], 300)
    restored, _ = read_table(SETTINGS, TOPIC, 0, compacted(table, half))
    restored.step(log_records[half:], range(half, len(log_records)))
    there = read_table(SETTINGS, TOPIC, 0, compacted(restored, len(log_records)))
    assert there is not None
    assert there[1] == len(log_records)
    expected = kept(folded(log_records, 7)[0], len(log_records))
    assert list(verify.table_differences(0, kept(*there), expected)) == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        pytest.param(lambda k, c: {**k.rows, c: k.rows[c] + b"x"}, "bytes, should be", id="longer"),
        pytest.param(
            lambda k, c: {**k.rows, c: k.rows[c][:50] + b"~" + k.rows[c][51:]},
            "1 of",
            id="one byte changed",
        ),
        pytest.param(
            lambda k, c: {n: row for n, row in k.rows.items() if n != c}, "is missing", id="missing"
        ),
        pytest.param(
            lambda k, c: {**k.rows, "ghost": k.rows[c]}, "ghost: should not be there", id="ghost"
        ),
    ],
)
def test_a_row_that_is_not_the_folds_is_found(log_records, spoil, told):
    right = kept(folded(log_records, 500)[0], 9)
    wrong = replace(right, rows=spoil(right, sorted(right.rows)[3]))
    [line] = verify.table_differences(5, wrong, right)
    assert line.startswith("row[5] of ")
    assert told in line


def test_a_header_that_is_not_the_folds_is_found(log_records):
    right = kept(folded(log_records, 500)[0], 9)
    wrong = replace(right, header={**right.header, "positions": []})
    [line] = verify.table_differences(5, wrong, right)
    assert line.startswith("header[5]: positions is [], should be [(")


def test_a_changelog_without_a_header_is_no_table():
    assert read_table(SETTINGS, TOPIC, 0, {ROW + b"ann": b"x"}) is None


def test_a_dump_is_folded_up_to_an_offset(log_records, tmp_path):
    path = tmp_path / "log-0.jsonl"
    with path.open("wb") as out:
        write_log(log_records, range(len(log_records)), out)
    table, alerts = read_back.replayed(SETTINGS, 0, path, 1_000)
    expected, expected_alerts = folded(log_records[:1_000], 100)
    assert kept(table, 0) == kept(expected, 0)
    assert alerts == expected_alerts


def test_only_the_first_differences_are_told():
    assert verify.first("log", iter("abcde")) == ["log: a", "log: b", "log: c", "log: and 2 more"]
    assert verify.first("log", []) == []


def test_who_stands_still_with_more_to_read_is_found(monkeypatch):
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    stillness = Stillness()
    at = {("orders", 0): Stands(5, 9), ("orders", 1): Stands(9, 9)}
    assert list(stillness.stuck(at, 0.0, 30)) == []
    now = 31.0
    assert list(stillness.stuck(at, calm_since=20.0, seconds_max=30)) == [], "a fault was on"
    assert list(stillness.stuck(at, 0.0, 30)) == ["orders[0] stands at 5 of 9"]
    moved = {**at, ("orders", 0): Stands(6, 9)}
    assert list(stillness.stuck(moved, 0.0, 30)) == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("churnwatch: watchdog ends the process: no fetch for 61 s\n", "no fetch for 61 s"),
        (
            '{"level": "critical", "message": "Worker ends: no broker."}\n',
            "Worker ends: no broker.",
        ),
        ("Segmentation fault\n", ""),
        ("Worker ends: log[1]: fence raised AssertionError: not started.\n", ""),
    ],
)
def test_a_worker_that_ends_says_why(tmp_path, said, why):
    worker = Worker("w1", tmp_path, scenario(1), "127.0.0.1:9")
    worker.said_file.write_text(said)
    assert worker.why().endswith(why)
    assert bool(worker.why()) == bool(why)


def test_what_a_worker_could_not_catch_is_told(tmp_path):
    worker = Worker("w1", tmp_path, scenario(1), "127.0.0.1:9")
    plain = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\nOops: no\n'
    worker.said_file.write_text(plain + json.dumps({"exception": plain.rstrip()}) + "\n")
    [first, second] = worker.tracebacks()
    assert first == 'Oops: no (File "a.py", line 1, in f)'
    assert second.startswith("Oops: no (File ")


@pytest.mark.parametrize(
    ("key", "murmur2"), [(b"21", -973932308), (b"foobar", -790332482), (b"abc", 479470107)]
)
def test_a_key_is_placed_as_java_does(key, murmur2):
    """The hashes are those of Kafka's own tests; the sign bit is masked out."""
    assert java_place(key, 8) == (murmur2 & 0x7FFFFFFF) % 8
