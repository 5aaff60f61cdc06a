"""`churnwatch fit` as a user runs it, on small histories in files, and what it writes.

With a horizon of 30 days the plain shop, which ends on day 100, is judged as of day 70.
"""

import json
import re
from datetime import UTC, datetime
from itertools import islice

import pytest

from agents.cli import FINE, WRONG_USE, run
from agents.commands.fit import level_lines
from agents.learning.learner import FULL_FROM
from agents.learning.levels import LEVELS, Tried, candidates
from agents.settings import load_settings
from agents.shop.settings import ShopSettings
from agents.shop.write import write_shop
from agents.sources import ORDERS, TICKETS, TOUCHPOINTS
from pipeline.churn_settings import DEFAULTS, ChurnLabel
from pipeline.inactivity_settings import InactivitySettings
from schemas.hashing import id_hash
from tests.agents.timeline import at, order, plain_shop, regulars, write_lines

STAY, LEAVE = [f"stays-{n}" for n in range(32)], [f"leaves-{n}" for n in range(16)]


def judged(customers):
    """Return how many of some are in the half that nothing is learnt from: a hash draws it."""
    return sum(id_hash(f"half/{who}") & 1 for who in customers)


JUDGED, LEFT = judged(STAY + LEAVE), judged(LEAVE)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "churnwatch.yaml").write_text("inactivity: {horizon_days: 30}\n")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The options that read the plain shop."""
    path = tmp_path_factory.mktemp("plain") / "orders.jsonl"
    return ["--orders", str(write_lines(path, plain_shop()))]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The files of a simulated shop of just enough customers to learn weights from."""
    folder = tmp_path_factory.mktemp("large")
    shop = ShopSettings(
        customers=FULL_FROM, days=130, gap_days_mean=20, start=datetime(2025, 1, 6, tzinfo=UTC)
    )
    write_shop(shop, folder, ".jsonl")
    names = {ORDERS: "orders", TICKETS: "tickets", TOUCHPOINTS: "touchpoints"}
    return {source: folder / f"{name}.jsonl" for source, name in names.items()}


def options(files):
    orders, tickets, touchpoints = map(str, files.values())
    return ["--orders", orders, "--tickets", tickets, "--touchpoints", touchpoints]


def included(tmp_path, name="fit.yaml"):
    """Return the settings of a worker that includes what was written."""
    (tmp_path / "worker.yaml").write_text(f"include: {name}\n")
    return load_settings(tmp_path / "worker.yaml").pipeline()


def test_a_worker_that_includes_what_was_written_is_told_the_weights(large, tmp_path, capsys):
    assert run(["fit", *options(large), "--out", "fit.yaml"]) == FINE
    model = included(tmp_path).churn_model
    assert model.fitted
    assert set(model.weights) > set(DEFAULTS[ChurnLabel.SILENCE][1])
    records = [json.loads(line) for p in large.values() for line in p.read_text().splitlines()]
    customers = {record["customer_id"] for record in records}
    told = capsys.readouterr().out
    assert f"Learnt from {len(customers)} customers, 2025-01-06 to 2025-05-15\n" in told
    assert "Written to fit.yaml; a worker takes it by `include: fit.yaml`" in told


def test_only_the_intercept_if_it_is_wanted(large, tmp_path, capsys):
    assert run(["fit", *options(large), "--intercept-only", "--out", "fit.yaml"]) == FINE
    _only_the_intercept(included(tmp_path).churn_model, capsys.readouterr().out)


def test_of_a_few_customers_only_the_intercept_is_learnt(plain, tmp_path, capsys):
    assert run(["fit", *plain, "--out", "fit.yaml"]) == FINE
    _only_the_intercept(included(tmp_path).churn_model, capsys.readouterr().out)


def _only_the_intercept(model, told):
    intercept, weights = DEFAULTS[ChurnLabel.SILENCE]
    assert model.fitted
    assert (model.weights, model.hinges) == (weights, {})
    assert model.intercept != intercept
    assert "only the intercept was learnt" in told


def test_who_is_judged_is_counted_by_hand(plain, capsys):
    """The half that a hash of the id draws; those churned who stopped."""
    assert run(["fit", *plain]) == FINE
    share = LEFT / JUDGED
    line = f"as of 2025-03-12: {JUDGED} customers, {share:.1%} churned"
    assert capsys.readouterr().out.count(line) == 2


def test_a_dump_of_the_log_teaches_what_the_files_teach(plain, tmp_path, capsys):
    """Without a file to write, the settings end the report."""
    assert run(["replay", *plain, "--activity-out", "log.jsonl"]) == FINE
    assert run(["fit", "--activity", "log.jsonl", "--out", "fit.yaml"]) == FINE
    assert run(["fit", *plain]) == FINE
    _, text = capsys.readouterr().out.split("Put this into churnwatch.yaml:\n")
    assert text == (tmp_path / "fit.yaml").read_text()


