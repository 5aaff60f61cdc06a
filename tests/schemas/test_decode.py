"""Any bytes give a record or a rejection with the right reason; the good ones are unaffected."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.decode import convert_row, convert_rows, decode_many
from schemas.order import Canceller, Order, OrderStatus
from schemas.rejection import DETAIL_LENGTH_MAX, Reason, Rejection
from tests.schemas.records import BAD, DECODERS, GOOD, LATEST_MS, NO_RECORD, REQUIRED

FORMS = [pytest.param(form, id=form.__name__) for form in DECODERS]
GOOD_AT_MS = 1_709_208_000_250  # 2024-02-29T12:00:00.250Z


def good(form, **changes):
    return json.dumps({**GOOD[form], **changes}).encode()


@pytest.mark.parametrize("form", FORMS)
def test_a_good_record_keeps_every_field(form):
    record = DECODERS[form](good(form), LATEST_MS)
    assert isinstance(record, form)
    assert {name for name in GOOD[form] if getattr(record, name) is None} == set()


def test_the_values_of_an_order():
    order = DECODERS[Order](good(Order), LATEST_MS)
    assert (order.event_id, order.order_id, order.customer_id) == ("e1", "o1", "c1")
    assert (order.status, order.by) == (OrderStatus.CANCELLED, Canceller.COMPANY)
    assert (order.amount, order.currency) == (12.5, "EUR")


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_value_is_rejected_with_its_reason_alone_and_among_good_ones(bad):
    alone = DECODERS[bad.form](bad.record(), LATEST_MS)
    assert isinstance(alone, Rejection)
    assert alone.reason is bad.reason, alone.detail
    assert len(alone.detail) <= DETAIL_LENGTH_MAX
    values = [good(bad.form, event_id="before"), bad.record(), good(bad.form, event_id="after")]
    many = decode_many(values, bad.form, LATEST_MS)
    assert [record.event_id for record in many.records] == ["before", "after"]
    assert many.at_ms == [GOOD_AT_MS, GOOD_AT_MS]
    assert many.rejections == [(1, alone)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("value", "reason"), NO_RECORD)
def test_what_is_no_record_is_rejected(form, value, reason):
    assert DECODERS[form](value, LATEST_MS).reason is reason


@pytest.mark.parametrize("form", FORMS)
def test_two_records_in_one_value_are_rejected(form):
    outcome = DECODERS[form](good(form) + good(form), LATEST_MS)
    assert outcome.reason is Reason.MALFORMED


@pytest.mark.parametrize("form", FORMS)
def test_no_value_is_a_tombstone(form):
    assert DECODERS[form](None, LATEST_MS).reason is Reason.TOMBSTONE
    many = decode_many([None, good(form)], form, LATEST_MS)
    assert [(at, why.reason) for at, why in many.rejections] == [(0, Reason.TOMBSTONE)]
    assert len(many.records) == 1


@pytest.mark.parametrize(
    ("form", "field"),
    [(form, field) for form in DECODERS for field in GOOD[form] if field in REQUIRED],
)
def test_a_missing_field_is_named(form, field):
    value = json.dumps({name: it for name, it in GOOD[form].items() if name != field}).encode()
    assert DECODERS[form](value, LATEST_MS) == Rejection(
        Reason.MISSING_FIELD, f"Object missing required field `{field}`"
    )


@pytest.mark.parametrize("form", FORMS)
def test_only_the_required_fields_are_needed(form):
    value = json.dumps({name: it for name, it in GOOD[form].items() if name in REQUIRED}).encode()
    assert isinstance(DECODERS[form](value, LATEST_MS), form)


@pytest.mark.parametrize("form", FORMS)
def test_unknown_fields_are_ignored_and_the_last_of_a_name_counts(form):
    value = good(form)[:-1] + b', "new": [1, {"x": "\\u0000"}], "event_id": "e2"}'
    assert DECODERS[form](value, LATEST_MS).event_id == "e2"


@pytest.mark.parametrize(
    ("occurred_at", "accepted"),
    [
        pytest.param(LATEST_MS, True, id="the latest"),
        pytest.param("2027-01-15T08:00:00Z", True, id="the latest, as text"),
        pytest.param("2027-01-15T09:00:00+01:00", True, id="the latest, with an offset"),
        pytest.param("2027-01-15T08:00:00.001Z", False, id="a millisecond after it"),
        pytest.param(315_532_800_000, True, id="the first of 1980"),
        pytest.param("1980-01-01T00:00:00Z", True, id="the first of 1980, as text"),
        pytest.param("1980-01-01T00:00:00+00:01", False, id="a minute before, by its offset"),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_the_bounds_of_time(form, occurred_at, accepted):
    outcome = DECODERS[form](good(form, occurred_at=occurred_at), LATEST_MS)
    assert isinstance(outcome, form) is accepted


@pytest.mark.parametrize(
    ("occurred_at", "detail"),
    [
        pytest.param(
            "2999-01-01T00:00:00Z",
            "`occurred_at` is 2999-01-01T00:00:00Z; at most 2027-01-15T08:00:00Z is accepted",
            id="in the future",
        ),
        pytest.param(
            "1970-01-01T01:00:00+01:00",
            "`occurred_at` is 1970-01-01T00:00:00Z; from 1980-01-01T00:00:00Z on is accepted",
            id="the epoch",
        ),
        pytest.param(
            "9999-12-31T23:59:59-01:00",
            "`occurred_at` is 253402304399000 ms; at most 2027-01-15T08:00:00Z is accepted",
            id="beyond the calendar",
        ),
        pytest.param(
            "0001-01-01T00:00:00+01:00",
            "`occurred_at` is -62135600400000 ms; from 1980-01-01T00:00:00Z on is accepted",
            id="before the calendar",
        ),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_a_rejected_date_is_told_as_a_date(form, occurred_at, detail):
    """As people write it, and beside what would be accepted."""
    assert DECODERS[form](good(form, occurred_at=occurred_at), LATEST_MS).detail == detail


@given(st.binary(max_size=200))
def test_any_bytes_give_a_record_or_a_rejection(value):
    for form, decode in DECODERS.items():
        assert isinstance(decode(value, LATEST_MS), form | Rejection)


@given(data=st.data(), form=st.sampled_from(list(DECODERS)))
def test_any_damage_to_a_good_record_gives_a_record_or_a_rejection(data, form):
    value = bytearray(good(form))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(value) - 1))
        value[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    outcome = DECODERS[form](bytes(value), LATEST_MS)
    assert isinstance(outcome, form | Rejection)
    many = decode_many([bytes(value)], form, LATEST_MS)
    assert outcome in (*many.records, *(why for _, why in many.rejections))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data(), form=st.sampled_from(list(DECODERS)), value=JSON_VALUES)
def test_any_value_in_any_field_gives_a_record_or_a_rejection(data, form, value):
    field = data.draw(st.sampled_from(list(GOOD[form])))
    assert isinstance(DECODERS[form](good(form, **{field: value}), LATEST_MS), form | Rejection)


CELLS = {
    form: {name: str(value) for name, value in fields.items()} for form, fields in GOOD.items()
}


@pytest.mark.parametrize("form", FORMS)
def test_a_row_of_text_gives_what_json_gives(form):
    assert convert_row(CELLS[form], form, LATEST_MS) == DECODERS[form](good(form), LATEST_MS)


@pytest.mark.parametrize(
    ("field", "cell", "reason"),
    [
        pytest.param("event_id", "", Reason.MISSING_FIELD, id="an empty cell is missing"),
        pytest.param("event_id", "\udcff", Reason.MALFORMED, id="a lone surrogate"),
        pytest.param("event_id", "x" * 1_000_000, Reason.BAD_VALUE, id="a 1 MB id"),
        pytest.param("amount", "nan", Reason.BAD_VALUE, id="not a number"),
        pytest.param("amount", "inf", Reason.BAD_VALUE, id="infinite"),
        pytest.param("amount", "-inf", Reason.BAD_VALUE, id="minus infinite"),
        pytest.param("amount", "12,5", Reason.WRONG_TYPE, id="a decimal comma"),
        pytest.param("amount", "9" * 5_000, Reason.BAD_VALUE, id="5000 digits"),
        pytest.param("status", "Placed", Reason.UNKNOWN_STATUS, id="another case"),
        pytest.param("occurred_at", "", Reason.MISSING_FIELD, id="no time"),
        pytest.param("occurred_at", "nan", Reason.BAD_TIME, id="a time that is no number"),
        pytest.param("occurred_at", "1700000000", Reason.BAD_TIME, id="seconds"),
        pytest.param("occurred_at", "9" * 30, Reason.BAD_TIME, id="a huge time"),
        pytest.param("occurred_at", "2024-02-29 12:00", Reason.BAD_TIME, id="a time with no zone"),
        pytest.param("occurred_at", "2999-01-01T00:00:00Z", Reason.IN_THE_FUTURE, id="2999"),
        pytest.param("promised_at", "soon", Reason.BAD_TIME, id="no promise"),
    ],
)
def test_a_bad_cell_is_rejected_with_its_reason_alone_and_among_good_ones(field, cell, reason):
    bad = {**CELLS[Order], field: cell}
    alone = convert_row(bad, Order, LATEST_MS)
    assert isinstance(alone, Rejection)
    assert alone.reason is reason, alone.detail
    many = convert_rows([CELLS[Order], bad, CELLS[Order]], Order, LATEST_MS)
    assert [record.event_id for record in many.records] == ["e1", "e1"]
    assert many.rejections == [(1, alone)]


@given(data=st.data(), form=st.sampled_from(list(DECODERS)))
def test_any_cell_gives_a_record_or_a_rejection(data, form):
    field = data.draw(st.sampled_from(list(GOOD[form])))
    cell = data.draw(st.text(st.characters(codec=None)) | st.floats().map(str))
    outcome = convert_row({**CELLS[form], field: cell}, form, LATEST_MS)
    assert isinstance(outcome, form | Rejection)


@given(st.text(st.characters(codec=None)))
def test_a_detail_is_one_bounded_line(detail):
    rejection = Rejection.of(Reason.MALFORMED, detail)
    assert len(rejection.detail) <= DETAIL_LENGTH_MAX
    assert rejection.detail.splitlines() in ([], [rejection.detail])
