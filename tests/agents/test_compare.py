"""`churnwatch replay --settings A --against B` on a history of which all is known by hand.

It is of 120 days, so days 60 to 119 are measured, and ends at day 119, 04:00. By A 10 days of
silence are too long, by B 16, and by B one-time buyers have 25. In the second half

* ann orders daily up to day 69: alarmed on day 79 by A, 85 by B, and she has left;
* bob pauses from day 64 to 77: alarmed on day 74 by A, and he comes back;
* eve orders once, on day 58: alarmed on day 83 by B, and she has left.

In the first, dora pauses for 12 days, which A finds, and fay for 9.5, which nobody does: so the
hiatus with as many alerts as A is one of 9.5 days. It finds ann on day 78.5 and bob on day 73.5.
"""

import re
from datetime import UTC, datetime

import pytest

from agents.cli import FINE, WRONG_USE, run
from agents.commands.compare import hiatus_alone
from agents.commands.replay import Request, replay
from agents.shop.settings import ShopSettings
from agents.shop.write import write_shop
from agents.sources import ORDERS, TICKETS, TOUCHPOINTS
from pipeline.settings import PipelineSettings
from schemas.alert import AlertKind
from tests.agents.timeline import order, regulars, write_lines

A = """
sources: [orders]
inactivity: {rule: hiatus, hiatus_days: 10, hiatus_critical_days: 15, horizon_days: 30}
stalled: {enabled: false}
"""
B = """
sources: [orders]
inactivity: {rule: hiatus, hiatus_days: 16, hiatus_critical_days: 24, horizon_days: 30}
second_order: {enabled: true, days: 25}
stalled: {enabled: false}
"""
OFF = "inactivity: {rule: 'off', horizon_days: 30}\nstalled: {enabled: false}\nsources: [orders]\n"
HALF_DAYS = (119 + 2 / 12) / 2
A_DAY, TWO_A_DAY = f"{1 / HALF_DAYS:.4g}", f"{2 / HALF_DAYS:.4g}"


def daily(customer, *spans, hours=0):
    return [
        order(customer, day + hours / 24) for first, last in spans for day in range(first, last + 1)
    ]


