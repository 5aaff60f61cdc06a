"""Files of JSON Lines: the good records of a bad file are read, the bad ones have their place."""

import gzip
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.files.blocks import BLOCK_BYTES, LINE_BYTES_MAX
from agents.files.reader import FileError, chunks
from schemas.order import Order
from schemas.rejection import Reason
from tests.schemas.records import BAD, GOOD, LATEST_MS, NO_RECORD

NO_LINE_END = [bad for bad in BAD if "\n" not in bad.values[0].text]


def order(event_id="e"):
    record = {"event_id": event_id, "order_id": "o", "customer_id": "c", "status": "placed"}
    return json.dumps({**record, "occurred_at": 1_709_208_000_250}).encode()


def orders(count):
    return [order(str(number)) for number in range(count)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("files")


def read(path, form=Order):
    """Return the event ids, the refused, and the chunks of a file."""
    found = list(chunks(path, form, LATEST_MS))
    ids = [record.event_id for chunk in found for record in chunk.records]
    return ids, [each for chunk in found for each in chunk.refused], found


def read_bytes(folder, data, name="orders.jsonl", form=Order):
    path = folder / name
    path.write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
    return read(path, form)


@pytest.mark.parametrize(
    "name",
    [
        "a.jsonl",
        "a.ndjson",
        "a.json",
        "A.JSONL",
        "a.jsonl.gz",
        "a.ndjson.gz",
        "a.json.gz",
        "A.JSONL.GZ",
    ],
)
def test_the_extension_tells_the_format(folder, name):
    assert read_bytes(folder, order("1") + b"\n" + order("2"), name)[:2] == (["1", "2"], [])


def test_a_chunk_has_the_times_and_how_far_it_has_read(folder):
    count = 3 * BLOCK_BYTES // len(order()) + 1
    path = folder / "many.jsonl.gz"
    path.write_bytes(gzip.compress(b"\n".join(orders(count))))
    ids, refused, found = read(path)
    assert ids == [str(number) for number in range(count)]
    assert not refused
    assert all(chunk.at_ms == [1_709_208_000_250] * len(chunk.records) for chunk in found)
    assert len([chunk for chunk in found if chunk.records]) > 2
    progress = [chunk.bytes_read for chunk in found]
    assert progress == sorted(progress)
    assert progress[-1] == path.stat().st_size


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        pytest.param(b"", [], id="an empty file"),
        pytest.param(b"\n\n \n\t\r\n", [], id="only empty lines"),
        pytest.param(order("1") + b"\n\n\n" + order("2"), ["1", "2"], id="empty lines between"),
        pytest.param(
            order("1") + b"\r\n" + order("2") + b"\r\n", ["1", "2"], id="Windows line ends"
        ),
        pytest.param(b"\xef\xbb\xbf" + order("1"), ["1"], id="a byte order mark"),
        pytest.param(order("1") + b"\n" + order("2"), ["1", "2"], id="no line end at the end"),
    ],
)
def test_good_files(folder, data, ids):
    assert read_bytes(folder, data)[:2] == (ids, [])


@pytest.mark.parametrize("bad", NO_LINE_END)
def test_a_bad_value_is_refused_with_its_place_alone_and_among_good_ones(folder, bad):
    good = json.dumps(GOOD[bad.form]).encode()
    for before, after in (([], []), ([good, b""], [good])):
        data = b"\n".join([*before, bad.record(), *after])
        ids, refused, _ = read_bytes(folder, data, form=bad.form)
        assert len(ids) == len([line for line in (*before, *after) if line])
        (one,) = refused
        assert (one.path, one.line) == (folder / "orders.jsonl", len(before) + 1)
        assert (one.reason, one.raw) == (bad.reason, bad.record())


@pytest.mark.parametrize(("value", "reason"), [it for it in NO_RECORD if it.id != "empty"])
def test_a_line_that_is_no_record_is_refused_with_its_place(folder, value, reason):
    data = b"\n".join([order("1"), value, b"", value, order("2")])
    ids, refused, _ = read_bytes(folder, data)
    assert ids == ["1", "2"]
    assert [(one.line, one.reason, one.raw) for one in refused] == [
        (2, reason, value),
        (4, reason, value),
    ]


def test_one_record_a_line(folder):
    """What a reader of values instead of lines would take, with the numbers of lines wrong."""
    two_lines = order("x").replace(b", ", b",\n", 1)
    ids, refused, _ = read_bytes(folder, b"\n".join([order("1") * 2, two_lines, order("2")]))
    assert ids == ["2"]
    assert [one.line for one in refused] == [1, 2, 3]


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz"])
@pytest.mark.parametrize(
    ("length", "kept"), [(LINE_BYTES_MAX, True), (LINE_BYTES_MAX + 1, False)], ids=["at", "over"]
)
def test_the_length_of_a_line_is_bounded(folder, name, length, kept):
    long = order("long")[:-1] + b', "x": "'
    long += b"x" * (length - len(long) - 2) + b'"}'
    ids, refused, _ = read_bytes(folder, b"\n".join([order("1"), long, order("2"), b"{"]), name)
    assert ids == (["1", "long", "2"] if kept else ["1", "2"])
    too_large = [] if kept else [(2, Reason.TOO_LARGE, None)]
    found = [(one.line, one.reason, one.raw) for one in refused]
    assert found == [*too_large, (4, Reason.MALFORMED, b"{")]


