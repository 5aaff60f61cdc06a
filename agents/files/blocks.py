"""Source files as blocks of whole lines: plain or gzip, of any size, in bounded memory.

A line over `LINE_BYTES_MAX` is refused, and stands as an empty one. A damaged gzip file gives
what could be read of it, then one refused line. A file that cannot be read is a FileError.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import Final

from schemas.rejection import Reason

LINE_BYTES_MAX: Final = 16 << 20
BLOCK_BYTES: Final = 1 << 16
_BLOCK_BYTES_MAX: Final = 1 << 20

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_DAMAGE: Final = (EOFError, gzip.BadGzipFile, zlib.error)


class FileError(Exception):
    """A file that cannot be read: one line names it, and what is accepted."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A record of a file that cannot be used. `raw` is None where it is too large to keep."""

    path: Path
    line: int
    reason: Reason
    detail: str
    raw: bytes | None


@dataclass(frozen=True, slots=True)
class Block:
    """Some lines of a file, without their ends; the first has the number `line`.

    `bytes_read` is how far the file has been read, in bytes as it lies on the disk.
    """

    line: int
    lines: list[bytes]
    refused: list[Refused]
    bytes_read: int
    ended: bool


def check_readable(path: Path) -> None:
    """Raise FileError unless this is a file that can be opened."""
    try:
        with path.open("rb"):
            pass
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def blocks(path: Path) -> Iterator[Block]:
    """Read a file in blocks of about `BLOCK_BYTES`; gzip by its extension.

    Raises:
        FileError: the file cannot be opened, or the system fails to read it.
    """
    cut = _Cut(path)
    try:
        with path.open("rb") as file:
            compressed = path.suffix.lower() == ".gz"
            stream = gzip.GzipFile(fileobj=file) if compressed else file
            ended = False
            while not ended:
                # A line of many blocks is joined anew for each: so let them grow with it.
                size = min(max(BLOCK_BYTES, len(cut.rest)), _BLOCK_BYTES_MAX)
                data, ended, damage = _read(stream, size)
                yield cut.block(data, ended, damage, file.tell())
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> FileError:
    why = getattr(error, "strerror", None) or str(error)
    return FileError(f"cannot read {str(path)!r}: {why}; a readable file is accepted")


def _read(stream: BufferedReader | gzip.GzipFile, size: int) -> tuple[bytes, bool, str]:
    """Return the next bytes, whether they are the last, and what is damaged after them."""
    pieces: list[bytes] = []
    try:
        while size > 0:
            # Not read(): it would lose what it holds when the damage shows.
            piece = stream.read1(size)
            if not piece:
                return b"".join(pieces), True, ""
            pieces.append(piece)
            size -= len(piece)
    except _DAMAGE as error:
        return b"".join(pieces), True, f"damaged gzip: {error}"
    return b"".join(pieces), False, ""


@dataclass(slots=True)
class _Cut:
    """Cuts bytes into lines; keeps the number of the next line, and what there is of it."""

    path: Path
    line: int = 1
    rest: bytes = b""
    passing_over: bool = False
    started: bool = False
    refused: list[Refused] = field(default_factory=list)

    def block(self, data: bytes, ended: bool, damage: str, bytes_read: int) -> Block:
        if not self.started and data:
            data = data.removeprefix(_BYTE_ORDER_MARK)
            self.started = True
        data = self._within_bounds(data)
        whole = len(data) if ended and not damage else data.rfind(b"\n") + 1
        self.rest = data[whole:]
        lines = data[:whole].split(b"\n")
        if not lines[-1]:
            lines.pop()
        first, self.line = self.line, self.line + len(lines)
        if damage:
            self._refuse(Reason.MALFORMED, damage, self.rest)
        refused, self.refused = self.refused, []
        return Block(first, lines, refused, bytes_read, ended)

    def _within_bounds(self, data: bytes) -> bytes:
        """Empty a line that is too long: it can only be the first, as the rest is bounded."""
        data = self.rest + data
        end = data.find(b"\n")
        if not self.passing_over and (len(data) if end < 0 else end) > LINE_BYTES_MAX:
            self._refuse(Reason.TOO_LARGE, f"a line of more than {LINE_BYTES_MAX} bytes", None)
            self.passing_over = True
        if not self.passing_over:
            return data
        if end < 0:
            return b""
        self.passing_over = False
        return data[end:]

    def _refuse(self, reason: Reason, detail: str, raw: bytes | None) -> None:
        self.refused.append(Refused(self.path, self.line, reason, detail, raw))
