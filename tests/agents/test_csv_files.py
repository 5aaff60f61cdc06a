"""CSV files: the good rows of a bad file are read, the bad ones have their place."""

import csv
import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.files.blocks import BLOCK_BYTES, LINE_BYTES_MAX
from agents.files.reader import FileError, chunks
from schemas.order import Order
from schemas.rejection import Reason
from schemas.ticket import Ticket
from schemas.touchpoint import Touchpoint
from tests.schemas.records import DECODERS, GOOD, LATEST_MS

HEADER = "event_id,order_id,customer_id,status,occurred_at,amount,note"
GOOD_AT_MS = 1_709_208_000_250


def row(event_id="e", note=""):
    return f"{event_id},o,c,placed,{GOOD_AT_MS},9.5,{note}"


def as_bytes(*lines):
    return b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("csv")


def read(path, form=Order):
    """Return the event ids, and the refused of a file."""
    found = list(chunks(path, form, LATEST_MS))
    ids = [record.event_id for chunk in found for record in chunk.records]
    return ids, [each for chunk in found for each in chunk.refused]


def read_bytes(folder, data, form=Order):
    path = folder / "orders.csv"
    path.write_bytes(data)
    return read(path, form)


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL], ids=["plain", "quoted"])
@pytest.mark.parametrize("form", [Order, Ticket, Touchpoint])
def test_a_row_gives_what_json_gives(folder, form, quoting):
    text = io.StringIO()
    writer = csv.writer(text, quoting=quoting)
    writer.writerows([GOOD[form].keys(), GOOD[form].values()])
    path = folder / "rows.csv.gz"
    path.write_bytes(gzip.compress(text.getvalue().encode()))
    (chunk,) = [chunk for chunk in chunks(path, form, LATEST_MS) if chunk.records]
    json_record = DECODERS[form](json.dumps(GOOD[form]).encode(), LATEST_MS)
    assert chunk.records == [json_record]
    assert chunk.at_ms == [GOOD_AT_MS]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(as_bytes(HEADER, row("1"), row("2")), id="plain"),
        pytest.param(as_bytes(HEADER, row("1"), row("2"), ""), id="a line end at the end"),
        pytest.param(as_bytes(HEADER, row("1"), row("2")).replace(b"\n", b"\r\n"), id="Windows"),
        pytest.param(b"\xef\xbb\xbf" + as_bytes(HEADER, row("1"), row("2")), id="byte order mark"),
        pytest.param(as_bytes("", HEADER, "", row("1"), "  ", row("2"), ""), id="empty lines"),
        pytest.param(as_bytes(HEADER, row("1", '"a,b"'), row("2", '"say ""x"""')), id="quotes"),
        pytest.param(as_bytes(HEADER, row("1", '"two\nlines"'), row("2")), id="a quoted line end"),
        pytest.param(as_bytes(HEADER, row("1", "é\u2028\x85"), row("2")), id="odd line ends"),
        pytest.param(as_bytes(HEADER, row("1", "x" * 1_000_000), row("2")), id="a cell of 1 MB"),
        pytest.param(
            as_bytes(HEADER, row("1", '"' + "x,y" * 300_000 + '"'), row("2")), id="quoted, of 1 MB"
        ),
        pytest.param(
            as_bytes(HEADER, row("1", '"' + "line\n" * 200_000 + '"'), row("2")), id="200,000 lines"
        ),
        pytest.param(
            as_bytes(
                " event_id , order_id,customer_id,status,occurred_at,amount,note",
                row("1"),
                row("2"),
            ),
            id="spaces in the header",
        ),
    ],
)
def test_good_files(folder, data):
    assert read_bytes(folder, data) == (["1", "2"], [])


def test_a_file_of_many_blocks(folder):
    count = 3 * BLOCK_BYTES // len(row())
    lines = [row(str(number), '"two\nlines"' if number % 7 == 0 else "") for number in range(count)]
    ids, refused = read_bytes(folder, as_bytes(HEADER, *lines))
    assert ids == [str(number) for number in range(count)]
    assert not refused


