"""Source records from CSV files: a header, then one row a record; an empty cell is no value.

A quoted cell may hold line ends. A quote that is never closed would swallow all that follows:
where a row of several lines does not fit the header, each of its lines is read by itself.
"""

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from agents.files.blocks import LINE_BYTES_MAX, FileError, Refused, blocks
from agents.files.chunk import Chunk
from schemas.decode import S, convert_rows
from schemas.rejection import Reason, Rejection

# What csv says where the lines end within a quoted cell; a test pins it.
_UNCLOSED: Final = "unexpected end of data"


class _Row(NamedTuple):
    """The lines from `start` to before `stop`: their cells, or why there are none."""

    start: int
    stop: int
    cells: list[str]
    error: str = ""


def csv_chunks(path: Path, form: type[S], latest_ms: int) -> Iterator[Chunk[S]]:
    """Read the records of a CSV file.

    Raises:
        FileError: the file is empty, or its header lacks a required column or has one twice.
    """
    csv.field_size_limit(LINE_BYTES_MAX)
    names: list[str] = []
    unclosed: list[bytes] = []
    tried = 0  # lines of a row that was found unclosed: not tried again until they have doubled
    for block in blocks(path):
        lines = unclosed + block.lines
        first = block.line - len(unclosed)
        if not names:
            names = _take_header(path, lines, form)
        if not names and block.ended and not block.refused:
            raise FileError(f"{str(path)!r} is empty; accepted is a CSV file with a header row")
        if block.ended or len(lines) >= 2 * tried:
            rows, unclosed = _rows(lines, len(names), block.ended)
            tried = len(unclosed)
        else:
            rows, unclosed = [], lines
        usable = [row for row in rows if not row.error]
        records = (dict(zip(names, row.cells, strict=True)) for row in usable)
        decoded = convert_rows(records, form, latest_ms)
        broken = [row for row in rows if row.error]
        refuse = partial(_refused, path, first, lines, usable)
        refused = block.refused + [
            _refused(path, first, lines, broken, at, Rejection.of(Reason.MALFORMED, row.error))
            for at, row in enumerate(broken)
        ]
        refused += [refuse(index, why) for index, why in decoded.rejections]
        yield Chunk.of(decoded, refused, block.bytes_read, refuse)


def _refused(
    path: Path, first: int, lines: list[bytes], rows: list[_Row], index: int, why: Rejection
) -> Refused:
    row = rows[index]
    return Refused(path, first + row.start, why.reason, why.detail, _raw(lines, row))


def _take_header(path: Path, lines: list[bytes], form: type[S]) -> list[str]:
    """Return the column names from the first line that is not empty, and empty that line."""
    at = next((at for at, line in enumerate(lines) if line.strip()), None)
    if at is None:
        return []
    names = [name.strip() for name in _alone(lines[at], at).cells]
    fields = msgspec.structs.fields(form)
    missing = [f.name for f in fields if f.required and f.name not in names]
    if missing:
        raise FileError(
            f"the header of {str(path)!r} lacks {', '.join(missing)}; "
            f"accepted columns are {', '.join(f.name for f in fields)}"
        )
    twice = sorted({name for name in names if names.count(name) > 1 and name})
    if twice:
        raise FileError(f"the header of {str(path)!r} has {', '.join(twice)} more than once")
    lines[at] = b""
    return names


def _rows(lines: list[bytes], width: int, ended: bool) -> tuple[list[_Row], list[bytes]]:
    """Return the rows, and the lines at the end of a row that is not closed yet."""
    plain = _plain(lines, width)
    if plain:
        return plain, []
    rows: list[_Row] = []
    for row in _spans(lines):
        if row.error == _UNCLOSED and row.stop == len(lines) and not ended:
            unclosed = lines[row.start :]
            if sum(map(len, unclosed)) <= LINE_BYTES_MAX:
                return rows, unclosed
        checked = _checked(row, lines, width)
        if checked.error and row.stop - row.start > 1:
            alone = (_alone(lines[at], at) for at in range(row.start, row.stop))
            rows += [_checked(each, lines, width) for each in alone if not _is_empty(each, lines)]
        elif not _is_empty(row, lines):
            rows.append(checked)
    return rows, []


def _plain(lines: list[bytes], width: int) -> list[_Row]:
    """Read lines that are one good row each, in a third of the time; else return no rows."""
    joined = b"\n".join(lines)
    try:
        cells = list(csv.reader(joined.decode().split("\n"), strict=True))
    except (csv.Error, UnicodeDecodeError):
        return []
    if b"\0" in joined or len(cells) != len(lines) or any(len(row) != width for row in cells):
        return []
    return [_Row(at, at + 1, row) for at, row in enumerate(cells)]


def _spans(lines: list[bytes]) -> Iterator[_Row]:
    """Read rows that may span lines."""
    reader = csv.reader((_text(line) + "\n" for line in lines), strict=True)
    start = 0
    while True:
        cells: list[str] = []
        error = ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as found:
            error = str(found)
        yield _Row(start, reader.line_num, cells, error)
        start = reader.line_num


def _alone(line: bytes, at: int) -> _Row:
    """Read one line as a row."""
    try:
        return _Row(at, at + 1, next(csv.reader([_text(line)], strict=True)))
    except csv.Error as error:
        return _Row(at, at + 1, [], str(error))


def _checked(row: _Row, lines: list[bytes], width: int) -> _Row:
    """Return the row, with an error if its cells cannot be used."""
    if row.error:
        return row
    if len(row.cells) != width:
        return row._replace(error=f"{len(row.cells)} cells; the header has {width}")
    raw = _raw(lines, row)
    if b"\0" in raw:
        return row._replace(error="a NUL byte")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return row._replace(error=str(error))
    return row


def _text(line: bytes) -> str:
    return line.decode(errors="surrogateescape")


def _raw(lines: list[bytes], row: _Row) -> bytes:
    return b"\n".join(lines[row.start : row.stop])


def _is_empty(row: _Row, lines: list[bytes]) -> bool:
    return not _raw(lines, row).strip()
