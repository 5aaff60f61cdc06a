"""The ledger's report, and its file, on stories that can be counted by hand."""

import csv
import json
from io import BytesIO, StringIO

import pytest

from agents.offline.ledger import entries
from agents.offline.ledger_file import write_ledger
from agents.offline.ledger_report import ledger_lines
from agents.offline.ledger_view import Ledger
from agents.offline.tally import Tally
from pipeline.churn_settings import ChurnLabel
from pipeline.settings import PipelineSettings
from schemas.activity import Kind
from schemas.alert import AlertKind, Arm, Severity, State
from schemas.base import milliseconds
from tests.agents.ledger_story import BACK, LEFT, activity, alert, day, story

SPAN = milliseconds(day(0)), milliseconds(day(200))


def lines(told, *activities, label=ChurnLabel.SILENCE):
    tally = Tally()
    tally.hear(activities)
    ledger = Ledger.of(told, tally, PipelineSettings(churn_label=label), SPAN)
    return [" ".join(line.split()) for line in ledger_lines(ledger)]


def many(name, left, back, **fields):
    told = [each for n in range(left) for each in story(f"{name} l{n}", 0, LEFT, **fields)]
    return told + [each for n in range(back) for each in story(f"{name} b{n}", 0, BACK, **fields)]


def test_a_kind_is_one_row_and_kinds_that_raised_nothing_are_none():
    told = [
        *story("ann", 1, LEFT, after=90),
        *story("bob", 1, BACK, after=8),
        alert("cid", 180),
        alert("dan", 2),
        alert("dan", 3, State.RETRACTED),
    ]
    orders = [activity("ann", -19), activity("bob", -9), activity("cid", 150)]
    # Silent for 20, 10 and 30 days. One of two left: Wilson gives 9.5% to 90.5%.
    assert lines(told, *orders)[2] == "inactivity 4 1 1 1 1 0.015 20 50% (9% to 91%) of 2"
    assert not [line for line in lines(told) if "neglect" in line]


def test_by_the_label_closed_the_lead_is_from_the_alert_to_the_farewell():
    told = [*story("ann", 1, LEFT, after=12), *story("bob", 1, BACK, after=90)]
    table = lines(told, label=ChurnLabel.CLOSED)
    assert "stayed" in table[1]
    assert "lead days" in table[1]
    assert table[2].split()[:8] == ["inactivity", "2", "0", "1", "1", "0", "0.01", "12"]


@pytest.mark.parametrize(
    ("label", "happened", "is_said"),
    [
        (ChurnLabel.CLOSED, [], True),
        (ChurnLabel.CLOSED, [activity("bob", 9, Kind.CLOSED)], False),
        (ChurnLabel.SILENCE, [], False),
    ],
)
def test_a_history_without_a_farewell_says_why_nobody_left(label, happened, is_said):
    said = "Nobody says farewell in this history: by `churn_label: closed` all of them stay."
    assert (said in lines(story("ann", 1, BACK), *happened, label=label)) is is_said


def test_untouched_alerts_and_those_acted_on_are_told_apart():
    told = lines([*many("u", 3, 1), *many("a", 1, 3, acted=2)])
    assert told[2].endswith("75% (30% to 95%) of 4")
    assert "Acted on: 4 of 8 alerts, after 48 hours (median)." in told
    assert "Of those acted on left 25% (5% to 70%) of 4: alert and reaction mixed." in told


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("channel", "web", "shop"),
        ("category", "parcel", "billing"),
        ("segment", "consumer", "business"),
        ("owner", "tom", "kim"),
    ],
)
def test_a_breakdown_needs_two_groups_of_thirty(name, x, y):
    few = lines([*many("x", 20, 10, **{name: x}), *many("y", 20, 9, **{name: y})])
    assert not [line for line in few if f"by {name}" in line]
    enough = lines([*many("x", 20, 10, **{name: x}), *many("y", 15, 15, **{name: y})])
    begin = enough.index(f"Precision by {name}")
    assert [line.split(" (")[0] for line in enough[begin + 1 : begin + 3]] == [
        f"{y} 50%",
        f"{x} 67%",
    ]


