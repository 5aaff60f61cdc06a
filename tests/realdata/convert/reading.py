"""Reading the data's files, and writing its times."""

import csv
import gzip
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Record = dict[str, Any]


def data_folder() -> Path:
    """Return where the real data lies, whether or not it is there."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    return Path(os.environ.get("REAL_EVENT_DATA", beside))


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a file with a header."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def time(text: str) -> datetime:
    """Return the instant of a date, or of a date and time, without a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def rfc3339(at: datetime) -> str:
    """Return an instant as records write it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def day_end(day: datetime) -> datetime:
    """Return the last second of a day."""
    return day + timedelta(days=1, seconds=-1)


def in_order(records: list[Record]) -> Iterator[Record]:
    """Yield records in order of time; those of one instant as they are given."""
    yield from sorted(records, key=lambda record: record["occurred_at"])


def known(record: Record) -> Record:
    """Return a record without what is not known."""
    return {name: value for name, value in record.items() if value not in ("", None)}