@pytest.fixture(autouse=True)
def _a_folder_with_a_history(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    orders = [
        *regulars(*range(120)),
        *daily("ann", (0, 69)),
        *daily("bob", (0, 64), (77, 119)),
        *daily("dora", (0, 19), (31, 119)),
        *daily("fay", (0, 20)),
        *daily("fay", (29, 118), hours=12),
        order("eve", 58),
    ]
    write_lines(tmp_path / "orders.jsonl", orders)
    for name, text in (("a", A), ("b", B), ("off", OFF)):
        (tmp_path / f"{name}.yaml").write_text(text)


def compared(capsys, a="a.yaml", b="b.yaml", *more):
    files = ["--orders", "orders.jsonl", "--settings", a, "--against", b]
    assert run(["replay", *files, *more]) == FINE
    return capsys.readouterr().out


def rows(text):
    """Return the rows of the tables in a text, without the intervals."""
    bare = re.sub(r" \([^)]*\)", "", text)
    return [re.split(r"\s{3,}", line.strip()) for line in bare.splitlines() if line[:2] == "  "]


def test_what_becomes_of_alerts(capsys):
    told = compared(capsys)
    assert rows(told)[:3] == [
        ["A", "B", "same", "earlier", "later", "gained", "lost"],
        ["inactivity", "2", "1", "1", "0", "0", "0", "1"],
        ["second_order", "0", "1", "0", "0", "0", "1", "0"],
    ]
    assert told.startswith("Read 759 events, 2025-01-01 to 2025-04-30\n")


def test_what_alerts_are_worth_of_all_kinds(capsys):
    """Of A's, ann has left and bob has not; B's come after 16 days and 25."""
    assert rows(compared(capsys))[3:7] == [
        ["precision", "silent days", "alerts a day"],
        ["A", "50.0%", "10", TWO_A_DAY],
        ["B", "100.0%", "20.5", TWO_A_DAY],
        ["B less A", "50.0%", "10.5", "0"],
    ]


def test_inactivity_beside_the_hiatus_that_is_as_loud(capsys):
    told = compared(capsys)
    assert (
        "Inactivity alone, beside a hiatus of 9.5 days, whoever it is: tuned on\n"
        "the first half to as many alerts as A has there.\n"
    ) in told
    assert rows(told)[7:] == [
        ["precision", "silent days", "alerts a day"],
        ["A", "50.0%", "10", TWO_A_DAY],
        ["B", "100.0%", "16", A_DAY],
        ["B less A", "50.0%", "6", f"-{A_DAY}"],
        ["hiatus", "50.0%", "9.5", TWO_A_DAY],
        ["B less hiatus", "50.0%", "6.5", f"-{A_DAY}"],
    ]


def test_against_itself_nothing_differs(capsys):
    told = compared(capsys, "a.yaml", "a.yaml")
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert lines.count("B less A 0.0% (0.0%, 0.0%) 0 (0, 0) 0 (0, 0)") == 2
    assert ["inactivity", "2", "2", "2", "0", "0", "0", "0"] in rows(told)


def test_up_to_an_instant(capsys):
    """Up to day 84 A has found ann and bob, and B only eve, one day before."""
    told = compared(capsys, "a.yaml", "b.yaml", "--until", "2025-03-26")
    assert ["inactivity", "2", "0", "0", "0", "0", "0", "2"] in rows(told)
    assert ["second_order", "0", "1", "0", "0", "0", "1", "0"] in rows(told)


def test_without_an_alert_of_inactivity_there_is_no_hiatus_to_tune(capsys):
    told = compared(capsys, "off.yaml", "a.yaml")
    assert "Inactivity alone; no hiatus comes to as many alerts as A, so it is left out.\n" in told
    assert ["inactivity", "0", "2", "0", "0", "0", "2", "0"] in rows(told)
    assert ["A", "-", "-", "0"] in rows(told)


def test_no_alerts_at_all(capsys):
    assert compared(capsys, "off.yaml", "off.yaml").endswith("No alerts under any of them.\n")


def test_the_hiatus_raises_nothing_but_silence(tmp_path):
    """In a shop in which much goes wrong, the settings as they come raise most other kinds."""
    shop = ShopSettings(customers=60, days=60, trouble=2, start=datetime(2025, 1, 6, tzinfo=UTC))
    write_shop(shop, tmp_path, ".jsonl")
    names = {ORDERS: "orders", TICKETS: "tickets", TOUCHPOINTS: "touchpoints"}
    files = {source: [tmp_path / f"{name}.jsonl"] for source, name in names.items()}
    as_they_come = PipelineSettings()
    raised = {alert.kind for alert in replay(Request(files=files), as_they_come).alerts}
    assert {AlertKind.FRUSTRATION, AlertKind.NEGLECT, AlertKind.QUIET_AFTER_TROUBLE} <= raised
    hiatus = hiatus_alone(as_they_come, 10.0)
    assert {a.kind for a in replay(Request(files=files), hiatus).alerts} == {AlertKind.INACTIVITY}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param(
            ["--activity", "log.jsonl"],
            "--against folds files anew, and --activity 'log.jsonl' is a log; "
            "accepted are --orders, --tickets and --touchpoints",
            id="a log",
        ),
        pytest.param(
            ["--orders", "orders.jsonl", "--alerts", "alerts.jsonl"],
            "--against writes no files, as there are three results; "
            "accepted with it are --settings, --until and the files to read",
            id="files to write",
        ),
        pytest.param(
            [],
            "nothing to replay; accepted are --orders, --tickets and --touchpoints, each with a "
            "file, or --activity with a dump of the log",
            id="nothing to read",
        ),
        pytest.param(
            ["--orders", "orders.jsonl", "--until", "2024-12-31"],
            "--until is 2024-12-31T00:00:00Z, before the first event; "
            "accepted is a time from 2025-01-01T00:00:00Z on",
            id="until before the first event",
        ),
        pytest.param(
            ["--tickets", "orders.jsonl"],
            "'orders.jsonl' is of support-tickets, which the setting `sources` leaves out; "
            "accepted are files of orders",
            id="a source that is left out",
        ),
        pytest.param(
            ["--orders", "orders.jsonl", "--settings", "closed.yaml"],
            "`churn_label` is closed in one of the settings and silence in the other; accepted is "
            "the same in both, as outcomes cannot be compared otherwise",
            id="two labels",
        ),
        pytest.param(
            ["--orders", "orders.jsonl", "--settings", "longer.yaml"],
            "`inactivity.horizon_days` is 45.5 in one of the settings and 30 in the other; "
            "accepted is the same in both, as outcomes cannot be compared otherwise",
            id="two horizons",
        ),
        pytest.param(
            ["--orders", "orders.jsonl", "--against", "none.yaml"],
            "cannot read 'none.yaml': No such file or directory; a YAML file is accepted",
            id="settings that are not there",
        ),
    ],
)
def test_what_cannot_be_compared(arguments, line, tmp_path, capsys):
    write_lines(tmp_path / "log.jsonl", [])
    (tmp_path / "closed.yaml").write_text("churn_label: closed\n" + A)
    (tmp_path / "longer.yaml").write_text(A.replace("horizon_days: 30", "horizon_days: 45.5"))
    assert run(["replay", "--settings", "a.yaml", "--against", "b.yaml", *arguments]) == WRONG_USE
    assert capsys.readouterr().err == f"churnwatch: {line}\n"
