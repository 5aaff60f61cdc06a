"""What the changelog keeps of a partition, read back as a worker would.

The one place of the chaos run that knows how its records are written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipeline.codec import decode_rows, encode_rows
from pipeline.header import apply_header, decode_header, encode_header
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable

TOPIC: Final = "customers-changelog"
HEADER: Final = b"h"
ROW: Final = b"c"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of one partition of the log.

    Attributes:
        next_offset: of the log; below it all is folded.
        header: positions, clock and feed, by name.
        rows: by customer, as bytes.
    """

    next_offset: int
    header: Mapping[str, Any]
    rows: Mapping[str, bytes]


def next_offset(value: bytes) -> int:
    """Return where a header says that its partition goes on."""
    return decode_header(value).next_offset


def read_table(
    settings: PipelineSettings, topic: str, partition: int, compacted: Mapping[bytes, bytes]
) -> tuple[ActivityTable, int] | None:
    """Return the table that a changelog holds and where it goes on; None without a header."""
    value = next((value for key, value in compacted.items() if key[:1] == HEADER), None)
    if value is None:
        return None
    header = decode_header(value)
    table = ActivityTable(settings, topic, partition)
    apply_header(table, header)
    rows = {key[1:].decode(): row for key, row in compacted.items() if key[:1] == ROW}
    bad = decode_rows(table, rows)
    assert not bad, bad[0]
    return table, header.next_offset


def kept(table: ActivityTable, goes_on: int) -> Kept:
    """Return what a changelog should hold of a table."""
    # What is forgotten may be there or not: when it is unlinked depends on how a log is batched.
    table._purge(table.clock.now_ms)
    header = decode_header(encode_header(table, goes_on))
    fields = {"positions": header.positions, "clock": header.clock, "feed": header.feed}
    return Kept(goes_on, fields, encode_rows(table, table.store.everyone()))