def test_the_breakdown_by_severity_goes_by_the_worst():
    """Who is raised as a warning and escalated counts as critical."""
    worse = {"state": State.ESCALATED, "severity": Severity.CRITICAL}
    told = many("x", 20, 10) + many("y", 15, 15)
    escalated = [alert(f"y {end}{n}", 9, **worse) for end in "lb" for n in range(15)]
    report = lines([*told, *escalated])
    begin = report.index("Precision by worst severity")
    assert [line.split(" (")[0] for line in report[begin + 1 : begin + 3]] == [
        "critical 50%",
        "warning 67%",
    ]


def test_nothing_is_said_of_a_control_group_that_was_never_drawn():
    assert not [line for line in lines(many("x", 9, 9)) if "ontrol" in line]


def test_the_arms_are_compared_acted_on_or_not():
    """56 of 70 less 48 of 80: Newcombe (1998), table 2, example a."""
    told = [
        *many("c", 56, 14, arm=Arm.CONTROL),
        *many("u", 24, 16, arm=Arm.TREATED),
        *many("a", 24, 16, arm=Arm.TREATED, acted=1),
    ]
    report = lines(told)
    assert "80.0% of 70 controls left, 60.0% of the 80 others" in report
    assert "kept by acting: +20.0 points (95% interval +5.2 to +33.4)" in report
    # 2.8016 x sqrt(.8 x .2 x (1/70 + 1/80)) = .1834
    assert [line for line in report if "difference of 18.3 points or more in 80 of" in line]


def test_a_customer_is_in_an_arm_once():
    told = []
    for kind in (AlertKind.INACTIVITY, AlertKind.NEGLECT):
        told += many("c", 3, 1, arm=Arm.CONTROL, kind=kind)
        told += many("t", 1, 3, arm=Arm.TREATED, kind=kind)
    assert "75.0% of 4 controls left, 25.0% of the 4 others" in lines(told)


def test_an_arm_without_an_outcome_is_not_known_yet():
    told = [alert("ann", 190, arm=Arm.CONTROL), alert("bob", 190, arm=Arm.TREATED)]
    assert "Not known yet: no horizon has passed in both arms." in lines(told)


def test_gained_lost_and_why():
    report = lines(
        [],
        activity("ann", 1),
        activity("ann", 20, Kind.CLOSED, note="price"),
        activity("bob", 120),
    )
    assert report[2:4] == ["2025-01 1 0 1 +0", "2025-05 1 0 0 +1"]
    assert report[-1] == "price 1 1"


def test_the_file_holds_an_entry_an_alert():
    found = entries([*story("ann", 1, LEFT, acted=2, owner="kim"), alert("bob", 2)])
    out = BytesIO()
    write_ledger(found, out, as_csv=False)
    ann, bob = (json.loads(line) for line in out.getvalue().splitlines())
    assert (ann["outcome"], ann["acted_at"], ann["owner"]) == (
        "left",
        "2025-01-09T00:00:00Z",
        "kim",
    )
    assert (bob["outcome"], bob["acted_at"]) == (None, None)
    out = BytesIO()
    write_ledger(found, out, as_csv=True)
    rows = list(csv.DictReader(StringIO(out.getvalue().decode())))
    assert [row["outcome"] for row in rows] == ["left", ""]
    assert rows[0]["raised"] == "2025-01-07T00:00:00Z"


@pytest.mark.parametrize("as_csv", [True, False])
def test_an_empty_ledger_is_a_file_as_well(as_csv):
    out = BytesIO()
    write_ledger([], out, as_csv=as_csv)
    assert len(out.getvalue().splitlines()) == int(as_csv)