def test_what_is_later_is_not_learnt_from(plain, tmp_path, capsys):
    """Up to the last order of day 96, at 01:45, and from a file that holds no more: the same."""
    until = at(96 + 28 / 384)
    early = [each for each in plain_shop() if each["occurred_at"] <= until]
    write_lines(tmp_path / "early.jsonl", early)
    assert run(["fit", *plain, "--until", until, "--out", "until.yaml"]) == FINE
    assert f"Read {len(early):,} events, 2025-01-01 to 2025-04-07" in capsys.readouterr().out
    assert run(["fit", "--orders", "early.jsonl", "--out", "early.yaml"]) == FINE
    assert (tmp_path / "until.yaml").read_text() == (tmp_path / "early.yaml").read_text()


def test_what_cannot_be_used_is_counted_by_reason(tmp_path, capsys):
    lines = [*plain_shop(), order("ann", 0, status="eaten"), order("ann", 20_000), order("", 0)]
    write_lines(tmp_path / "orders.jsonl", lines)
    assert run(["fit", "--orders", "orders.jsonl"]) == FINE
    line = "  rejected, which `churnwatch replay --dead-letters` keeps: "
    counts = "unknown_status 1, in_the_future 1, bad_value 1\n"
    assert line + counts in capsys.readouterr().out


def test_each_level_is_told_before_the_next_is_tried():
    rules, trying = candidates(InactivitySettings(), ChurnLabel.SILENCE), []

    def try_one(rule):
        trying.append(rule)
        return Tried(rule, 0.5, 9, 10)

    lines = [" ".join(line.split()) for line in islice(level_lines(rules, try_one, []), 4)]
    assert lines[-1] == "level 0.95 0.500 90.0% of 10"
    assert trying == rules[:1]


def test_no_louder_level_is_tried_once_there_are_more_alerts_than_wanted():
    alerts_per_day, every = iter([1.0, 2.0, 2.001, 3.0]), []

    def try_one(rule):
        return Tried(rule, next(alerts_per_day), 0, 0)

    list(level_lines(candidates(InactivitySettings(), ChurnLabel.SILENCE), try_one, every, 2.0))
    assert [each.rule.level for each in every] == [0.95, 0.9, 0.85]


def test_a_level_that_nobody_comes_to_is_told(plain, capsys, monkeypatch):
    monkeypatch.setenv("CHURNWATCH_INACTIVITY__LEVEL", "0.999")
    monkeypatch.setenv("CHURNWATCH_INACTIVITY__CRITICAL_LEVEL", "0.9999")
    assert run(["fit", *plain]) == FINE
    assert "No customer came to level 0.999: 0." in capsys.readouterr().out


def test_a_level_is_chosen_by_how_many_alerts_it_gives(plain, tmp_path, capsys):
    """None of the 16 is alarmed twice: a thousand a day takes the lowest level of all."""
    assert run(["fit", *plain, "--alerts-per-day", "1000", "--out", "fit.yaml"]) == FINE
    rule = included(tmp_path).inactivity
    levels = LEVELS[ChurnLabel.SILENCE]
    assert (rule.level, rule.critical_level) == (levels[-1], 0.562)  # 3 x .3 / (1 + 2 x .3)
    told = capsys.readouterr().out
    assert re.findall(r"^  level (\S+) ", told, re.MULTILINE) == [f"{each:g}" for each in levels]
    assert "Chosen: level 0.3\n" in told


@pytest.fixture(scope="module")
def silence_alone(tmp_path_factory):
    """The options that read a shop in which days of silence say all, and a rhythm misleads.

    The brisk pause for 20 days, out of 2, and come back; the slow leave, 25 days before the cut,
    out of 15; a hundred had left by day 20.
    """
    brisk = [*range(0, 55, 2), *range(74, 101, 2)]
    orders = [
        order(f"{kind}-{n}", day + n / 1000)
        for kind, count, days in (
            ("brisk", 40, brisk),
            ("slow", 80, (0, 15, 30, 45)),
            ("gone", 100, (0, 10, 20)),
        )
        for n in range(count)
        for day in days
    ]
    path = tmp_path_factory.mktemp("silence") / "orders.jsonl"
    return ["--orders", str(write_lines(path, [*orders, *regulars(*range(101))]))]


def test_where_silence_alone_ranks_better_the_hiatus_is_kept(silence_alone, tmp_path, capsys):
    """Beyond 10 days about half of the silences are of the slow, from 15 days on none is."""
    assert run(["fit", *silence_alone, "--out", "fit.yaml"]) == FINE
    rule = included(tmp_path).inactivity
    assert (rule.rule, rule.hiatus_days, rule.hiatus_critical_days) == ("hiatus", 15.0, 22.5)
    told = capsys.readouterr().out
    assert "The hiatus ranks better" in told
    line = "A hiatus of 15 days: of those learnt from who were silent for so long 70% left."
    assert line in told


