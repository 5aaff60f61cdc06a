"""Real data become records that are all accepted, as many as its description says."""

import json
from collections import Counter

import pytest

from agents.files.reader import chunks
from schemas.order import Order
from schemas.ticket import Ticket
from schemas.touchpoint import Touchpoint
from tests.realdata.convert import convert, data_folder, desk, later, main, reading

FORMS = {"orders": Order, "tickets": Ticket, "touchpoints": Touchpoint}
LATEST_MS = 1_800_000_000_000

needs_data = pytest.mark.skipif(
    not data_folder().is_dir(),
    reason=f"the real data is not at {data_folder()}; REAL_EVENT_DATA can name its folder",
)


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """Return the records of one kind of a data set, converted once."""
    kept = {}

    def read_once(name, kind):
        if name not in kept:
            kept[name] = convert(name, tmp_path_factory.mktemp(name))
        parts = list(chunks(kept[name][kind], FORMS[kind], LATEST_MS))
        return [record for chunk in parts for record in chunk.records], parts

    return read_once


# The counts are those in the description of the data; olist has 3,609 delivery dates.
@needs_data
@pytest.mark.parametrize(
    ("name", "kind", "records", "customers"),
    [
        ("online_retail", "orders", 32_020, 4_118),
        ("cdnow", "orders", 48_296, 16_418),
        ("olist", "orders", 5_680 + 3_609, 5_608),
        ("service_desk", "tickets", 97_618, 3_683),
        ("ravenstack", "orders", 17_750, 353),
    ],
)
def test_all_records_are_accepted_and_counted(read, name, kind, records, customers):
    found, parts = read(name, kind)
    assert [each for part in parts for each in part.refused] == []
    assert len(found) == records
    assert len({record.customer_id for record in found}) == customers
    assert len({record.event_id for record in found}) == records
    times = [at for part in parts for at in part.at_ms]
    assert times == sorted(times)


@needs_data
def test_returns_of_online_retail_are_orders_of_their_own(read):
    orders, _ = read("online_retail", "orders")
    statuses = Counter(order.status for order in orders)
    assert statuses["returned"] / len(orders) == pytest.approx(0.177, abs=5e-4)
    placed = {order.order_id for order in orders if order.status == "placed"}
    assert not placed & {order.order_id for order in orders if order.status == "returned"}


@needs_data
def test_tickets_of_the_service_desk(read):
    tickets, _ = read("service_desk", "tickets")
    assert len({ticket.ticket_id for ticket in tickets}) == 17_106
    assert {ticket.status for ticket in tickets} == {
        "opened",
        "replied",
        "reassigned",
        "reopened",
        "escalated",
        "resolved",
    }
    reopened = {ticket.ticket_id for ticket in tickets if ticket.status == "reopened"}
    assert len(reopened) / 17_106 == pytest.approx(0.011, abs=1e-3)


ROW = {
    "caller_id": "1",
    "number": "7",
    "incident_state": "New",
    "sys_mod_count": "0",
    "reassignment_count": "0",
    "reopen_count": "0",
    "priority": "3",
    "contact_type": "Phone",
    "category": "",
    "opened_at": "2016-03-01 10:00",
    "made_sla": "true",
    "closed_code": "",
    "resolved_at": "",
    "closed_at": "",
}


def statuses(monkeypatch, *changes):
    rows = [
        {**ROW, **change, "sys_updated_at": f"2016-03-01 10:0{at}"}
        for at, change in enumerate(changes)
    ]
    monkeypatch.setattr(reading, "rows", lambda _: iter(rows))
    return list(desk.service_desk(data_folder()))


def test_what_a_row_of_a_ticket_says(monkeypatch):
    records = statuses(
        monkeypatch,
        {},
        {"incident_state": "Active"},
        {"incident_state": "Active", "reassignment_count": "1"},
        {"incident_state": "Active", "reassignment_count": "1", "priority": "1"},
        {"incident_state": "Resolved", "reassignment_count": "2"},
        {"incident_state": "Active", "reassignment_count": "2"},
        {"incident_state": "Resolved", "reassignment_count": "2", "reopen_count": "1"},
        {"incident_state": "Closed", "reassignment_count": "2", "reopen_count": "1"},
    )
    assert [record["status"] for record in records] == [
        "opened",
        "replied",
        "reassigned",
        "escalated",
        "resolved",
        "reopened",
        "reopened",
        "resolved",
    ]
    assert {record["promised_at"] for record in records} == {"2016-03-04T10:00:00Z"}
    assert desk.PROMISED_HOURS["normal"] == 72


def test_nothing_is_read_that_is_known_only_at_the_end(monkeypatch):
    known = statuses(monkeypatch, {}, {"incident_state": "Resolved"})
    late = {"made_sla": "false", "closed_code": "6", "resolved_at": "2016-03-09 10:00",
            "closed_at": "2016-03-14 10:00"}  # fmt: skip
    assert statuses(monkeypatch, late, {"incident_state": "Resolved", **late}) == known


def test_the_command_line_writes_json_lines(tmp_path, monkeypatch, capsys):
    """Run without the data, on a data set of one row."""
    rows = [{"customer_id": "1", "date": "1997-01-01", "dollar_value": "9.5"}] * 2
    monkeypatch.setattr(reading, "rows", lambda _: iter(rows))
    monkeypatch.setattr("sys.argv", ["convert.py", "cdnow", str(tmp_path / "out")])
    main()
    path = tmp_path / "out" / "orders.jsonl"
    assert capsys.readouterr().out == f"{path}\n"
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [record["order_id"] for record in records] == ["1-1997-01-01-1", "1-1997-01-01-2"]


def test_a_record_is_moved_with_all_its_dates():
    """Over the end of February of a leap year; what is no date stays."""
    line = (
        b'{"ticket_id": "1", "occurred_at": "2016-02-28T10:00:00Z", '
        b'"opened_at": "2016-02-27T23:59:59Z", "promised_at": "2016-12-31T10:00:00Z"}'
    )
    assert json.loads(later(line, 2)) == {
        "ticket_id": "1",
        "occurred_at": "2016-03-01T10:00:00Z",
        "opened_at": "2016-02-29T23:59:59Z",
        "promised_at": "2017-01-02T10:00:00Z",
    }
