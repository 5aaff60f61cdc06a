"""Turn public event data into churnwatch's own records, to measure on real customers.

    python -m tests.realdata.convert online_retail OUT_DIR

writes `orders.jsonl`, `tickets.jsonl` and `touchpoints.jsonl`, as far as the data has them, each in
order of time. The data is read from the folder `../shared/data` beside the repository, or from
`REAL_EVENT_DATA`; it is not part of the project.

What stands in for what the data does not say is told in the file of each data set. All times
are without a zone in the data, and taken as UTC; a day stands for its midnight. An event id is
made of the customer, ticket or row and the place in its own sequence.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tests.realdata.convert import desk, oulad, ravenstack, shops, udacity
from tests.realdata.convert.reading import Record, data_folder

Reader = Callable[[Path], Iterator[Record]]

SOURCES: dict[str, dict[str, Reader]] = {
    "online_retail": {"orders": shops.online_retail},
    "cdnow": {"orders": shops.cdnow},
    "olist": {"orders": shops.olist},
    "service_desk": {"tickets": desk.service_desk},
    **{
        name: {
            "orders": of.orders,
            "tickets": of.tickets,
            "touchpoints": of.touchpoints,
        }
        for name, of in (
            ("oulad", oulad),
            ("udacity_students", udacity),
            ("ravenstack", ravenstack),
        )
    },
}


def convert(name: str, out: Path, data: Path | None = None) -> dict[str, Path]:
    """Write the records of one data set to `out` as JSON Lines; return the files by kind."""
    out.mkdir(parents=True, exist_ok=True)
    paths = {}
    for kind, read in SOURCES[name].items():
        paths[kind] = out / f"{kind}.jsonl"
        with paths[kind].open("w", encoding="utf-8") as file:
            for record in read(data or data_folder()):
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return paths


def later(line: bytes, days: int) -> bytes:
    """Return a record's line with all its dates that many days later."""
    record = json.loads(line)
    for name in ("occurred_at", "opened_at", "promised_at"):
        if name in record:
            moved = datetime.fromisoformat(record[name]) + timedelta(days=days)
            record[name] = moved.isoformat().replace("+00:00", "Z")
    return json.dumps(record, ensure_ascii=False).encode()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Convert public event data to JSON Lines.")
    parser.add_argument("name", choices=SOURCES)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    for path in convert(arguments.name, arguments.out).values():
        print(path)