def test_a_line_end_in_a_quoted_cell_is_kept(folder):
    path = folder / "owners.csv"
    path.write_text(
        "event_id,order_id,customer_id,status,occurred_at,owner\n"
        f'e,o,c,placed,{GOOD_AT_MS},"ann\nlee"\n',
        newline="",
    )
    owners = [it.owner for chunk in chunks(path, Order, LATEST_MS) for it in chunk.records]
    assert owners == ["ann\nlee"]


@pytest.mark.parametrize(
    "bad", [row("a\0b"), row() + ",", row().encode() + b"\xff", row(note='"open')]
)
def test_a_bad_row_far_down_is_refused_with_its_place(folder, bad):
    """Past the block that holds the header, where whole blocks are read at once."""
    count = 3 * BLOCK_BYTES // len(row())
    rows = [row(str(number)) for number in range(count)]
    ids, refused = read_bytes(folder, as_bytes(HEADER, *rows[:-5], bad, *rows[-5:]))
    assert ids == [str(number) for number in range(count)]
    found = [(one.line, one.reason, one.raw) for one in refused]
    assert found == [(count - 5 + 2, Reason.MALFORMED, as_bytes(bad))]


@pytest.mark.parametrize(
    ("bad", "reason", "detail"),
    [
        pytest.param("x", Reason.MALFORMED, "1 cells; the header has 7", id="too few cells"),
        pytest.param(row() + ",", Reason.MALFORMED, "8 cells; the header has 7", id="too many"),
        pytest.param(",,,,,,", Reason.MISSING_FIELD, "`event_id`", id="all cells empty"),
        pytest.param(row(""), Reason.MISSING_FIELD, "`event_id`", id="no id"),
        pytest.param(row("x" * 10_000), Reason.BAD_VALUE, "event_id", id="an id of 10 kB"),
        pytest.param(row().replace("placed", "lost"), Reason.UNKNOWN_STATUS, "'lost'", id="status"),
        pytest.param(row().replace("9.5", "nan"), Reason.BAD_VALUE, "amount", id="nan"),
        pytest.param(row().replace("9.5", "-inf"), Reason.BAD_VALUE, "amount", id="infinite"),
        pytest.param(row().replace("9.5", "9;5"), Reason.WRONG_TYPE, "amount", id="no number"),
        pytest.param(
            row().replace(str(GOOD_AT_MS), "0"), Reason.BAD_TIME, "occurred_at", id="1970"
        ),
        pytest.param(
            row().replace(str(GOOD_AT_MS), "2999-01-01T00:00:00Z"),
            Reason.IN_THE_FUTURE,
            "2999-01-01T00:00:00Z",
            id="2999",
        ),
        pytest.param(row("a\0b"), Reason.MALFORMED, "NUL", id="a NUL byte"),
        pytest.param(row().encode() + b"\xff", Reason.MALFORMED, "0xff", id="not UTF-8"),
        pytest.param(row().encode() + b"\xed\xa0\x80", Reason.MALFORMED, "0xed", id="surrogate"),
        pytest.param(row(note="a\rb"), Reason.MALFORMED, "new-line", id="a lone carriage return"),
        pytest.param(row(note='"a"b'), Reason.MALFORMED, "'\"'", id="text after a quoted cell"),
        pytest.param(row(note='"open'), Reason.MALFORMED, "unexpected end", id="an open quote"),
    ],
)
def test_a_bad_row_is_refused_with_its_place_alone_and_among_good_ones(folder, bad, reason, detail):
    raw = as_bytes(bad)
    for before, after in (([], []), ([row("1"), row("2")], [row("3"), "", row("4")])):
        ids, refused = read_bytes(folder, as_bytes(HEADER, *before, bad, *after))
        assert ids == ["1", "2", "3", "4"][: len(before) + len(after)]
        (one,) = refused
        assert (one.path, one.line) == (folder / "orders.csv", len(before) + 2)
        assert (one.reason, one.raw) == (reason, raw)
        assert detail in one.detail


