"""What the documents say, against the program: examples decode, settings and commands exist."""

import json
import re
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path

import msgspec
import pytest
import typer
import yaml

from agents.cli import app, run
from agents.settings import Settings, load_settings
from pipeline.frustration_settings import CAUSES, FrustrationSettings
from pipeline.header import fingerprint
from pipeline.settings import PipelineSettings
from schemas.alert import Alert
from schemas.base import INSTANT_MS_MAX
from schemas.decode import convert_row, decode_order, decode_ticket, decode_touchpoint
from schemas.order import Order
from schemas.rejection import Reason, Rejection

ROOT = Path(__file__).parents[1]
HOW_TO = ROOT / "docs" / "how-to"
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/**/*.md"))]
FENCE = re.compile(r"^ *```(\w+) ?(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
DECODE = {"order": decode_order, "ticket": decode_ticket, "touchpoint": decode_touchpoint}


def blocks(language, name=""):
    """Return the code blocks of all pages with that language, and name if one is given."""
    found = [
        pytest.param(text, id=f"{page.relative_to(ROOT)}:{number}")
        for page in PAGES
        for number, (kind, of, text) in enumerate(FENCE.findall(page.read_text()))
        if kind == language and name in ("", of)
    ]
    assert found, f"no page has a block of {language} {name}"
    return found


def records():
    return [
        pytest.param(name, *block.values, id=f"{name} {block.id}")
        for name in DECODE
        for block in blocks("json", name)
    ]


@pytest.mark.parametrize(("name", "text"), records())
def test_an_example_record_decodes_and_each_of_its_fields_is_known(name, text):
    record = DECODE[name](text.encode(), INSTANT_MS_MAX)
    assert not isinstance(record, Rejection), record
    assert set(json.loads(text)) <= {field.name for field in msgspec.structs.fields(record)}


@pytest.mark.parametrize("text", blocks("json", "alert"))
def test_an_example_alert_is_whole_and_its_shares_sum_to_its_score(text):
    alert = msgspec.json.decode(text, type=Alert)
    assert set(json.loads(text)) == {field.name for field in msgspec.structs.fields(Alert)}
    assert sum(cause.share for cause in alert.causes) == pytest.approx(alert.score)


@pytest.mark.parametrize("text", blocks("csv", "orders"))
def test_the_rows_of_an_example_file_are_accepted(text):
    header, *rows = [line.split(",") for line in text.split()]
    for row in rows:
        order = convert_row(dict(zip(header, row, strict=True)), Order, INSTANT_MS_MAX)
        assert isinstance(order, Order), order


@pytest.mark.parametrize("text", blocks("yaml", "settings"))
def test_example_settings_are_accepted(text, tmp_path):
    path = tmp_path / "churnwatch.yaml"
    path.write_text(text)
    load_settings(path)


def settings_told():
    """Return {section: {name: default}} as the tables of the settings page have it."""
    sections = re.split(r"^### `(\w+)`$", (HOW_TO / "settings.md").read_text(), flags=re.MULTILINE)
    row = re.compile(r"^\| `(\w+)` \| (.*?) \|", re.MULTILINE)
    return {
        name: dict(row.findall(text))
        for name, text in zip(sections[1::2], sections[2::2], strict=True)
    }


def test_every_setting_is_told_with_its_default():
    settings = Settings()
    parts = {name: getattr(settings, name) for name in Settings.model_fields}
    told = settings_told()
    assert set(told) == {name for name, part in parts.items() if is_dataclass(part)}
    for section, names in told.items():
        part = parts[section]
        assert set(names) == {field.name for field in fields(part)}, section
        for name, default in names.items():
            value = getattr(part, name)
            if is_dataclass(value):
                continue
            if value is None:
                assert yaml.safe_load(default) is None, (section, name)
            elif isinstance(value, str):
                assert default.strip('"') == value, f"{section}.{name}"
            else:
                assert yaml.safe_load(default) == pytest.approx(value, rel=1e-4), (section, name)


def nudged(part, name):
    """Return settings of a part with one of them changed by a little."""
    value = getattr(part, name)
    if is_dataclass(value):
        return replace(part, **{name: nudged(value, fields(value)[0].name)})
    return replace(part, **{name: value + (1 if isinstance(value, int) else 0.001)})


def test_the_settings_that_shape_state_are_told():
    """Those of which a change is refused at start, until the state is rebuilt."""
    text = (HOW_TO / "settings.md").read_text()
    text = text.split("## Settings that shape state")[1].split("All else")[0]
    whole, of_frustration = text.split("- of `frustration`:")
    default = PipelineSettings()
    shaping = {"sources"}
    for section in ("frustration", "inactivity", "windows", "items", "stages", "retention"):
        part = getattr(default, section)
        for name in (field.name for field in fields(part)):
            if isinstance(getattr(part, name), str):
                continue
            changed = replace(default, **{section: nudged(part, name)})
            if fingerprint(changed) != fingerprint(default):
                shaping.add(name if section == "frustration" else section)
    assert fingerprint(replace(default, sources=("orders",))) != fingerprint(default)
    told = re.findall(r"`(\w+)`", whole.split("\n- ", 1)[1] + of_frustration)
    assert sorted(told) == sorted(shaping)


def test_the_weights_and_half_lives_of_causes_are_told():
    row = re.compile(r"^\| (\w+) \| [^|]+ \| ([\d.]+)[^|]*\| (\d+) d", re.MULTILINE)
    told = {
        cause: (float(weight), float(half_life))
        for cause, weight, half_life in row.findall((ROOT / "docs/detection.md").read_text())
    }
    settings = FrustrationSettings()
    weights, half_lives = asdict(settings.weights), asdict(settings.half_lives_days)
    assert told == {cause: (weights[cause], half_lives[cause]) for cause in CAUSES}


def test_every_reason_of_a_rejection_is_told():
    told = re.findall(r"^\| `(\w+)` \|", (HOW_TO / "replay.md").read_text(), re.MULTILINE)
    assert sorted(told) == sorted(reason.value for reason in Reason)


def commands():
    """Return the command lines of `churnwatch` that pages show, as blocks or within a sentence."""
    shown = [line for block in blocks("sh") for line in block.values[0].splitlines()]
    shown += [
        text for page in PAGES for text in re.findall(r"`(churnwatch [^`\n]+)`", page.read_text())
    ]
    lines = {line.split("#")[0].strip() for line in shown}
    return sorted(line for line in lines if line.startswith("churnwatch "))


@pytest.mark.parametrize("line", commands())
def test_each_command_and_option_that_a_page_shows_is_in_the_command_line(line, capsys):
    _, *words = line.replace("|", " ").split()
    group = typer.main.get_command(app)
    named = []
    for word in words:
        children = getattr(group, "commands", None)
        if children is None or word.startswith("-"):
            break
        assert word in children, f"{word!r} is none of {sorted(children)}"
        group = children[word]
        named.append(word)
    options = {option for parameter in group.params for option in parameter.opts}
    options |= {option for parameter in group.params for option in parameter.secondary_opts}
    given = {word.split("=")[0] for word in words if word.startswith("-")}
    assert given <= options | {"--help"}
    assert run([*named, "--help"]) == 0
    assert "Usage: churnwatch" in capsys.readouterr().out
