"""The settings file, the environment over it, and the one line that each mistake is told in."""

import dataclasses
from pathlib import Path

import pytest
import yaml

from agents.settings import Settings, as_yaml, load_settings
from agents.settings_errors import BadSettingsError
from pipeline.inactivity_settings import InactivityRule
from pipeline.settings import PipelineSettings, ValueSettings


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def of_file(tmp_path, text):
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def wrong(tmp_path, text):
    with pytest.raises(BadSettingsError) as caught:
        of_file(tmp_path, text)
    return caught.value.lines


def test_without_a_file_the_defaults_are_those_of_the_core():
    ours, core = load_settings().pipeline(), PipelineSettings()
    for field in dataclasses.fields(PipelineSettings):
        assert getattr(ours, field.name) == getattr(core, field.name), field.name


def test_the_file_of_the_current_folder_is_read_unless_another_is_named(tmp_path):
    (tmp_path / "churnwatch.yaml").write_text("windows: {buckets: 5}")
    assert load_settings().windows.buckets == 5
    assert of_file(tmp_path, "windows: {buckets: 6}").windows.buckets == 6


def test_every_part_of_a_file_is_taken(tmp_path):
    settings = of_file(
        tmp_path,
        """
        frustration: {weights: {price: 0.9}, base: 2}
        inactivity: {rule: hiatus, hiatus_days: 30}
        order_model: {r: 1.5, k: 2}
        values: {EUR: {mean_amount: 50, kappa: 3}}
        feeds: {orders: {idle_hours_max: 12}}
        sources: [orders]
        clock: event
        """,
    ).pipeline()
    assert settings.frustration.weights.price == 0.9
    assert settings.frustration.weights.delivery == 1.0
    assert settings.inactivity.rule is InactivityRule.HIATUS
    assert (settings.order_model.r, settings.order_model.k) == (1.5, 2)
    assert settings.values == {"EUR": ValueSettings(mean_amount=50.0, kappa=3.0)}
    assert settings.feed("orders").idle_hours_max == 12
    assert settings.feed("touchpoints").idle_hours_max == 48
    assert settings.sources == ("orders",)
    assert settings.live_clock is False


def test_the_environment_stands_over_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("CHURNWATCH_INACTIVITY__LEVEL", "0.5")
    monkeypatch.setenv("CHURNWATCH_FRUSTRATION__WEIGHTS__PRICE", "0.9")
    monkeypatch.setenv("CHURNWATCH_SOURCES", '["orders"]')
    monkeypatch.setenv("CHURNWATCH_VALUES__EUR__KAPPA", "3")
    settings = of_file(tmp_path, "inactivity: {level: 0.6, critical_level: 0.8}")
    assert (settings.inactivity.level, settings.inactivity.critical_level) == (0.5, 0.8)
    assert settings.frustration.weights.price == 0.9
    assert settings.sources == ("orders",)
    assert list(settings.values) == ["EUR"]


def test_groups_of_the_environment_may_be_json_at_any_depth(tmp_path, monkeypatch):
    monkeypatch.setenv("CHURNWATCH_FRUSTRATION__WEIGHTS", '{"price": 0.9}')
    monkeypatch.setenv("CHURNWATCH_VALUES__EUR", '{"kappa": 3}')
    monkeypatch.setenv("CHURNWATCH_FEEDS__support-tickets", '{"idle_hours_max": 9}')
    settings = of_file(tmp_path, "frustration: {weights: {price: 0.1, order: 0.2}}")
    weights = settings.frustration.weights
    assert (weights.price, weights.order, weights.delivery) == (0.9, 0.2, 1.0)
    assert settings.values == {"EUR": ValueSettings(kappa=3.0)}
    assert settings.pipeline().feed("support-tickets").idle_hours_max == 9


def test_what_kubernetes_adds_for_a_service_named_churnwatch_is_passed_over(tmp_path, monkeypatch):
    for name in ("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_METRICS", "PORT"):
        monkeypatch.setenv(f"CHURNWATCH_{name}", "1")
    monkeypatch.setenv("CHURNWATCH_PORT_9100_TCP_ADDR", "10.0.0.1")
    assert of_file(tmp_path, "") == Settings()


def test_a_port_of_ours_is_not_taken_for_one_that_kubernetes_adds(tmp_path, monkeypatch):
    monkeypatch.setenv("CHURNWATCH_SERVER__PORT", "9999")
    assert of_file(tmp_path, "").server.port == 9999


