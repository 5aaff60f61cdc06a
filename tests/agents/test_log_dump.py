"""A dump of the log: what is written is read, and what cannot be read is refused with its line."""

import io

from hypothesis import given
from hypothesis import strategies as st

from agents.files.log_dump import read_log, write_log
from schemas.activity import Activity, Kind
from schemas.progress import Progress, SourceProgress
from tests.agents.timeline import START_MS

ACTIVITY = Activity("ann", int(Kind.ORDER_PLACED), START_MS, "e1", "orders", 0, 7, amount=2.5)
PROGRESS = Progress([SourceProgress("orders", 0, 1, 8, START_MS, START_MS + 5, [(1, 2)])])


def dump(tmp_path, *lines):
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"\n".join(lines))
    records, offsets, refused = [], [], []
    for chunk in read_log(path):
        records += chunk.records
        offsets += chunk.offsets
        refused += chunk.refused
    return records, offsets, [(each.line, each.reason) for each in refused]


def lines_of(records, offsets):
    file = io.BytesIO()
    write_log(records, offsets, file)
    return file.getvalue().splitlines()


def test_what_is_written_is_read(tmp_path):
    lines = lines_of([ACTIVITY, PROGRESS], [40, 42])
    assert dump(tmp_path, *lines) == ([ACTIVITY, PROGRESS], [40, 42], [])


def test_the_form_of_a_line():
    """The bytes are those of the wire: version 1, then MessagePack, here of an empty Progress."""
    assert lines_of([Progress([])], [3]) == [b'{"offset":3,"value":"AZKhcJA=","key":null}']


def test_what_cannot_be_read_is_refused_with_its_line(tmp_path):
    (good,) = lines_of([ACTIVITY], [5])
    records, offsets, refused = dump(
        tmp_path,
        good,
        b"no json",
        good,
        b'{"offset":9,"value":null}',
        b'{"offset":9,"value":"AAAA"}',
        b'{"offset":9}',
        b"",
        lines_of([PROGRESS], [10])[0],
    )
    assert (records, offsets) == ([ACTIVITY, PROGRESS], [5, 10])
    assert refused == [
        (2, "malformed"),
        (3, "bad_value"),  # an offset that does not rise
        (4, "tombstone"),
        (5, "bad_value"),  # another version
        (6, "wrong_type"),
    ]


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("log") / "log.jsonl"
    path.write_bytes(data)
    for chunk in read_log(path):
        assert len(chunk.records) == len(chunk.offsets)
