"""The log's form on the wire: others read it, and years of it are kept."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import log
from schemas.activity import Activity, Kind
from schemas.base import INSTANT_MS_MAX, INSTANT_MS_MIN
from schemas.progress import Progress, SourceProgress
from schemas.rejection import Reason, Rejection
from schemas.reset import Reset

# MessagePack by hand: an array of 21 (0xdc 0x0015), the tag "a", then the twenty fields.
ACTIVITY = Activity("c", Kind.ORDER_PLACED, 1_700_000_000_000, "e", "t", 0, 1)
ACTIVITY_BYTES = bytes.fromhex(
    "01 dc0015 a161 a163 01 cf0000018bcfe56800 a165 a174 00 01"
    "00 a0 c0 a0 00 00 c0 c0 c0 a0 a0 a0 a0"
)
PROGRESS = Progress([SourceProgress("t", 0, 2, 5, 1_700_000_000_000, 0, [(1, 2)])])
PROGRESS_BYTES = bytes.fromhex("01 92 a170 91 97 a174 00 02 05 cf0000018bcfe56800 00 91 92 01 02")
RESET_BYTES = bytes.fromhex("01 92 a172 a174")

counts = st.integers(0, 2**63 - 1)
instants = st.integers(INSTANT_MS_MIN, INSTANT_MS_MAX)
numbers = st.none() | st.floats(allow_nan=False)
activities = st.builds(
    Activity,
    customer_id=st.text(),
    kind=st.sampled_from(Kind).map(int),
    occurred_at=instants,
    event_id=st.text(),
    topic=st.text(),
    partition=counts,
    offset=counts,
    index=counts,
    item=st.text(),
    amount=numbers,
    currency=st.text(),
    due_at=instants | st.just(0),
    opened_at=instants | st.just(0),
    rating=numbers,
    waited_seconds=numbers,
    compensation=numbers,
    owner=st.text(),
    segment=st.text(),
    channel=st.text(),
    note=st.text(),
)
progress = st.builds(
    Progress,
    st.lists(
        st.builds(
            SourceProgress,
            topic=st.text(),
            partition=counts,
            partitions=counts,
            next_offset=counts,
            watermark=instants,
            live_at=instants,
            gaps=st.lists(st.tuples(instants, instants), max_size=3),
        ),
        max_size=3,
    ),
)
resets = st.builds(Reset, topic=st.text())


@given(activities | progress | resets)
def test_what_is_written_is_read(record):
    assert log.decode(log.encode(record)) == record


@pytest.mark.parametrize(
    ("record", "value"),
    [
        pytest.param(ACTIVITY, ACTIVITY_BYTES, id="activity"),
        pytest.param(PROGRESS, PROGRESS_BYTES, id="progress"),
        pytest.param(Reset("t"), RESET_BYTES, id="reset"),
    ],
)
def test_the_bytes_on_the_wire(record, value):
    assert log.encode(record) == value
    assert log.decode(value) == record


@pytest.mark.parametrize("fields", range(7, 21))
def test_an_older_activity_has_fewer_fields_and_gets_defaults(fields):
    whole = msgspec.msgpack.decode(ACTIVITY_BYTES[1:])
    older = log.VERSION + msgspec.msgpack.encode(whole[: 1 + fields])
    assert log.decode(older) == ACTIVITY


def test_an_older_progress_has_fewer_fields_and_gets_defaults():
    older = bytes.fromhex("01 92 a170 91 95 a174 00 02 05 cf0000018bcfe56800")
    assert log.decode(older) == Progress([SourceProgress("t", 0, 2, 5, 1_700_000_000_000)])


def test_a_newer_activity_has_more_fields_and_they_are_ignored():
    newer = log.VERSION + msgspec.msgpack.encode([*msgspec.msgpack.decode(ACTIVITY_BYTES[1:]), 7])
    assert log.decode(newer) == ACTIVITY


def test_no_two_kinds_share_a_number():
    assert len({int(kind) for kind in Kind}) == len(Kind.__members__)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(None, Reason.TOMBSTONE, id="no value"),
        pytest.param(b"", Reason.TOMBSTONE, id="an empty value"),
        pytest.param(b"\x02", Reason.BAD_VALUE, id="a later version"),
        pytest.param(b'{"customer_id": "c"}', Reason.BAD_VALUE, id="JSON"),
        pytest.param(b"\x01", Reason.MALFORMED, id="only the version"),
        pytest.param(ACTIVITY_BYTES[:-1], Reason.MALFORMED, id="cut short"),
        pytest.param(ACTIVITY_BYTES + b"\x00", Reason.MALFORMED, id="a byte too many"),
        pytest.param(b"\x01\xc1", Reason.MALFORMED, id="not MessagePack"),
        pytest.param(b"\x01\x99\xa1a\xa1\xff", Reason.MALFORMED, id="not UTF-8"),
        pytest.param(b"\x01" + b"\x91" * 10_000, Reason.WRONG_TYPE, id="nested deep"),
        pytest.param(
            ACTIVITY_BYTES.replace(b"\xdc\x00\x15", b"\xdc\x00\x16", 1)
            + b"\x91" * 10_000
            + b"\x00",
            Reason.MALFORMED,
            id="nested deep in a later field",
        ),
        pytest.param(b"\x01\x92\xa1x\x00", Reason.WRONG_TYPE, id="an unknown record"),
        pytest.param(b"\x01\x92\xa1a\xa1c", Reason.WRONG_TYPE, id="an activity too short"),
        pytest.param(
            log.encode(Activity("c", 99, 1_700_000_000_000, "e", "t", 0, 1)),
            Reason.UNKNOWN_STATUS,
            id="an unknown kind",
        ),
        pytest.param(
            log.encode(Activity("c", 1, INSTANT_MS_MIN - 1, "e", "t", 0, 1)),
            Reason.BAD_TIME,
            id="before 1980",
        ),
        pytest.param(
            log.encode(Activity("c", 1, INSTANT_MS_MAX + 1, "e", "t", 0, 1)),
            Reason.BAD_TIME,
            id="after 9999",
        ),
    ],
)
def test_what_cannot_be_read_says_why(value, reason):
    outcome = log.decode(value)
    assert isinstance(outcome, Rejection)
    assert outcome.reason is reason, outcome.detail


@given(st.binary(max_size=200))
def test_any_bytes_give_a_record_or_a_rejection(value):
    for start in (b"", log.VERSION, log.VERSION + b"\xdc\x00\x15\xa1a"):
        assert isinstance(log.decode(start + value), log.Record | Rejection)


@given(data=st.data(), record=activities | progress | resets)
def test_any_damage_gives_a_record_or_a_rejection(data, record):
    value = bytearray(log.encode(record))
    at = data.draw(st.integers(0, len(value) - 1))
    value[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert isinstance(log.decode(bytes(value)), log.Record | Rejection)
