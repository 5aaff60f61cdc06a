"""`churnwatch replay` on small files, against what a hand can count.

By the hiatus rule of 10 and 15 days: who ordered on day 0 and day 2 is alarmed on day 12 and
again on day 17, if orders of others show that the feed is alive.
"""

import csv
import gzip
import json
import math
from dataclasses import replace

import pytest

from agents.commands.replay import Request, replay
from agents.problems import UserError
from agents.sources import ORDERS, TICKETS, TOUCHPOINTS
from pipeline.census import census
from pipeline.inactivity_settings import InactivityRule, InactivitySettings
from pipeline.settings import FeedSettings, PipelineSettings
from pipeline.units import DAY_MS
from tests.agents.timeline import START_MS, at, order, regulars, ticket, write_lines

HIATUS = PipelineSettings(
    inactivity=InactivitySettings(
        rule=InactivityRule.HIATUS, hiatus_days=10, hiatus_critical_days=15, horizon_days=90
    )
)
# Of a desk with a ticket now and then: its silence does not mean that its feed is dead.
SMALL_DESK = replace(HIATUS, feeds={TICKETS.topic: FeedSettings(idle_hours_max=24.0 * 60)})
QUIET = [order("ann", 0, amount=20, currency="EUR"), order("ann", 2, amount=40, currency="EUR")]
ANN_AND_REGULARS = [*QUIET, *regulars(*range(31))]


def day(number):
    return START_MS + round(number * DAY_MS)


def run(tmp_path, orders=(), tickets=(), *, settings=HIATUS, batch=8192, **wanted):
    files = {
        ORDERS: [write_lines(tmp_path / "orders.jsonl", orders)] if orders else [],
        TICKETS: [write_lines(tmp_path / "tickets.jsonl", tickets)] if tickets else [],
    }
    return replay(Request(files=files, **wanted), settings, batch)


def told(result, kind="inactivity"):
    return [
        (a.customer_id, a.state, a.occurred_at.isoformat().replace("+00:00", "Z"))
        for a in result.alerts
        if a.kind == kind
    ]


def test_silence_is_told_on_the_day_it_reaches_the_limit(tmp_path):
    result = run(tmp_path, ANN_AND_REGULARS)
    assert told(result) == [("ann", "raised", at(12)), ("ann", "escalated", at(17))]
    assert (result.read, result.applied, result.duplicates) == (95, 95, 0)


def test_what_comes_after_until_is_not_folded(tmp_path):
    result = run(tmp_path, ANN_AND_REGULARS, until_ms=day(15))
    assert told(result) == [("ann", "raised", at(12))]
    assert result.now_ms == day(15)
    assert result.after_until == 2 + 15 * 3  # of day 15 the first regular comes at midnight


def test_time_in_which_the_feed_was_dead_is_no_silence(tmp_path):
    """No order at all from day 5 to day 9: those four days and their ends do not count.

    The last order before is that of day 5 at 04:00, the first one after of day 9 at 00:00.
    """
    absent = (6, 7, 8)
    result = run(tmp_path, [*QUIET, *regulars(*range(31), absent=absent)])
    dead_days = 9 - (5 + 2 / 12)
    assert told(result)[0] == ("ann", "raised", at(12 + dead_days))


def test_until_far_beyond_the_last_event_alarms_nobody(tmp_path):
    """Since its newest event the feed counts as dead."""
    orders = [*QUIET, *regulars(*range(9))]
    result = run(tmp_path, orders, until_ms=day(400))
    assert told(result) == []
    assert result.now_ms == day(400)
    found = census(result.table, result.now_ms)
    ann = found.customer_id.index("ann")
    assert found.silence_days[ann] == pytest.approx(8 + 2 / 12 - 2)


def test_an_open_ticket_is_waited_for_until_the_very_end(tmp_path):
    """Three tickets promised for day 1, and no event after day 0: each weighs 1 - exp(-days/5)."""
    tickets = [
        ticket("ben", 0, ticket_id=f"t{n}", event_id=f"e{n}", promised_at=at(1)) for n in range(3)
    ]
    until = {"settings": SMALL_DESK, "tickets": tickets}
    assert told(run(tmp_path, until_ms=day(1), **until), "frustration") == []
    # 3 (1 - exp(-d/5)) >= ln 3 from d = 2.28 on; an overdue matter weighs more once a day: day 4.
    # 1.5 ln 3 is reached from d = 3.98 on: day 5.
    assert told(run(tmp_path, until_ms=day(10), **until), "frustration") == [
        ("ben", "raised", at(4)),
        ("ben", "escalated", at(5)),
    ]


