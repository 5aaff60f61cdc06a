"""Students of an open university: oulad.

A customer is an enrolment: a student in one presentation of a module.

* A submission is an order without an amount: it is what such a customer comes for. A day with
  one is an occasion.
* An assessment that falls due is a ticket, opened `SEEN_DAYS` before its due day (by then a
  student works on it: a judgement) or with the enrolment if that is later, promised for the end
  of the due day, and resolved by the submission. What is never handed in stays open and overdue.
  Work handed in before the ticket would open is opened and resolved at once. Exams, which mostly
  have no due date, and work carried over from an earlier attempt (`is_banked`) are no tickets.
* The score is a rating: below 40 (a fail) 1, below 55 2, below 70 4, else 5. When it was told is
  not in the data: at once for what a computer marks (CMA), `MARKED_DAYS` after the submission
  for what a tutor marks (TMA), a judgement.
* The registration is a `follow_up`, so that everybody is known from then on; where it has no
  date, the start of the module.
* Unregistering is `closed`. Nothing is told of an enrolment from that day on. `final_result` is
  known only at the end, and is not read.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.realdata.convert import reading

SEEN_DAYS = 14
MARKED_DAYS = {"CMA": 0, "TMA": 14}

_KEYS = ("id_student", "code_module", "code_presentation")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One student in one presentation; `start` is that of the module."""

    customer_id: str
    module: str
    presentation: str
    start: datetime
    registered: datetime
    left: datetime | None

    def knows(self, at: datetime) -> bool:
        """Return whether the student is still enrolled at an instant."""
        return self.left is None or at < self.left


def enrolments(data: Path) -> Iterator[Enrolment]:
    """Yield all enrolments."""
    for row in reading.rows(data / "oulad" / "registrations.csv.gz"):
        start = reading.time(row["nominal_start"])
        registered, left = row["nominal_registration_date"], row["nominal_unregistration_date"]
        yield Enrolment(
            customer_id(row),
            row["code_module"],
            row["code_presentation"],
            start,
            reading.time(registered) if registered else start,
            reading.time(left) if left else None,
        )


def customer_id(row: dict[str, str]) -> str:
    """Return the id of the enrolment that a row is about."""
    return "-".join(row[key] for key in _KEYS)


def orders(data: Path) -> Iterator[reading.Record]:
    """Yield submissions."""
    of_enrolment = {each.customer_id: each for each in enrolments(data)}
    records = []
    for row in _submissions(data):
        enrolment, at = of_enrolment[customer_id(row)], _submitted(row)
        if enrolment.knows(at):
            order_id = f"{enrolment.customer_id}-{row['id_assessment']}"
            records.append(
                {
                    "event_id": order_id,
                    "order_id": order_id,
                    "customer_id": enrolment.customer_id,
                    "status": "placed",
                    "occurred_at": reading.rfc3339(at),
                    "segment": enrolment.module,
                }
            )
    yield from reading.in_order(records)


def tickets(data: Path) -> Iterator[reading.Record]:
    """Yield what falls due, and what became of it."""
    calendar = defaultdict(list)
    for row in reading.rows(data / "oulad" / "assessments.csv.gz"):
        if row["assessment_type"] != "Exam" and row["nominal_date_due"]:
            calendar[row["code_module"], row["code_presentation"]].append(row)
    handed_in: dict[tuple[str, str], dict[str, str]] = {}
    banked = set()
    for row in reading.rows(data / "oulad" / "submissions.csv.gz"):
        key = customer_id(row), row["id_assessment"]
        if row["is_banked"] == "True":
            banked.add(key)
        else:
            handed_in[key] = row
    records = []
    for enrolment in enrolments(data):
        for due in calendar[enrolment.module, enrolment.presentation]:
            key = enrolment.customer_id, due["id_assessment"]
            if key not in banked:
                records += _ticket(enrolment, due, handed_in.get(key))
    yield from reading.in_order(records)


def touchpoints(data: Path) -> Iterator[reading.Record]:
    """Yield registrations and farewells."""
    records = []
    for enrolment in enrolments(data):
        known = {"customer_id": enrolment.customer_id, "segment": enrolment.module}
        # Some left before the date they registered at.
        if enrolment.knows(enrolment.registered):
            registered = {
                "event_id": f"{enrolment.customer_id}-registered",
                "kind": "follow_up",
                "occurred_at": reading.rfc3339(enrolment.registered),
            }
            records.append(known | registered)
        if enrolment.left:
            left = {
                "event_id": f"{enrolment.customer_id}-left",
                "kind": "closed",
                "occurred_at": reading.rfc3339(enrolment.left),
            }
            records.append(known | left)
    yield from reading.in_order(records)


def rating(score: float) -> int:
    """Return a score of 0 to 100 as a rating of 1 to 5."""
    return 1 if score < 40 else 2 if score < 55 else 4 if score < 70 else 5


def _ticket(
    enrolment: Enrolment, due: dict[str, str], handed_in: dict[str, str] | None
) -> Iterator[reading.Record]:
    due_at = reading.time(due["nominal_date_due"])
    opened_at = max(due_at - timedelta(days=SEEN_DAYS), enrolment.registered)
    ticket_id = f"{enrolment.customer_id}-{due['id_assessment']}"
    kind = due["assessment_type"]
    happened = [("opened", opened_at, None)]
    if handed_in:
        at = _submitted(handed_in)
        happened = [("opened", min(opened_at, at), None), ("resolved", at, None)]
        if handed_in["score"]:
            marked_at = at + timedelta(days=MARKED_DAYS[kind])
            happened.append(("rated", marked_at, rating(float(handed_in["score"]))))
    for status, at, rated in happened:
        if enrolment.knows(at):
            yield reading.known(
                {
                    "event_id": f"{ticket_id}-{status}",
                    "ticket_id": ticket_id,
                    "customer_id": enrolment.customer_id,
                    "status": status,
                    "occurred_at": reading.rfc3339(at),
                    "promised_at": reading.rfc3339(reading.day_end(due_at)),
                    "category": kind,
                    "rating": rated,
                    "segment": enrolment.module,
                }
            )


def _submissions(data: Path) -> Iterator[dict[str, str]]:
    for row in reading.rows(data / "oulad" / "submissions.csv.gz"):
        if row["is_banked"] != "True":
            yield row


def _submitted(row: dict[str, str]) -> datetime:
    return reading.time(row["nominal_date_submitted"])
