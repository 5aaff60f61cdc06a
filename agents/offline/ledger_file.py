"""The ledger as a file: a CSV row, or a line of JSON, for each alert."""

import csv
from collections.abc import Iterable
from dataclasses import asdict, fields
from io import TextIOWrapper
from typing import BinaryIO

import msgspec

from agents.offline.ledger import Entry


def write_ledger(ledger: Iterable[Entry], out: BinaryIO, *, as_csv: bool) -> None:
    """Write entries; what is not known is an empty cell, or null."""
    rows = (msgspec.to_builtins(asdict(entry)) for entry in ledger)
    if not as_csv:
        encoder = msgspec.json.Encoder()
        out.write(encoder.encode_lines(rows))
        return
    text = TextIOWrapper(out, encoding="utf-8", newline="")
    writer = csv.DictWriter(text, [field.name for field in fields(Entry)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    text.flush()
    text.detach()