def test_settings_are_frozen_and_can_be_written_and_read_again(tmp_path):
    settings = of_file(tmp_path, "values: {EUR: {kappa: 2}}")
    with pytest.raises(Exception, match="frozen"):
        settings.clock = "event"
    assert of_file(tmp_path, as_yaml(settings)) == settings


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(
            "inactivity: {level: high}",
            "`inactivity.level` is 'high'; wants a valid number, unable to parse string as a "
            "number",
            id="wrong type",
        ),
        pytest.param(
            "windows: {bucket_days: 1.5}",
            "`windows.bucket_days` is 1.5; wants a valid integer, got a number with a fractional "
            "part",
            id="not whole",
        ),
        pytest.param(
            "inactivity: {rule: never}",
            "`inactivity.rule` is 'never'; wants 'probability', 'order_model', 'hiatus' or 'off'",
            id="not one of a choice",
        ),
        pytest.param(
            "windows: {bucket: 3}",
            "`windows.bucket` is no setting; accepted here are bucket_days, buckets",
            id="unknown key of a part",
        ),
        pytest.param(
            "order_model: {s: 1}",
            "`order_model.s` is no setting; accepted here are r, alpha_days, a, b, k, dropout",
            id="unknown key of the order model",
        ),
        pytest.param(
            "values: {EUR: {mean: 1}}",
            "`values.EUR.mean` is no setting; accepted here are mean_amount, kappa, "
            "margin_share, ticket_cost, return_cost",
            id="unknown key by currency",
        ),
        pytest.param(
            "feeds: {oders: {}}",
            "`feeds.oders` is 'oders'; wants 'orders', 'support-tickets' or 'touchpoints'",
            id="unknown topic",
        ),
        pytest.param(
            "inactivity: {level: 0.95}",
            "in `inactivity`: `level, critical_level` is 0.95, 0.85; "
            "wants 0 < level < critical_level < 1",
            id="a relation between settings",
        ),
        pytest.param(
            "inactivity: {horizon_days: 3}",
            "`inactivity.horizon_days` is 3.0; wants at least one bucket, 7 days, of 91",
            id="a relation between parts",
        ),
        pytest.param(
            "retention: {days: 60}",
            "`retention.days` is 60.0; wants at least `inactivity.horizon_days`, 90.0",
            id="forgotten before silence can tell",
        ),
        pytest.param(
            "retention: {customers_max: 0}",
            "`retention.customers_max` is 0; wants at least 1",
            id="no customers at all",
        ),
        pytest.param(
            "order_model: {k: 0}",
            "in `order_model`: order model: k is 0; it must be a whole number from 1",
            id="the order model",
        ),
        pytest.param(
            "inactivity:",
            "`inactivity` is None; wants lines of `name: value`",
            id="a part left empty",
        ),
        pytest.param(
            "kafka: {prefix: shop one.}",
            "`kafka.prefix` is shop one.; wants up to 200 of the letters a to z and A to Z, "
            "digits, '.', '_' and '-'",
            id="no name of a topic",
        ),
        pytest.param(
            "kafka: {brokers: kafka-1}",
            "`kafka.brokers` is kafka-1; wants host:port, several with commas",
            id="a broker without its port",
        ),
        pytest.param(
            "sources: []",
            "`sources` is []; wants one or more topics, each once",
            id="no source",
        ),
    ],
)
def test_a_mistake_is_one_line_with_path_value_and_what_is_accepted(tmp_path, text, line):
    assert wrong(tmp_path, text) == [line]


def test_an_unknown_part_is_refused(tmp_path):
    (line,) = wrong(tmp_path, "inactive: {level: 0.5}")
    known = ", ".join(Settings.model_fields)
    assert line == f"`inactive` is no setting; accepted here are {known}"


def test_the_example_file_holds_the_defaults_of_every_setting():
    example = Path(__file__).parents[2] / "churnwatch.example.yaml"
    assert load_settings(example) == Settings()
    given = yaml.safe_load(example.read_text(encoding="utf-8"))
    assert given == Settings().model_dump(mode="json")


def test_every_mistake_is_told_at_once(tmp_path):
    lines = wrong(tmp_path, "windows: {bucket: 3}\nclock: wall\n")
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("a: [1", "is not YAML: expected ',' or ']'", id="not YAML"),
        pytest.param("- 1", "holds no settings; accepted are lines of `name: value`", id="list"),
        pytest.param("1: 2", "holds no settings; accepted are lines of `name: value`", id="number"),
    ],
)
def test_a_file_that_holds_no_settings(tmp_path, text, says):
    (line,) = wrong(tmp_path, text)
    assert line.startswith(f"'{tmp_path / 'settings.yaml'}' {says}")


def test_a_file_that_is_not_utf8(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_bytes(b"clock: \xff\xfe")
    with pytest.raises(BadSettingsError, match="is not YAML"):
        load_settings(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadSettingsError) as caught:
        load_settings(tmp_path / "none.yaml")
    assert caught.value.lines == [
        f"cannot read '{tmp_path / 'none.yaml'}': No such file or directory; "
        "a YAML file is accepted"
    ]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        pytest.param(
            "CHURNWATCH_FOO",
            "1",
            "the environment variable CHURNWATCH_FOO is no setting; accepted are CHURNWATCH_ and "
            "one of frustration",
            id="unknown",
        ),
        pytest.param(
            "CHURNWATCH_WINDOWS__BUCKET",
            "1",
            "`windows.bucket` is no setting; accepted here are bucket_days, buckets",
            id="unknown within a part",
        ),
        pytest.param(
            "CHURNWATCH_SOURCES",
            "orders",
            '`sources` is orders (CHURNWATCH_SOURCES); wants JSON, as {"name": 1} or [1, 2]',
            id="a list that is no JSON",
        ),
    ],
)
def test_a_mistake_in_the_environment(tmp_path, monkeypatch, name, value, says):
    monkeypatch.setenv(name, value)
    (line,) = wrong(tmp_path, "")
    assert line.startswith(says)