def test_a_line_without_end_takes_bounded_memory(folder):
    path = folder / "endless.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(order("1") + b"\n")
        for _ in range(160):
            file.write(b"x" * (1 << 20))
    tracemalloc.start()
    try:
        ids, refused, _ = read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ids == ["1"]
    assert [(one.line, one.reason) for one in refused] == [(2, Reason.TOO_LARGE)]
    assert peak < 4 * LINE_BYTES_MAX


@given(data=st.data(), count=st.integers(1, 40))
def test_a_gzip_file_cut_short_gives_what_there_is_and_one_refused(folder, data, count):
    whole = gzip.compress(b"\n".join(orders(count)) + b"\n")
    path = folder / "cut.jsonl.gz"
    path.write_bytes(whole[: data.draw(st.integers(1, len(whole) - 1))])
    ids, refused, _ = read(path)
    assert ids == [str(number) for number in range(len(ids))]
    (one,) = refused
    assert (one.line, one.reason) == (len(ids) + 1, Reason.MALFORMED)
    rest = order(str(len(ids))) + b"\n" if len(ids) < count else b""
    assert rest.startswith(one.raw)


@pytest.mark.parametrize(
    ("damage", "ids"),
    [
        pytest.param(lambda it: it[:-8] + b"\0" * 4 + it[-4:], ["1", "2"], id="a wrong checksum"),
        pytest.param(lambda it: it + b"more", ["1", "2"], id="something after it"),
        pytest.param(lambda _: order("1"), [], id="not gzip at all"),
    ],
)
def test_a_damaged_gzip_file_gives_what_there_is_and_one_refused(folder, damage, ids):
    path = folder / "damaged.jsonl.gz"
    path.write_bytes(damage(gzip.compress(order("1") + b"\n" + order("2") + b"\n")))
    found, refused, _ = read(path)
    assert found == ids
    assert [(one.line, one.reason) for one in refused] == [(len(ids) + 1, Reason.MALFORMED)]
    assert "gzip" in refused[0].detail


def test_gzip_files_one_after_the_other_are_one_file(folder):
    path = folder / "two.jsonl.gz"
    path.write_bytes(gzip.compress(order("1") + b"\n") + gzip.compress(order("2") + b"\n"))
    assert read(path)[:2] == (["1", "2"], [])


@given(st.lists(st.binary(max_size=80) | st.integers(0, 9).map(lambda n: order(str(n)))))
def test_each_line_of_any_bytes_is_a_record_or_refused(folder, pieces):
    data = b"\n".join(pieces)
    ids, refused, _ = read_bytes(folder, data)
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    assert len(ids) + len(refused) == len([line for line in lines if line.strip()])
    assert [lines[one.line - 1] for one in refused] == [one.raw for one in refused]


@given(st.binary(max_size=300))
def test_any_bytes_as_gzip_are_read_or_refused(folder, data):
    path = folder / "any.jsonl.gz"
    path.write_bytes(data)
    ids, refused, _ = read(path)
    assert not ids
    assert bool(refused) or not data.strip(b"\0")


@pytest.mark.parametrize("name", ["orders.parquet", "orders", "orders.gz", "orders.csv.zip", ".gz"])
def test_an_unknown_extension_names_what_is_accepted(folder, name):
    path = folder / name
    path.write_bytes(order())
    with pytest.raises(FileError) as error:
        chunks(path, Order, LATEST_MS)
    assert str(error.value) == (
        f"cannot read '{path}': accepted are files in .jsonl, .ndjson, .json, .csv, "
        "each also with .gz"
    )


def test_a_file_that_is_not_there_or_is_a_folder_is_one_line_at_once(folder):
    with pytest.raises(
        FileError, match=r"^cannot read '.*none\.jsonl': No such file or directory;"
    ):
        chunks(folder / "none.jsonl", Order, LATEST_MS)
    (folder / "folder.jsonl").mkdir()
    with pytest.raises(FileError, match=r"^cannot read '.*folder\.jsonl': Is a directory;"):
        chunks(folder / "folder.jsonl", Order, LATEST_MS)
    with pytest.raises(FileError, match=r"^cannot read 'a\\x00\.jsonl': embedded null byte;"):
        chunks(type(folder)("a\0.jsonl"), Order, LATEST_MS)


def test_a_file_that_may_not_be_read_is_one_line(folder, monkeypatch):
    """Opening is made to fail, since the tests may run as root, who may read all."""

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    path = folder / "secret.jsonl"
    path.write_bytes(order())
    monkeypatch.setattr(type(path), "open", refuse)
    with pytest.raises(FileError, match=r"secret\.jsonl': Permission denied; a readable file"):
        chunks(path, Order, LATEST_MS)