def test_tickets_are_not_overdue_while_their_feed_may_be_dead(tmp_path):
    """It is believed for two days: they are overdue for one of these, which is not enough."""
    tickets = [
        ticket("ben", 0, ticket_id=f"t{n}", event_id=f"e{n}", promised_at=at(1)) for n in range(3)
    ]
    assert told(run(tmp_path, tickets=tickets, until_ms=day(10)), "frustration") == []
    heard = [*tickets, *(ticket(who, 10, event_id=who) for who in ("cat", "dan", "eve"))]
    assert told(run(tmp_path, tickets=heard, until_ms=day(11)), "frustration") == [
        ("ben", "raised", at(10)),
    ]


def test_a_census_gives_load_and_endurance_as_of_until(tmp_path):
    """One ticket promised for day 1: on day 10 it is overdue by 9 days, and weighs 0.8347."""
    tickets = [ticket("ben", 0, promised_at=at(1))]
    result = run(tmp_path, tickets=tickets, until_ms=day(10), settings=SMALL_DESK)
    found = census(result.table, result.now_ms)
    assert found.frustration == pytest.approx([1 - math.exp(-9 / 5)])
    assert found.endurance == pytest.approx([math.log(3)])
    assert found.open_alerts == [[]]


@pytest.mark.parametrize("batch", [1, 7, 95, 10_000])
def test_the_size_of_batches_changes_no_alert(tmp_path, batch):
    tickets = [ticket("ben", d / 2, ticket_id=f"t{d}", event_id=f"e{d}") for d in range(8)]
    expected = run(tmp_path, ANN_AND_REGULARS, tickets, settings=SMALL_DESK)
    result = run(tmp_path, ANN_AND_REGULARS, tickets, settings=SMALL_DESK, batch=batch)
    assert len(result.alerts) > 2

    def without_place(found):
        alerts = [(a.occurred_at, a.alert_id, a.revision, a.state, a.causes) for a in found.alerts]
        return sorted(alerts, key=lambda each: each[:3])

    assert without_place(result) == without_place(expected)


def test_a_record_told_twice_counts_once(tmp_path):
    result = run(tmp_path, [*ANN_AND_REGULARS, QUIET[1]])
    assert (result.applied, result.duplicates) == (95, 1)


def test_rejected_records_are_kept_with_file_and_line(tmp_path):
    path = write_lines(tmp_path / "orders.jsonl", QUIET)
    bad_promise = json.dumps(order("ann", 3, promised_at="1970-01-01T00:00:00Z"))
    path.write_text(path.read_text() + f"\nnot json\n{bad_promise}\n", encoding="utf-8")
    dead = tmp_path / "dead.jsonl"
    result = replay(Request(files={ORDERS: [path]}, dead_letters=dead), HIATUS)
    lines = [json.loads(line) for line in dead.read_text().splitlines()]
    assert [(d["file"], d["line"], d["reason"], d["value"]) for d in lines] == [
        (str(path), 4, "malformed", "not json"),
        (str(path), 5, "bad_time", bad_promise),
    ]
    assert result.rejected == {"malformed": 1, "bad_time": 1}
    assert result.applied == 2


def test_a_rejected_row_of_a_csv_file_is_kept_with_its_line(tmp_path):
    path = tmp_path / "orders.csv"
    header = "event_id,order_id,customer_id,status,occurred_at,promised_at\n"
    rows = [
        f"e{n},o{n},ann,placed,{at(n)},{p}\n" for n, p in enumerate(["", "1970-01-01T00:00:00Z"])
    ]
    path.write_text(header + "".join(["x\n", *rows]), encoding="utf-8")
    dead = tmp_path / "dead.jsonl"
    replay(Request(files={ORDERS: [path]}, dead_letters=dead), HIATUS)
    lines = [json.loads(line) for line in dead.read_text().splitlines()]
    assert [(d["line"], d["reason"], d["value"]) for d in lines] == [
        (2, "malformed", "x"),
        (4, "bad_time", rows[1].rstrip()),
    ]


