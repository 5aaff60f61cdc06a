"""Turn public event data into churnwatch's own records, to measure on real customers.

    python tests/realdata/convert.py online_retail OUT_DIR

writes `orders.jsonl` or `tickets.jsonl`, in order of time. The data is read from the folder
`../shared/data` beside the repository, or from `REAL_EVENT_DATA`; it is not part of the project.

What stands in for what the data does not say:

* All times are without a zone in the data, and taken as UTC. A day stands for its midnight.
* An event id is made of the customer or ticket and the place in its own sequence.
* online_retail: a cancelling invoice may name goods of several orders, so it is `returned`, an
  order of its own with a positive amount. No delivery is known. `segment` is the country.
* cdnow: several purchases on one day are several orders. USD.
* olist: `amount` is the sum of the payments. `promised_at` is the end of the estimated day.
  Cancellations have no date in the data, so they are left out: such an order is only placed.
* service_desk: one record for each row. Only the row itself and earlier rows of its ticket are
  looked at. The first match counts:

      first row of the ticket            `opened`, or `resolved` if it is already so
      back from resolved, or counted so  `reopened`
      state Resolved or Closed           `resolved` (again, where it was so before)
      a more urgent priority             `escalated`
      the reassignment count has grown   `reassigned`
      anything else                      `replied`: the data does not say if the caller heard

  `promised_at` is the opening plus `PROMISED_HOURS` of the priority that the ticket opened with:
  a judgement, as the data has no promise. `made_sla`, `resolved_at`, `closed_at` and
  `closed_code` are known only at the end, and are not read. An opening dated after its own
  row (four rows) is set to the time of the row.
"""

import argparse
import csv
import gzip
import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Record = dict[str, Any]

PROMISED_HOURS = {"urgent": 8, "high": 24, "normal": 72, "low": 120}

_PRIORITIES = {"1": "urgent", "2": "high", "3": "normal", "4": "low"}
_DONE = ("Resolved", "Closed")