def test_a_bad_row_of_several_lines_is_refused_as_a_whole(folder):
    bad = row(note='"two\nlines"').replace("placed", "lost")
    ids, refused = read_bytes(folder, as_bytes(HEADER, row("1"), bad, row("2")))
    assert ids == ["1", "2"]
    found = [(one.line, one.reason, one.raw) for one in refused]
    assert found == [(3, Reason.UNKNOWN_STATUS, bad.encode())]


def test_a_quote_that_is_never_closed_spoils_its_own_line_alone(folder):
    count = 2 * LINE_BYTES_MAX // len(row()) // 10
    lines = [row(str(number)) for number in range(count)]
    ids, refused = read_bytes(folder, as_bytes(HEADER, row(note='"open'), *lines))
    assert ids == [str(number) for number in range(count)]
    assert [(one.line, one.reason) for one in refused] == [(2, Reason.MALFORMED)]


def test_a_row_over_the_bound_is_refused(folder):
    huge = row(note="x" * (LINE_BYTES_MAX + 1))
    ids, refused = read_bytes(folder, as_bytes(HEADER, row("1"), huge, row("2"), "bad"))
    assert ids == ["1", "2"]
    found = [(one.line, one.reason) for one in refused]
    assert found == [(3, Reason.TOO_LARGE), (5, Reason.MALFORMED)]


@given(
    st.lists(st.integers(0, 99).map(str), min_size=1, max_size=9),
    st.integers(0, 9),
    st.binary(max_size=60) | st.text(',"ab', max_size=20).map(str.encode),
)
def test_no_line_spoils_the_others(folder, numbers, at, line):
    """Unless it has a quote that a later line closes: here no other line has one."""
    line = line.replace(b"\n", b"")
    rows = [row(number) for number in numbers]
    lines = [*rows[:at], line, *rows[at:]]
    ids, refused = read_bytes(folder, as_bytes(HEADER, *lines))
    assert ids == numbers
    assert [one.raw for one in refused] == ([line] if line.strip() else [])


@given(st.binary(max_size=300) | st.text('\n,"\r1', max_size=60).map(str.encode))
def test_any_bytes_below_a_header_are_read_or_refused(folder, data):
    data = HEADER.encode() + b"\n" + data
    ids, refused = read_bytes(folder, data)
    assert not ids
    lines = data.split(b"\n")
    for one in refused:
        assert b"\n".join(lines[one.line - 1 :]).startswith(one.raw)
        assert one.line > 1


@given(st.binary(max_size=100))
def test_any_bytes_give_a_file_error_where_no_header_is(folder, data):
    with pytest.raises(FileError):
        read_bytes(folder, data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "orders.csv' is empty; accepted is a CSV file with a header", id="empty"),
        pytest.param(b"\n\n", "orders.csv' is empty", id="empty lines"),
        pytest.param(
            b"event_id,customer_id,time\n",
            "orders.csv' lacks order_id, status, occurred_at; accepted columns are event_id, "
            "order_id, customer_id, status, occurred_at, amount, currency, promised_at, by, "
            "owner, segment, channel",
            id="columns are missing",
        ),
        pytest.param(as_bytes(row("1")), "lacks event_id, order_id,", id="no header"),
        pytest.param(HEADER.encode() + b",amount", "has amount more than once", id="a name twice"),
    ],
)
def test_a_bad_header_is_one_line(folder, data, message):
    with pytest.raises(FileError) as error:
        read_bytes(folder, data)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_gzip_file_cut_short_gives_what_there_is_and_one_refused(folder):
    lines = [row(str(number)) for number in range(500)]
    whole = gzip.compress(as_bytes(HEADER, *lines))
    path = folder / "cut.csv.gz"
    for length in (5, 30, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        ids, refused = read(path)
        assert ids == [str(number) for number in range(len(ids))]
        assert [one.reason for one in refused] == [Reason.MALFORMED]
        assert refused[0].line >= len(ids) + 1
