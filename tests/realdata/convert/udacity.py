"""Students of a paid monthly programme: udacity_students.

A customer is an enrolment: an account may enrol again after it left. What an account did belongs
to the enrolment that it falls into, from its joining to the day before its cancellation; what
falls into none is left out.

* A day with some activity is an order; its amount is the minutes spent, in the currency `min`.
* A submitted project is a ticket, opened at its creation and resolved and rated at its
  completion: INCOMPLETE 1, UNGRADED 2, PASSED and DISTINCTION 5, blank not rated. No promise is
  known.
* Joining is a `follow_up`, so that everybody is known from then on.
* A cancellation is `closed`, at `cancel_date`. `status`, `days_to_cancel` and `is_canceled` are
  known only at the end, and are not read.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.realdata.convert import reading

RATINGS = {"INCOMPLETE": 1, "UNGRADED": 2, "PASSED": 5, "DISTINCTION": 5}


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One stay of an account."""

    customer_id: str
    joined: datetime
    left: datetime | None

    def covers(self, at: datetime) -> bool:
        """Return whether an instant falls into it."""
        return self.joined <= at and (self.left is None or at < self.left)


def enrolments(data: Path) -> dict[str, list[Enrolment]]:
    """Return the enrolments of each account, in order of joining."""
    found = defaultdict(list)
    for row in reading.rows(data / "udacity_students" / "enrollments.csv.gz"):
        left = reading.time(row["cancel_date"]) if row["cancel_date"] else None
        found[row["account_key"]].append((reading.time(row["join_date"]), left))
    return {
        account: [
            Enrolment(f"{account}-{number}", joined, left)
            for number, (joined, left) in enumerate(sorted(stays, key=lambda stay: stay[0]), 1)
        ]
        for account, stays in found.items()
    }


def orders(data: Path) -> Iterator[reading.Record]:
    """Yield active days."""
    stays = enrolments(data)
    records = []
    for row in reading.rows(data / "udacity_students" / "daily_activity.csv.gz"):
        at = reading.time(row["utc_date"])
        for enrolment in _at(stays, row, at):
            order_id = f"{enrolment.customer_id}-{at:%Y%m%d}"
            records.append(
                {
                    "event_id": order_id,
                    "order_id": order_id,
                    "customer_id": enrolment.customer_id,
                    "status": "placed",
                    "occurred_at": reading.rfc3339(at),
                    "amount": float(row["total_minutes_visited"]),
                    "currency": "min",
                }
            )
    yield from reading.in_order(records)


def tickets(data: Path) -> Iterator[reading.Record]:
    """Yield submitted projects, and what became of them."""
    stays = enrolments(data)
    records = []
    submissions = reading.rows(data / "udacity_students" / "project_submissions.csv.gz")
    for number, row in enumerate(submissions):
        created = reading.time(row["creation_date"])
        happened = [("opened", created, None)]
        if row["completion_date"]:
            completed = reading.time(row["completion_date"])
            happened.append(("resolved", completed, None))
            if row["assigned_rating"]:
                happened.append(("rated", completed, RATINGS[row["assigned_rating"]]))
        for enrolment in _at(stays, row, created):
            records += [
                reading.known(
                    {
                        "event_id": f"{number}-{status}",
                        "ticket_id": f"{number}",
                        "customer_id": enrolment.customer_id,
                        "status": status,
                        "occurred_at": reading.rfc3339(at),
                        "rating": rating,
                    }
                )
                for status, at, rating in happened
                if enrolment.covers(at)
            ]
    yield from reading.in_order(records)


def touchpoints(data: Path) -> Iterator[reading.Record]:
    """Yield joinings and cancellations."""
    records = []
    for stays in enrolments(data).values():
        for enrolment in stays:
            for kind, at in (("follow_up", enrolment.joined), ("closed", enrolment.left)):
                if at:
                    records.append(
                        {
                            "event_id": f"{enrolment.customer_id}-{kind}",
                            "customer_id": enrolment.customer_id,
                            "kind": kind,
                            "occurred_at": reading.rfc3339(at),
                        }
                    )
    yield from reading.in_order(records)


def _at(stays: dict[str, list[Enrolment]], row: dict[str, str], at: datetime) -> list[Enrolment]:
    """Return the newest enrolment of a row's account that an instant falls into, if any."""
    return [each for each in stays.get(row["account_key"], ()) if each.covers(at)][-1:]