def test_days_of_a_hiatus_are_chosen_as_levels_are(silence_alone, tmp_path, capsys):
    """By 60 days the hundred, in 70 days 4 hours; by 45 the 80 slow as well, above two a day."""
    assert run(["fit", *silence_alone, "--alerts-per-day", "2", "--out", "fit.yaml"]) == FINE
    rule = included(tmp_path).inactivity
    assert (rule.rule, rule.hiatus_days, rule.hiatus_critical_days) == ("hiatus", 60.0, 90.0)
    told = capsys.readouterr().out
    assert re.findall(r"^  hiatus of (\d+) days +(\S+)", told, re.MULTILINE) == [
        ("60", f"{100 / (70 + 4 / 24):.3f}"),
        ("45", f"{180 / (70 + 4 / 24):.3f}"),
    ]
    assert "Chosen: hiatus of 60 days\n" in told


def wrong(arguments, capsys):
    assert run(["fit", *arguments]) == WRONG_USE
    line = capsys.readouterr().err
    assert line.startswith("churnwatch: ")
    return line.removeprefix("churnwatch: ").removesuffix("\n")


ONE_OF = "files by --orders, --tickets and --touchpoints, a dump of the log by --activity, or --log"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param([], f"0 histories are given; accepted is one: {ONE_OF}", id="nothing"),
        pytest.param(
            ["--orders", "orders.jsonl", "--activity", "log.jsonl"],
            f"2 histories are given; accepted is one: {ONE_OF}",
            id="two histories",
        ),
        pytest.param(
            ["--activity", "log.jsonl", "--log", "--tickets", "tickets.jsonl"],
            f"3 histories are given; accepted is one: {ONE_OF}",
            id="three histories",
        ),
        pytest.param(
            ["--log", "--alerts-per-day", "3", "--precision", "0.5"],
            "--alerts-per-day and --precision are both given; accepted is one",
            id="two wishes",
        ),
        pytest.param(
            ["--log", "--alerts-per-day", "0"],
            "--alerts-per-day is 0; accepted is a number above 0",
            id="no alerts",
        ),
        pytest.param(
            ["--log", "--precision", "50"],
            "--precision is 50; accepted is a number above 0, at most 1",
            id="a percentage",
        ),
        pytest.param(
            ["--orders", "none.jsonl"],
            "cannot read 'none.jsonl': No such file or directory; a readable file is accepted",
            id="missing file",
        ),
        pytest.param(
            ["--log", "--out", "nowhere/fit.yaml"],
            "cannot write 'nowhere/fit.yaml': No such file or directory; a file in a folder that "
            "exists is accepted",
            id="no folder to write into",
        ),
        pytest.param(
            ["--tickets", "churnwatch.yaml"],
            "'churnwatch.yaml' is of support-tickets, which the setting `sources` leaves out; "
            "accepted are files of orders",
            id="a source that is left out",
        ),
        pytest.param(
            ["--activity", "churnwatch.yaml", "--out", "churnwatch.yaml"],
            "'churnwatch.yaml' is given twice; accepted is a file of its own for each",
            id="written over what is read",
        ),
    ],
)
def test_what_cannot_be_asked_for(arguments, line, capsys, monkeypatch):
    monkeypatch.setenv("CHURNWATCH_SOURCES", '["orders"]')
    assert wrong(arguments, capsys) == line


STEADY = [each for each in plain_shop() if each["customer_id"] in STAY]


@pytest.mark.parametrize(
    ("orders", "settings", "line"),
    [
        pytest.param([], {}, "the history is empty; accepted is one with orders", id="empty"),
        pytest.param(
            [order("ann", day, status="delivered") for day in range(100)],
            {},
            "the history has no orders; accepted is one with orders, as `churn_label: silence` is "
            "about them",
            id="no orders",
        ),
        pytest.param(
            regulars(*range(90)),
            {},
            "the history is 89 days long; accepted is one of three horizons (90 days) or more: "
            "one to warm up, one to learn from, one to judge by",
            id="too short",
        ),
        pytest.param(
            regulars(*range(91)),
            {},
            "the history has 3 customers; accepted are 30 or more",
            id="too few customers",
        ),
        pytest.param(
            STEADY,
            {},
            f"of {judged(STAY)} customers to judge by 0 churned by `churn_label: silence`; "
            "accepted is a history in which some do and some do not",
            id="nobody stops",
        ),
        pytest.param(
            plain_shop(),
            {"CHURNWATCH_CHURN_LABEL": "closed"},
            f"of {JUDGED} customers to judge by 0 churned by `churn_label: closed`; "
            "accepted is a history in which some do and some do not",
            id="nobody says farewell",
        ),
    ],
)
def test_a_history_that_nothing_can_be_learnt_from(
    orders, settings, line, tmp_path, capsys, monkeypatch
):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    write_lines(tmp_path / "orders.jsonl", orders)
    assert wrong(["--orders", "orders.jsonl"], capsys) == line


def test_no_level_gives_so_few_alerts(plain, capsys):
    line = wrong([*plain, "--alerts-per-day", "0.001"], capsys)
    assert line.startswith("--alerts-per-day is 0.001; accepted is ")
    assert line.endswith(" or more, the fewest that any gives")
