"""A made-up subscription service: ravenstack, whose tables were drawn independently.

Nothing in it tells who leaves, so it is a negative control: what scores well on it is fooling us.

* A usage row is an order, its amount the count of uses, in the currency `uses`.
* A ticket is opened at `submitted_at`, replied to after `first_response_time_minutes`, resolved
  and rated at `closed_at`. When it was escalated is not known, so `escalation_flag` is not read.
* A churn event is `closed`; an account may leave several times.
* `churn_flag`, and the end of a subscription, are known only at the end, and are not read.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from tests.realdata.convert import reading

_PRIORITIES = {"low": "low", "medium": "normal", "high": "high", "urgent": "urgent"}


def orders(data: Path) -> Iterator[reading.Record]:
    """Yield uses."""
    for number, row in enumerate(reading.rows(data / "ravenstack" / "feature_usage.csv.gz")):
        # The data's own id is not unique.
        order_id = f"{row['usage_id']}-{number}"
        yield {
            "event_id": order_id,
            "order_id": order_id,
            "customer_id": row["account_id"],
            "status": "placed",
            "occurred_at": reading.rfc3339(reading.time(row["usage_date"])),
            "amount": float(row["usage_count"]),
            "currency": "uses",
        }


def tickets(data: Path) -> Iterator[reading.Record]:
    """Yield tickets."""
    records = []
    for number, row in enumerate(reading.rows(data / "ravenstack" / "support_tickets.csv.gz")):
        ticket_id = f"{row['ticket_id']}-{number}"
        opened_at = reading.time(row["submitted_at"])
        happened = [("opened", opened_at, None)]
        if row["first_response_time_minutes"]:
            response = timedelta(minutes=float(row["first_response_time_minutes"]))
            happened.append(("replied", opened_at + response, None))
        if row["closed_at"]:
            closed_at = reading.time(row["closed_at"])
            happened.append(("resolved", closed_at, None))
            if row["satisfaction_score"]:
                happened.append(("rated", closed_at, round(float(row["satisfaction_score"]))))
        records += [
            reading.known(
                {
                    "event_id": f"{ticket_id}-{status}",
                    "ticket_id": ticket_id,
                    "customer_id": row["account_id"],
                    "status": status,
                    "occurred_at": reading.rfc3339(at),
                    "priority": _PRIORITIES[row["priority"]],
                    "rating": rating,
                }
            )
            for status, at, rating in happened
        ]
    yield from reading.in_order(records)


def touchpoints(data: Path) -> Iterator[reading.Record]:
    """Yield farewells."""
    for row in reading.rows(data / "ravenstack" / "churn_events.csv.gz"):
        yield {
            "event_id": row["churn_event_id"],
            "customer_id": row["account_id"],
            "kind": "closed",
            "occurred_at": reading.rfc3339(reading.time(row["churn_date"])),
            "reason": row["reason_code"],
        }
