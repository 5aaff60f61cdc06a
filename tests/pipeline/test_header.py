"""The header says where a partition goes on, and whether the settings still fit."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.churn_settings import ChurnLabel, ChurnModel
from pipeline.codec import decode_rows, encode_rows
from pipeline.frustration_settings import CauseWeights
from pipeline.header import (
    BadHeaderError,
    Header,
    apply_header,
    deciding,
    decode_header,
    encode_header,
    fingerprint,
)
from pipeline.order_model import OrderModel
from pipeline.settings import FeedSettings, PipelineSettings, ValueSettings
from pipeline.table import ActivityTable
from schemas.activity import Activity, Kind
from schemas.progress import Progress, SourceProgress
from tests.pipeline.harness import at, outcomes_of, unplaced, with_settings
from tests.pipeline.story import alone
from tests.pipeline.strategies import examples
from tests.pipeline.test_rules import ticked

SHAPE, DECIDE, NEITHER = (True, False), (False, True), (False, False)
BOTH = (True, True)  # of what shapes state, some decides as well


@pytest.mark.parametrize(
    ("parts", "changes"),
    [
        ({"frustration": {"late_days_scale": 4.0}}, BOTH),
        ({"frustration": {"queue_seconds_free": 4.0}}, BOTH),
        ({"frustration": {"queue_seconds_scale": 4.0}}, BOTH),
        ({"frustration": {"ticket_promise_hours": 4.0}}, BOTH),
        ({"frustration": {"order_promise_days": 4.0}}, BOTH),
        ({"frustration": {"purchase_half_life_days": 400.0}}, BOTH),
        ({"windows": {"buckets": 8}}, SHAPE),
        ({"items": {"closed_days": 3.0}}, SHAPE),
        ({"stages": {"admit_days": 3.0}}, SHAPE),
        ({"retention": {"days": 300.0}}, SHAPE),
        ({"retention": {"customers_max": 9}}, SHAPE),
        ({"sources": ("orders",)}, SHAPE),
        ({"frustration": {"base": 2.0}}, DECIDE),
        ({"frustration": {"step_hours": 2.0}}, DECIDE),
        ({"inactivity": {"level": 0.6}}, DECIDE),
        ({"order_model": OrderModel(r=0.5)}, DECIDE),
        ({"episodes": {"cooldown_days": 2.0}}, DECIDE),
        ({"feeds": {"orders": FeedSettings(idle_hours_max=30.0)}}, DECIDE),
        ({"feeds": {"touchpoints": FeedSettings(idle_hours_max=30.0)}}, DECIDE),
        ({"values": {"EUR": ValueSettings(mean_amount=50.0)}}, DECIDE),
        ({"churn_label": ChurnLabel.CLOSED}, DECIDE),
        ({"churn_model": ChurnModel(intercept=1.0)}, DECIDE),
        ({"second_order": {"enabled": True}}, DECIDE),
        ({"quiet_after_trouble": {"days": 15.0}}, DECIDE),
        ({"remorse": {"load": 0.4}}, DECIDE),
        ({"stalled": {"affirm_days": 31.0}}, DECIDE),
        ({"neglect": {"days": 3.0}}, DECIDE),
        ({"handover": {"days": 31.0}}, DECIDE),
        ({"advice": {"*/*/*": "Call."}}, NEITHER),
        ({"concessions": {"compensations_min": 4}}, NEITHER),
        ({"control": {"share": 0.1}}, NEITHER),
        ({"budget": {"alerts_per_hour": 5}}, NEITHER),
        ({"live_clock": False}, NEITHER),
    ],
    ids=str,
)
def test_what_a_setting_changes(parts, changes):
    before, after = PipelineSettings(), with_settings(**parts)
    found = (fingerprint(before) != fingerprint(after), deciding(before) != deciding(after))
    assert found == changes


def moved_on(table: ActivityTable, settings: PipelineSettings) -> tuple[ActivityTable, bool]:
    """Return a table restored under other settings, and whether it has to look at everyone."""
    again = ActivityTable(settings, table.topic, table.partition)
    other = apply_header(again, decode_header(encode_header(table, 2)))
    decode_rows(again, encode_rows(table, table.store.everyone()))
    return again, other


def tick(day):
    return Progress([SourceProgress("orders", 0, 1, 0, at(day))])


def test_a_lower_level_finds_who_is_over_it_already():
    """A load of 1 (a case that failed) is under ln 3, and over 0.9."""
    patient, touchy = alone(), alone(frustration={"base": 0.9})
    table = ActivityTable(patient)
    failed = Activity("ann", int(Kind.TICKET_REOPENED), at(1), "e1", "orders", 0, 0, item="t1")
    assert table.step([failed, tick(1)], [0, 1]).alerts == []
    assert moved_on(table, patient)[1] is False
    again, other = moved_on(table, touchy)
    assert other is True
    assert again.step([tick(1.01)], [2]).alerts == []
    again.look_at_everyone()
    [alert] = again.step([tick(1.02)], [3]).alerts
    assert (alert.customer_id, alert.state) == ("ann", "raised")


# What nobody can know while a feed is silent is looked at by steps of its own; an additional look
# may come to it up to a step earlier.
BELIEVED = {topic: FeedSettings(idle_hours_max=1e5) for topic in PipelineSettings().sources}
NO_WAITING = CauseWeights(waiting=0.0, promise=0.0)
WAITING_KINDS = ("quiet_after_trouble", "remorse", "neglect", "handover")


@examples(40)
@given(ticked(), st.integers(1, 9), st.booleans())
def test_to_look_at_everyone_once_more_changes_no_alert(case, every, believed):
    """Where feeds may die, of kinds that do not wait for what they should tell."""
    config, _, log = case
    if believed:
        config = replace(config, feeds=BELIEVED)
    else:
        frustration = replace(config.frustration, weights=NO_WAITING)
        off = {kind: replace(getattr(config, kind), enabled=False) for kind in WAITING_KINDS}
        config = replace(config, frustration=frustration, **off)
    table, alone_outcomes = outcomes_of(config, log)
    looking, outcomes = ActivityTable(config, table.topic, table.partition), []
    for begin in range(0, len(log), every):
        part = log[begin : begin + every]
        outcomes.append(looking.step(part, range(begin, begin + len(part))))
        looking.look_at_everyone()
    assert unplaced(outcomes) == unplaced(alone_outcomes)


def test_a_header_of_version_1_is_read_and_fits_nothing():
    old = ["old", 7, [("orders", 0, 5, 1)], {"now": 3, "partitions": {}, "read": []}]
    value = msgspec.msgpack.encode([1, *old, {"gaps": [], "newest": []}])
    header = decode_header(value)
    assert header.next_offset == 7
    assert header.fingerprint != fingerprint(PipelineSettings())
    table = ActivityTable(PipelineSettings())
    assert apply_header(table, header) is True
    assert table.positions.state() == {("orders", 0): (5, 1)}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"", "header of 0 bytes: Input data was truncated"),
        (
            msgspec.msgpack.encode(Header(4, "", 0, [], {}, {})),
            "header version 4; this program reads 1 to 3",
        ),
    ],
)
def test_what_is_no_header_is_refused(value, message):
    with pytest.raises(BadHeaderError, match=message):
        decode_header(value)
