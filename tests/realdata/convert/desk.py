"""Tickets: service_desk.

One record for each row. Only the row itself and earlier rows of its ticket are looked at. The
first match counts:

    first row of the ticket            `opened`, or `resolved` if it is already so
    back from resolved, or counted so  `reopened`
    state Resolved or Closed           `resolved` (again, where it was so before)
    a more urgent priority             `escalated`
    the reassignment count has grown   `reassigned`
    anything else                      `replied`: the data does not say if the caller heard

`promised_at` is the opening plus `PROMISED_HOURS` of the priority that the ticket opened with: a
judgement, as the data has no promise. `made_sla`, `resolved_at`, `closed_at` and `closed_code`
are known only at the end, and are not read. An opening dated after its own row (four rows) is set
to the time of the row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.realdata.convert import reading

PROMISED_HOURS = {"urgent": 8, "high": 24, "normal": 72, "low": 120}

_PRIORITIES = {"1": "urgent", "2": "high", "3": "normal", "4": "low"}
_DONE = ("Resolved", "Closed")


@dataclass(slots=True)
class _Case:
    """What the rows of a ticket have said so far."""

    promised_at: str
    state: str
    priority: int
    reassigned: int
    reopened: int
    rows: int = 0


def service_desk(data: Path) -> Iterator[reading.Record]:
    """Changes of the tickets of an IT service desk."""
    rows = list(reading.rows(data / "service_desk" / "incident_events.csv.gz"))
    # Within a minute the rows of a ticket do not always stand in the order of its changes.
    rows.sort(key=lambda row: (row["sys_updated_at"], row["number"], int(row["sys_mod_count"])))
    cases: dict[str, _Case] = {}
    for row in rows:
        occurred_at = reading.time(row["sys_updated_at"])
        opened_at = min(reading.time(row["opened_at"]), occurred_at)
        priority = _PRIORITIES[row["priority"]]
        case = cases.get(row["number"])
        if case is None:
            promised_at = reading.rfc3339(opened_at + timedelta(hours=PROMISED_HOURS[priority]))
            case = cases[row["number"]] = _Case(promised_at, "", int(row["priority"]), 0, 0)
        status = _status(case, row)
        case.rows += 1
        record = {
            "event_id": f"{row['number']}-{case.rows}",
            "ticket_id": row["number"],
            "customer_id": row["caller_id"],
            "status": status,
            "occurred_at": reading.rfc3339(occurred_at),
            "opened_at": reading.rfc3339(opened_at),
            "promised_at": case.promised_at,
            "channel": row["contact_type"],
            "category": row["category"],
            "priority": priority,
        }
        yield reading.known(record)


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