def data_folder() -> Path:
    """Return where the real data lies, whether or not it is there."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(os.environ.get("REAL_EVENT_DATA", beside))


def online_retail(data: Path) -> Iterator[Record]:
    """Orders and returns of a wholesaler of gifts."""
    for row in _rows(data / "online_retail" / "orders.csv.gz"):
        returned = row["is_cancel"] == "True"
        at = _time(row["timestamp"])
        event_id = f"{row['customer_id']}-{at:%Y%m%d%H%M}-{'return' if returned else 'order'}"
        yield {
            "event_id": event_id,
            # From December 2010 on, cancelling invoices have no number.
            "order_id": row["invoice"] or event_id,
            "customer_id": row["customer_id"],
            "status": "returned" if returned else "placed",
            "occurred_at": _rfc3339(at),
            "amount": abs(float(row["amount"])),
            "currency": "GBP",
            "segment": row["country"],
        }


def cdnow(data: Path) -> Iterator[Record]:
    """Purchases at a shop for music."""
    seen: Counter[tuple[str, str]] = Counter()
    for row in _rows(data / "cdnow" / "transactions.csv.gz"):
        day = row["customer_id"], row["date"]
        seen[day] += 1
        order_id = "-".join((*day, str(seen[day])))
        yield {
            "event_id": order_id,
            "order_id": order_id,
            "customer_id": row["customer_id"],
            "status": "placed",
            "occurred_at": _rfc3339(_time(row["date"])),
            "amount": float(row["dollar_value"]),
            "currency": "USD",
        }


def olist(data: Path) -> Iterator[Record]:
    """Orders of a marketplace, and their deliveries."""
    paid: defaultdict[str, float] = defaultdict(float)
    for row in _rows(data / "olist" / "order_payments.csv.gz"):
        paid[row["order_id"]] += float(row["payment_value"])
    events: list[Record] = []
    for row in _rows(data / "olist" / "orders.csv.gz"):
        order = {"order_id": row["order_id"], "customer_id": row["customer_unique_id"]}
        promised_at = _time(row["order_estimated_delivery_date"]) + timedelta(days=1, seconds=-1)
        placed = {
            "event_id": f"{row['order_id']}-placed",
            "status": "placed",
            "occurred_at": _rfc3339(_time(row["order_purchase_timestamp"])),
            "amount": round(paid[row["order_id"]], 2),
            "currency": "BRL",
            "promised_at": _rfc3339(promised_at),
        }
        events.append(order | placed)
        if row["order_delivered_customer_date"]:
            delivered = {
                "event_id": f"{row['order_id']}-delivered",
                "status": "delivered",
                "occurred_at": _rfc3339(_time(row["order_delivered_customer_date"])),
            }
            events.append(order | delivered)
    yield from sorted(events, key=lambda event: event["occurred_at"])


@dataclass(slots=True)
class _Case:
    """What the rows of a ticket have said so far."""

    promised_at: str
    state: str
    priority: int
    reassigned: int
    reopened: int
    rows: int = 0


def service_desk(data: Path) -> Iterator[Record]:
    """Changes of the tickets of an IT service desk."""
    rows = list(_rows(data / "service_desk" / "incident_events.csv.gz"))
    # Within a minute the rows of a ticket do not always stand in the order of its changes.
    rows.sort(key=lambda row: (row["sys_updated_at"], row["number"], int(row["sys_mod_count"])))
    cases: dict[str, _Case] = {}
    for row in rows:
        occurred_at = _time(row["sys_updated_at"])
        opened_at = min(_time(row["opened_at"]), occurred_at)
        priority = _PRIORITIES[row["priority"]]
        case = cases.get(row["number"])
        if case is None:
            promised_at = _rfc3339(opened_at + timedelta(hours=PROMISED_HOURS[priority]))
            case = cases[row["number"]] = _Case(promised_at, "", int(row["priority"]), 0, 0)
        status = _status(case, row)
        case.rows += 1
        record = {
            "event_id": f"{row['number']}-{case.rows}",
            "ticket_id": row["number"],
            "customer_id": row["caller_id"],
            "status": status,
            "occurred_at": _rfc3339(occurred_at),
            "opened_at": _rfc3339(opened_at),
            "promised_at": case.promised_at,
            "channel": row["contact_type"],
            "category": row["category"],
            "priority": priority,
        }
        yield {name: value for name, value in record.items() if value}


def _status(case: _Case, row: dict[str, str]) -> str:
    """Return what a row says, and note it."""
    before, case.state = case.state, row["incident_state"]
    reassigned, case.reassigned = (
        case.reassigned,
        max(case.reassigned, int(row["reassignment_count"])),
    )
    reopened, case.reopened = case.reopened, max(case.reopened, int(row["reopen_count"]))
    priority, case.priority = case.priority, int(row["priority"])
    done = case.state in _DONE
    if not before:
        return "resolved" if done else "opened"
    if case.reopened > reopened or (before in _DONE and not done):
        return "reopened"
    if done:
        return "resolved"
    if case.priority < priority:  # 1 is the most urgent
        return "escalated"
    return "reassigned" if case.reassigned > reassigned else "replied"


SOURCES: dict[str, tuple[str, Callable[[Path], Iterator[Record]]]] = {
    "online_retail": ("orders", online_retail),
    "cdnow": ("orders", cdnow),
    "olist": ("orders", olist),
    "service_desk": ("tickets", service_desk),
}


def convert(name: str, out: Path, data: Path | None = None) -> Path:
    """Write the records of one data set to `out` as JSON Lines, and return the file."""
    kind, read = SOURCES[name]
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{kind}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for record in read(data or data_folder()):
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return path


def later(line: bytes, days: int) -> bytes:
    """Return a record's line with all its dates that many days later."""
    record = json.loads(line)
    for name in ("occurred_at", "opened_at", "promised_at"):
        if name in record:
            moved = datetime.fromisoformat(record[name]) + timedelta(days=days)
            record[name] = moved.isoformat().replace("+00:00", "Z")
    return json.dumps(record, ensure_ascii=False).encode()


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _rfc3339(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Convert public event data to JSON Lines.")
    parser.add_argument("name", choices=SOURCES)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    print(convert(arguments.name, arguments.out))


if __name__ == "__main__":
    main()
