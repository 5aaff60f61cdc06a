"""Data sets with a known day of leaving become orders, tickets and touchpoints."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from agents.files.reader import chunks
from schemas.order import Order
from schemas.ticket import Ticket
from schemas.touchpoint import Touchpoint
from tests.realdata.convert import (
    SOURCES,
    convert,
    data_folder,
    oulad,
    ravenstack,
    reading,
    udacity,
)

FORMS = {"orders": Order, "tickets": Ticket, "touchpoints": Touchpoint}
LATEST_MS = 1_800_000_000_000

needs_data = pytest.mark.skipif(
    not data_folder().is_dir(),
    reason=f"the real data is not at {data_folder()}; REAL_EVENT_DATA can name its folder",
)


# The counts are those in the description of the data: 1,177 enrolments of which 60.6% cancelled,
# 410 churn events of 353 accounts, 30.8% of 22,893 enrolments withdrawn.
@needs_data
@pytest.mark.parametrize(
    ("name", "left"),
    [("udacity_students", 0.606 * 1177), ("ravenstack", 410), ("oulad", 0.308 * 22_893)],
)
def test_every_record_is_accepted_and_every_farewell_told(tmp_path, monkeypatch, name, left):
    # Half a million tickets take long to read, and all of them are of one making.
    monkeypatch.delitem(SOURCES["oulad"], "tickets")
    kinds = Counter()
    for kind, path in convert(name, tmp_path).items():
        at, ids, count = [], set(), 0
        for part in chunks(path, FORMS[kind], LATEST_MS):
            assert part.refused == []
            at += part.at_ms
            ids |= {record.event_id for record in part.records}
            count += len(part.records)
            if kind == "touchpoints":
                kinds.update(record.kind for record in part.records)
        assert at == sorted(at)
        assert len(ids) == count
    assert kinds["closed"] == pytest.approx(left, rel=2e-3)


@needs_data
def test_all_active_days_of_udacity_students_fall_into_a_stay():
    """26,684 of 839 accounts, as the description of the data has it."""
    orders = list(udacity.orders(data_folder()))
    assert len(orders) == 26_684
    assert len({order["customer_id"].split("-")[0] for order in orders}) == 839


def files(monkeypatch, **tables):
    monkeypatch.setattr(reading, "rows", lambda path: iter(tables[path.name.split(".")[0]]))


def told(records):
    return [
        (record["occurred_at"][:10], record.get("status") or record["kind"], record.get("rating"))
        for record in records
    ]


STUDENT = {"id_student": "7", "code_module": "AAA", "code_presentation": "2013J"}
REGISTRATION = {
    **STUDENT,
    "nominal_start": "2013-10-01",
    "nominal_registration_date": "2013-08-01",
    "nominal_unregistration_date": "",
    "final_result": "Fail",
}


def assessment(number, due, kind="TMA"):
    return {
        "code_module": "AAA",
        "code_presentation": "2013J",
        "id_assessment": number,
        "assessment_type": kind,
        "nominal_date_due": due,
    }


def submission(number, at, score="80", banked="False"):
    return {
        **STUDENT,
        "id_assessment": number,
        "nominal_date_submitted": at,
        "is_banked": banked,
        "score": score,
    }


@pytest.fixture
def module(monkeypatch):
    """One student, and of five assessments one each in time, late, missed, banked, an exam."""

    def enrolled(**changes):
        files(
            monkeypatch,
            registrations=[{**REGISTRATION, **changes}],
            assessments=[
                assessment("1", "2013-10-20"),
                assessment("2", "2013-11-20", "CMA"),
                assessment("3", "2013-12-20"),
                assessment("4", "2014-01-20"),
                assessment("5", "", "Exam"),
            ],
            submissions=[
                submission("1", "2013-10-19"),
                submission("2", "2013-11-25", score="39"),
                submission("4", "2013-10-01", banked="True"),
            ],
        )

    return enrolled


def test_what_falls_due_is_a_ticket_until_it_is_handed_in(module):
    """Opened 14 days before; a tutor's mark comes 14 days after, a computer's at once."""
    module()
    assert told(oulad.tickets(data_folder())) == [
        ("2013-10-06", "opened", None),
        ("2013-10-19", "resolved", None),
        ("2013-11-02", "rated", 5),
        ("2013-11-06", "opened", None),
        ("2013-11-25", "resolved", None),
        ("2013-11-25", "rated", 1),
        ("2013-12-06", "opened", None),
    ]
    promises = {record["promised_at"] for record in oulad.tickets(data_folder())}
    assert min(promises) == "2013-10-20T23:59:59Z"
    assert told(oulad.orders(data_folder())) == [
        ("2013-10-19", "placed", None),
        ("2013-11-25", "placed", None),
    ]
    assert told(oulad.touchpoints(data_folder())) == [("2013-08-01", "follow_up", None)]


def test_nothing_is_told_after_a_student_has_left(module):
    module(nominal_unregistration_date="2013-11-25")
    assert told(oulad.touchpoints(data_folder()))[-1] == ("2013-11-25", "closed", None)
    assert told(oulad.orders(data_folder())) == [("2013-10-19", "placed", None)]
    assert told(oulad.tickets(data_folder()))[-1] == ("2013-11-06", "opened", None)


def test_a_leaving_that_is_yet_to_come_changes_nothing_before_it(module):
    """No record before the day of leaving knows of it: leaving is a label, not an input."""

    def before(day):
        return [
            [record for record in read(data_folder()) if record["occurred_at"] < day]
            for read in SOURCES["oulad"].values()
        ]

    module()
    stays = before("2013-11-25")
    module(nominal_unregistration_date="2013-11-25", final_result="Withdrawn")
    assert before("2013-11-25") == stays


@pytest.mark.parametrize(("score", "rating"), [(39, 1), (40, 2), (54, 2), (55, 4), (70, 5)])
def test_scores_as_ratings(score, rating):
    assert oulad.rating(score) == rating


def stay(joined, left=""):
    return {"account_key": "3", "join_date": joined, "cancel_date": left}


def project(created, completed, rated):
    return {
        "account_key": "3",
        "creation_date": created,
        "completion_date": completed,
        "assigned_rating": rated,
    }


def test_what_an_account_does_belongs_to_its_stay(monkeypatch):
    """The day of leaving, and the days between two stays, belong to none."""
    days = ["2015-01-01", "2015-01-09", "2015-01-10", "2015-01-15", "2015-02-01"]
    files(
        monkeypatch,
        enrollments=[stay("2015-02-01"), stay("2015-01-01", "2015-01-10")],
        daily_activity=[
            {"account_key": "3", "utc_date": day, "total_minutes_visited": "5.5"} for day in days
        ],
        project_submissions=[
            project("2015-01-08", "2015-01-11", "PASSED"),
            project("2015-02-02", "2015-02-03", "INCOMPLETE"),
            project("2015-02-04", "2015-02-05", "UNGRADED"),
            project("2015-02-06", "", ""),
        ],
    )
    assert [record["order_id"] for record in udacity.orders(data_folder())] == [
        "3-1-20150101",
        "3-1-20150109",
        "3-2-20150201",
    ]
    assert told(udacity.tickets(data_folder())) == [
        ("2015-01-08", "opened", None),
        ("2015-02-02", "opened", None),
        ("2015-02-03", "resolved", None),
        ("2015-02-03", "rated", 1),
        ("2015-02-04", "opened", None),
        ("2015-02-05", "resolved", None),
        ("2015-02-05", "rated", 2),
        ("2015-02-06", "opened", None),
    ]
    assert told(udacity.touchpoints(data_folder())) == [
        ("2015-01-01", "follow_up", None),
        ("2015-01-10", "closed", None),
        ("2015-02-01", "follow_up", None),
    ]


def test_tickets_of_ravenstack(monkeypatch):
    row = {
        "ticket_id": "T-1",
        "account_id": "A-1",
        "submitted_at": "2023-01-02",
        "closed_at": "2023-01-03 03:00",
        "priority": "medium",
        "first_response_time_minutes": "24",
        "satisfaction_score": "4.0",
        "escalation_flag": "True",
    }
    files(monkeypatch, support_tickets=[row])
    records = list(ravenstack.tickets(data_folder()))
    assert told(records) == [
        ("2023-01-02", "opened", None),
        ("2023-01-02", "replied", None),
        ("2023-01-03", "resolved", None),
        ("2023-01-03", "rated", 4),
    ]
    opened, replied = (datetime.fromisoformat(record["occurred_at"]) for record in records[:2])
    assert replied - opened == timedelta(minutes=24)
    assert {record["priority"] for record in records} == {"normal"}
