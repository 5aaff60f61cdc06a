"""A table is what its changelog says: rows and header go to bytes and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codec import (
    BadRowError,
    apply_header,
    decode_header,
    decode_rows,
    encode_header,
    encode_rows,
    fingerprint,
)
from pipeline.settings import ItemSettings, PipelineSettings, WindowSettings
from pipeline.table import ActivityTable
from schemas.activity import Activity, Kind
from tests.pipeline.harness import replace_position, state
from tests.pipeline.strategies import any_settings, histories

START_MS = 1_767_225_600_000
DAY_MS = 86_400_000


def restored(table: ActivityTable, next_offset: int = 0) -> ActivityTable:
    again = ActivityTable(table.settings, table.topic, table.partition)
    apply_header(again, decode_header(encode_header(table, next_offset)))
    decode_rows(again, [(i, v) for i, v in encode_rows(table, table.store.everyone()) if v])
    return again


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
    table = ActivityTable(config, "log", 0)
    table.step([replace_position(e, n, topic="orders") for n, e in enumerate(events)], range(99))
    encoded = dict(encode_rows(table, table.store.everyone()))
    again = restored(table)
    assert dict(encode_rows(again, again.store.everyone())) == encoded


def one_customer() -> ActivityTable:
    table = ActivityTable(PipelineSettings(), "log", 0)
    placed = Activity("ann", Kind.ORDER_PLACED, START_MS, "e1", "orders", 0, 0, item="o1")
    table.step([placed], [0])
    return table


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"", "row of 'ann': version none; this program reads 1"),
        (b"\x02\x00\x00", "row of 'ann': version 2; this program reads 1"),
    ],
)
def test_a_row_of_another_version_is_refused(value, message):
    with pytest.raises(BadRowError, match=message):
        decode_rows(ActivityTable(PipelineSettings()), [("ann", value)])


@given(st.binary(max_size=600))
def test_any_bytes_are_a_row_or_refused_and_change_nothing(value):
    table = ActivityTable(PipelineSettings())
    try:
        decode_rows(table, [("ann", value)])
    except BadRowError:
        assert len(table) == 0


@given(st.integers(0, 600))
def test_a_truncated_row_is_refused(length):
    [(customer_id, value)] = encode_rows(one_customer(), np.array([1]))
    if value is not None and length < len(value):
        with pytest.raises(BadRowError):
            decode_rows(ActivityTable(PipelineSettings()), [(customer_id, value[:length])])


def test_settings_that_shape_state_change_the_fingerprint_and_others_do_not():
    assert fingerprint(PipelineSettings()) == fingerprint(PipelineSettings(live_clock=False))
    assert fingerprint(PipelineSettings()) != fingerprint(
        PipelineSettings(windows=WindowSettings(buckets=8))
    )
    assert fingerprint(PipelineSettings()) != fingerprint(
        PipelineSettings(items=ItemSettings(closed_days=3))
    )