@pytest.mark.parametrize("form", ["csv", "jsonl.gz", "csv.gz"])
def test_every_form_of_file_gives_the_same_alerts(tmp_path, form):
    expected = run(tmp_path, ANN_AND_REGULARS)
    path = tmp_path / f"same.{form}"
    text = (tmp_path / "orders.jsonl").read_text()
    if "csv" in form:
        names = [
            "event_id",
            "order_id",
            "customer_id",
            "status",
            "occurred_at",
            "amount",
            "currency",
        ]
        rows = [",".join(str(o.get(name, "")) for name in names) for o in ANN_AND_REGULARS]
        text = "\n".join([",".join(names), *rows, ""])
    data = text.encode()
    path.write_bytes(gzip.compress(data) if form.endswith(".gz") else data)
    assert replay(Request(files={ORDERS: [path]}), HIATUS).alerts == expected.alerts


def test_a_history_in_several_files_is_the_same_as_in_one(tmp_path):
    expected = run(tmp_path, ANN_AND_REGULARS)
    halves = [write_lines(tmp_path / f"{n}.jsonl", ANN_AND_REGULARS[n::2]) for n in (1, 0)]
    assert replay(Request(files={ORDERS: halves}), HIATUS).alerts == expected.alerts


def test_a_dump_of_the_log_gives_the_alerts_of_the_replay_it_came_from(tmp_path):
    log, first, second = (tmp_path / name for name in ("log.jsonl", "a.jsonl", "b.jsonl"))
    tickets = [ticket("ben", 1, promised_at=at(2))]
    run(tmp_path, ANN_AND_REGULARS, tickets, alerts=first, activity_out=log, until_ms=day(40))
    result = replay(Request(activity=log, alerts=second), HIATUS)
    assert first.read_bytes() == second.read_bytes() != b""
    assert result.now_ms == day(40)


def test_the_alerts_file_holds_every_alert(tmp_path):
    path = tmp_path / "alerts.jsonl"
    run(tmp_path, ANN_AND_REGULARS, alerts=path)
    raised, escalated = (json.loads(line) for line in path.read_text().splitlines())
    assert (raised["state"], raised["severity"], raised["score"]) == ("raised", "warning", 10.0)
    assert (escalated["state"], escalated["severity"]) == ("escalated", "critical")
    assert raised["alert_id"] == escalated["alert_id"]


def test_the_customers_file_has_a_row_for_everyone(tmp_path):
    path = tmp_path / "customers.csv"
    tickets = [ticket("ben", 1)]
    run(tmp_path, ANN_AND_REGULARS, tickets, customers=path, until_ms=day(13))
    ann, ben, *others = csv.DictReader(path.read_text().splitlines())
    assert [ann["customer_id"], ann["orders"], ann["tickets"]] == ["ann", "2", "0"]
    assert [ann["last_order_at"], ann["silence_days"]] == [at(2), "11.00"]
    assert [ann["stage"], ann["currency"], ann["open_alerts"]] == [
        "accomplish",
        "EUR",
        "inactivity",
    ]
    assert float(ann["value_at_risk"]) > 0
    # Without an order there is no order model: not known is not zero.
    nothing = ("last_order_at", "silence_days", "churn_probability", "value_at_risk", "currency")
    assert [ben[name] for name in nothing] == [""] * 5
    assert [ben["orders"], ben["tickets"], ben["stage"]] == ["0", "1", "assess"]
    assert [row["customer_id"] for row in others] == ["regular-0", "regular-1", "regular-2"]


def test_a_file_of_a_source_that_the_settings_leave_out_is_wrong_use(tmp_path):
    path = write_lines(tmp_path / "touchpoints.jsonl", [])
    settings = PipelineSettings(sources=("orders",))
    with pytest.raises(UserError, match="which the setting `sources` leaves out; accepted are"):
        replay(Request(files={TOUCHPOINTS: [path]}), settings)


def test_a_file_is_never_written_over_what_is_read(tmp_path):
    path = write_lines(tmp_path / "orders.jsonl", QUIET)
    with pytest.raises(UserError, match="is given twice; accepted is a file of its own for each"):
        replay(Request(files={ORDERS: [path]}, alerts=tmp_path / "." / "orders.jsonl"), HIATUS)
    assert path.read_text().count("\n") == 2
