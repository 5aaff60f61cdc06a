"""A table is what its changelog says: rows go to bytes and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codec import decode_rows, encode_rows
from pipeline.header import apply_header, decode_header, encode_header
from pipeline.settings import PipelineSettings, WindowSettings
from pipeline.table import ActivityTable
from schemas.activity import Activity, Kind
from tests.pipeline.harness import START_MS, replace_position, state
from tests.pipeline.strategies import any_settings, examples, histories


def restored(table: ActivityTable, next_offset: int = 0) -> ActivityTable:
    again = ActivityTable(table.settings, table.topic, table.partition)
    apply_header(again, decode_header(encode_header(table, next_offset)))
    assert decode_rows(again, encode_rows(table, table.store.everyone())) == []
    return again


def folded(config: PipelineSettings, events: list[Activity]) -> ActivityTable:
    table = ActivityTable(config, "log", 0)
    log = [replace_position(event, n, topic="orders") for n, event in enumerate(events)]
    table.step(log, range(len(log)))
    return table


@given(any_settings, histories(max_size=40), st.integers(0, 40))
def test_a_restored_table_goes_on_as_if_it_had_never_stopped(config, events, cut):
    log = [replace_position(event, n, topic="orders") for n, event in enumerate(events)]
    whole = ActivityTable(config, "log", 0)
    whole.step(log[:cut], range(len(log[:cut])))
    again = restored(whole, cut)
    assert state(again) == state(whole)
    rest = range(cut, cut + len(log[cut:]))
    assert again.step(log[cut:], rest).alerts == whole.step(log[cut:], rest).alerts
    assert state(again) == state(whole)
    assert encode_header(again, 9) == encode_header(whole, 9)


@given(any_settings, histories(max_size=30))
def test_encoding_twice_gives_the_same_bytes(config, events):
    table = folded(config, events)
    encoded = encode_rows(table, table.store.everyone())
    again = restored(table)
    assert encode_rows(again, again.store.everyone()) == encoded


def test_rows_of_the_longest_layout_and_odd_texts_come_back():
    config = PipelineSettings(windows=WindowSettings(buckets=64))
    texts = {"owner": "a\0", "segment": "é" * 256, "channel": "\0", "currency": "EUR"}
    kinds = (Kind.ORDER_PLACED, Kind.TICKET_OPENED)
    events = [
        Activity(
            *(f"c{n % 7}", int(kinds[n % 2]), START_MS + n, f"e{n}", "t", 0, 0),
            **texts,
            amount=n,
            note=f"{n % 3}\0",
        )
        for n in range(20)
    ]
    table = folded(config, events)
    assert state(restored(table)) == state(table)


def test_of_one_customer_the_last_row_counts():
    """As in a changelog that is not compacted yet."""
    table = folded(PipelineSettings(), [event("ann", 1), event("bob", 2)])
    old = encode_rows(table, table.store.everyone())
    table.step([replace_position(event("ann", 3), 9, topic="orders")], [9])
    new = encode_rows(table, table.store.everyone())
    again = ActivityTable(PipelineSettings())
    for rows in (old, [*old.items(), *new.items()], new):
        assert decode_rows(again, rows) == []
    assert state(again) == state(table)
    assert len(again.pools.items) == len(table.pools.items)
    decode_rows(again, [("ann", new["ann"]), ("ann", None)])
    assert state(again).keys() == {"bob"}
    assert again.store.take_changed().tolist() == []
    assert again.store.take_gone() == []


def event(who: str, number: int) -> Activity:
    at_ms = START_MS + number
    return Activity(
        who, int(Kind.ORDER_PLACED), at_ms, f"e{number}", "orders", 0, 0, item=f"o{number}"
    )


GOOD = encode_rows(folded(PipelineSettings(), [event("ann", 1)]), np.array([1]))["ann"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(b"", "version none; this program reads 3", id="nothing"),
        pytest.param(b"\x02\0\0", "version 2; this program reads 3", id="another version"),
        pytest.param(
            b"\x03\0", "2 bytes; whole words of 8, at least 5 of them, are accepted", id="cut"
        ),
        pytest.param(
            GOOD[:-8],
            f"{len(GOOD) // 8 - 1} words; by its first word it has {len(GOOD) // 8}",
            id="a word less",
        ),
        pytest.param(
            GOOD[:1] + b"\x63" + GOOD[2:],
            f"a row of 99 words; {GOOD[1]} are accepted",
            id="another layout",
        ),
        pytest.param(GOOD[:2] + b"\0\0" + GOOD[4:-8], "Input data was truncated", id="no texts"),
        pytest.param(
            GOOD[:2] + b"\1\0" + GOOD[4:-8] + b"\x90" + bytes(7),
            "0 texts; 5 are wanted",
            id="too few texts",
        ),
    ],
)
def test_what_is_no_row_is_named_and_the_others_are_read(value, reason):
    table = ActivityTable(PipelineSettings())
    assert decode_rows(table, {"ann": GOOD, "bob": value, "cem": GOOD}) == [("bob", reason)]
    assert state(table).keys() == {"ann", "cem"}


def test_a_row_that_would_stop_the_fold_is_refused():
    table = folded(PipelineSettings(), [event("ann", 1)])
    words, rows = table.store.gather(np.array([1]))
    rows["stage"] = 9
    table.store.put(np.array([1]), words)
    value = encode_rows(table, np.array([1]))["ann"]
    again = ActivityTable(PipelineSettings())
    assert decode_rows(again, {"ann": value}) == [("ann", "stage 9; 0 to 8 is accepted")]
    assert len(again) == 0


def test_a_bad_row_takes_out_an_older_good_one():
    """Else what a restore gives would depend on how far the topic has been compacted."""
    table = ActivityTable(PipelineSettings())
    decode_rows(table, {"ann": GOOD})
    assert [bad.customer_id for bad in decode_rows(table, {"ann": b""})] == ["ann"]
    assert len(table) == 0


@examples(200)
@given(
    st.binary(max_size=600)
    | st.binary(max_size=400).map(lambda rest: GOOD[:40] + rest)
    | st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)).map(
        lambda change: GOOD[: change[0]] + bytes([change[1]]) + GOOD[change[0] + 1 :]
    )
)
def test_any_bytes_are_a_row_or_refused_and_change_nothing(value):
    table = ActivityTable(PipelineSettings())
    bad = decode_rows(table, [("ann", value), ("bob", GOOD)])
    assert len(table) == 2 - len(bad)
    assert state(restored(table)) == state(table)


@given(st.integers(0, len(GOOD) - 1))
def test_a_truncated_row_is_refused(length):
    table = ActivityTable(PipelineSettings())
    assert len(decode_rows(table, {"ann": GOOD[:length]})) == 1
    assert len(table) == 0
