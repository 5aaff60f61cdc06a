"""Source records from files: JSON Lines and CSV, each also as gzip, chosen by extension.

Read in chunks, because the work for each record decides how fast years can be replayed. A
record that cannot be used is refused with its place and reason, and reading goes on.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from agents.files.blocks import Block, FileError, Refused, blocks, check_readable
from agents.files.chunk import Chunk
from agents.files.csv_files import csv_chunks
from schemas.decode import S, decode_many
from schemas.rejection import Rejection

__all__ = ["EXTENSIONS", "Chunk", "FileError", "Refused", "chunks"]

EXTENSIONS: Final = (".jsonl", ".ndjson", ".json", ".csv")


def chunks(path: Path, form: type[S], latest_ms: int) -> Iterator[Chunk[S]]:
    """Read the records of one source from a file.

    Args:
        path: its extension tells the format: `.csv`, or for JSON Lines `.jsonl`, `.ndjson` or
            `.json`; each also followed by `.gz`.
        form: Order, Ticket or Touchpoint.
        latest_ms: what is dated after this, in milliseconds since the epoch, is refused.

    Raises:
        FileError: at once for an extension that is not known or a file that cannot be opened;
            later for a CSV file whose header lacks a required column.
    """
    extension = Path(path.name.lower().removesuffix(".gz")).suffix
    if extension not in EXTENSIONS:
        raise FileError(
            f"cannot read {str(path)!r}: accepted are files in "
            f"{', '.join(EXTENSIONS)}, each also with .gz"
        )
    check_readable(path)
    read = csv_chunks if extension == ".csv" else _json_chunks
    return read(path, form, latest_ms)


def _json_chunks(path: Path, form: type[S], latest_ms: int) -> Iterator[Chunk[S]]:
    for block in blocks(path):
        lines = block.lines
        decoded = decode_many(lines, form, latest_ms)
        refuse = partial(_refused, path, block)
        refused = block.refused + [
            refuse(index, why) for index, why in decoded.rejections if lines[index].strip()
        ]
        yield Chunk.of(decoded, refused, block.bytes_read, refuse)


def _refused(path: Path, block: Block, index: int, why: Rejection) -> Refused:
    return Refused(path, block.line + index, why.reason, why.detail, block.lines[index])
