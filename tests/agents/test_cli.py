"""The command line as a user meets it: exit codes, one line for each mistake, never a traceback."""

import json
import subprocess
import sys

import pytest

from agents.cli import FINE, WRONG_USE, run
from tests.agents.timeline import at, order, regulars, write_lines

COMMANDS = ("replay", "simulate", "demo", "check", "schemas")


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(command, capsys):
    assert run([command, "--help"]) == FINE
    assert f"Example: churnwatch {command}" in capsys.readouterr().out


def test_without_a_command_the_help_is_shown(capsys):
    assert run([]) == WRONG_USE
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)


@pytest.mark.parametrize("group", [[], ["topics"]])
def test_a_command_is_told_in_a_whole_sentence(group, capsys):
    """The list of commands cuts off what is longer than a line."""
    assert run([*group, "--help"]) == FINE
    _, commands = capsys.readouterr().out.split("Commands:")
    assert "..." not in commands


def test_version(capsys):
    assert run(["--version"]) == FINE
    assert capsys.readouterr().out.strip()[0].isdigit()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param(["foo"], "No such command 'foo'. (see churnwatch --help)", id="command"),
        pytest.param(
            ["replay", "--foo"], "No such option: --foo (see churnwatch --help)", id="option"
        ),
        pytest.param(
            ["replay"],
            "nothing to replay; accepted are --orders, --tickets and --touchpoints, each with a "
            "file, or --activity with a dump of the log",
            id="no input",
        ),
        pytest.param(
            ["replay", "--orders", "none.jsonl"],
            "cannot read 'none.jsonl': No such file or directory; a readable file is accepted",
            id="missing file",
        ),
        pytest.param(
            ["replay", "--orders", "good.txt"],
            "cannot read 'good.txt': accepted are files in .jsonl, .ndjson, .json, .csv, "
            "each also with .gz",
            id="unknown extension",
        ),
        pytest.param(
            ["replay", "--orders", "good.jsonl", "--until", "soon"],
            "--until is 'soon'; accepted are a date as 2026-01-31, an RFC 3339 time with its "
            "offset as 2026-01-31T12:00:00Z, or milliseconds since the epoch, from 1980 on",
            id="time",
        ),
        pytest.param(
            ["replay", "--orders", "good.jsonl", "--until", "2025-01-01T00:00:00"],
            "--until is '2025-01-01T00:00:00'; accepted are a date as 2026-01-31, an RFC 3339 "
            "time with its offset as 2026-01-31T12:00:00Z, or milliseconds since the epoch, "
            "from 1980 on",
            id="time without an offset",
        ),
        pytest.param(
            ["replay", "--orders", "good.jsonl", "--until", "2024-12-31"],
            "--until is 2024-12-31T00:00:00Z, before the first event; "
            "accepted is a time from 2025-01-01T00:00:00Z on",
            id="until before the first event",
        ),
        pytest.param(
            ["replay", "--orders", "good.jsonl", "--alerts", "nowhere/a.jsonl"],
            "cannot write 'nowhere/a.jsonl': No such file or directory; "
            "a file in a folder that exists is accepted",
            id="output",
        ),
        pytest.param(
            ["replay", "--activity", "good.jsonl", "--until", "2025-01-01"],
            "--activity is a log with a time of its own; accepted with it are --settings and the "
            "files to write, not --orders, --tickets, --touchpoints or --until",
            id="until with a log",
        ),
        pytest.param(
            ["check", "--settings", "none.yaml"],
            "cannot read 'none.yaml': No such file or directory; a YAML file is accepted",
            id="missing settings",
        ),
        pytest.param(
            ["check", "--settings", "bad.yaml"],
            "`windows.bucket` is no setting; accepted here are bucket_days, buckets",
            id="bad settings",
        ),
        pytest.param(
            ["simulate", "--customers", "0"],
            "`customers` is 0; accepted: a whole number of at least 1",
            id="shop",
        ),
        pytest.param(
            ["simulate", "--closes-share", "2"],
            "`closes_share` is 2.0; accepted: a share in [0, 1]",
            id="share",
        ),
        pytest.param(
            ["simulate", "--outage", "orders"],
            "--outage is 'orders'; accepted is SOURCE:BEGIN-END[:KIND], days after the start, as "
            "in orders:10-13:delayed; SOURCE is one of orders, support-tickets, touchpoints, "
            "KIND one of lost, delayed",
            id="outage",
        ),
        pytest.param(
            ["simulate", "--out", "good.txt"],
            "cannot write to 'good.txt': File exists; a folder that can be made is accepted",
            id="folder",
        ),
        pytest.param(
            ["schemas", "--write", "good.txt"],
            "cannot write to 'good.txt': File exists; a folder that can be made is accepted",
            id="schemas folder",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(arguments, line, tmp_path, capsys):
    write_lines(tmp_path / "good.jsonl", [order("ann", 0)])
    (tmp_path / "good.txt").touch()
    (tmp_path / "bad.yaml").write_text("windows: {bucket: 1}")
    assert run(arguments) == WRONG_USE
    shown = capsys.readouterr()
    assert shown.err == f"churnwatch: {line}\n"
    assert shown.out == ""


def test_a_wrong_type_of_option(capsys):
    assert run(["simulate", "--days", "many"]) == WRONG_USE
    (line,) = capsys.readouterr().err.splitlines()
    assert "Invalid value for '--days'" in line
    assert "a valid number" in line


def test_replay_tells_what_it_found(tmp_path, capsys):
    history = [
        order("ann", 0, amount=20, currency="EUR"),
        order("ann", 2, amount=20, currency="EUR"),
    ]
    write_lines(tmp_path / "orders.jsonl", [*history, *regulars(*range(20))])
    with (tmp_path / "orders.jsonl").open("a") as file:
        file.write("no json\n")
    (tmp_path / "churnwatch.yaml").write_text(
        "inactivity: {rule: hiatus, hiatus_days: 10, hiatus_critical_days: 15}"
    )
    assert run(["replay", "--orders", "orders.jsonl"]) == FINE
    shown = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "Events 63 read, 62 applied" in lines
    assert "rejected: malformed 1" in lines
    assert "Customers 4" in lines
    assert f"Time {at(0)} to {at(19 + 2 / 12)}" in lines
    assert "inactivity 1 1 0 0 0 0 1" in lines
    assert "no order for 15 days" in lines
    assert lines[-1].startswith("Churn probabilities rest on default parameters")


def test_settings_of_the_environment_reach_a_replay(tmp_path, capsys, monkeypatch):
    orders = [order("ann", 0), order("ann", 2), *regulars(*range(20))]
    write_lines(tmp_path / "orders.jsonl", orders)
    monkeypatch.setenv("CHURNWATCH_INACTIVITY__RULE", "off")
    assert run(["replay", "--orders", "orders.jsonl"]) == FINE
    assert "No alerts." in capsys.readouterr().out


def test_check_shows_settings_that_can_be_read_again(tmp_path, capsys):
    assert run(["check", "--offline"]) == FINE
    assert capsys.readouterr().out == "Settings are fine.\n"
    assert run(["check", "--offline", "--show"]) == FINE
    (tmp_path / "churnwatch.yaml").write_text(capsys.readouterr().out)
    assert run(["check", "--offline"]) == FINE


def test_schemas_are_printed_as_one_object_or_written_as_files(tmp_path, capsys):
    assert run(["schemas"]) == FINE
    printed = json.loads(capsys.readouterr().out)
    assert sorted(printed) == ["alert", "digest", "order", "ticket", "touchpoint"]
    assert run(["schemas", "--write", "out"]) == FINE
    assert json.loads((tmp_path / "out" / "alert.json").read_text()) == printed["alert"]


def test_simulate_writes_files_that_its_last_line_replays(capsys):
    arguments = ["--customers", "20", "--days", "20", "--gzip", "--outage", "orders:5-9:delayed"]
    assert run(["simulate", *arguments, "--out", "a shop"]) == FINE
    *written, last = capsys.readouterr().out.splitlines()
    assert len(written) == 4
    assert last == (
        "Next: churnwatch replay --orders 'a shop/orders.jsonl.gz' "
        "--tickets 'a shop/tickets.jsonl.gz' --touchpoints 'a shop/touchpoints.jsonl.gz' "
        "--until 2026-01-25T00:00:00Z"
    )
    files = ["--orders", "a shop/orders.jsonl.gz", "--until", "2026-01-25T00:00:00Z"]
    assert run(["replay", *files]) == FINE


def test_of_who_leaves_the_share_asked_for_says_so(tmp_path):
    """The shop is the same in both: of its leavers all say so, or nobody does."""
    small = ["--customers", "60", "--days", "60"]
    assert run(["simulate", *small, "--out", "shop"]) == FINE
    assert run(["simulate", *small, "--closes-share", "1", "--out", "club"]) == FINE
    truth = (tmp_path / "club" / "truth.jsonl").read_text()
    assert truth == (tmp_path / "shop" / "truth.jsonl").read_text()
    leavers = sum(json.loads(line)["left_at"] is not None for line in truth.splitlines())
    assert leavers > 0
    assert said_farewell(tmp_path / "club") == leavers
    assert said_farewell(tmp_path / "shop") == 0


def said_farewell(folder):
    lines = (folder / "touchpoints.jsonl").read_text().splitlines()
    return sum(json.loads(line)["kind"] == "closed" for line in lines)


def test_a_reader_that_goes_away_is_no_traceback():
    code = "import sys; from agents.cli import main; sys.argv = ['churnwatch', 'schemas']; main()"
    program = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    assert b"Traceback" not in program.stderr.read()
    program.stderr.close()
    assert program.wait(timeout=60) == 1
