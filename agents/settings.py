"""The settings: one YAML file, and `CHURNWATCH_*` environment variables over it.

Read once at start. The parts are the core's own frozen dataclasses, so what they check is checked
here, and their defaults are the defaults. Whatever is wrong becomes a line that names the setting,
its value and what is accepted; unknown keys are refused.
"""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import yaml
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from agents.live_settings import (
    AlertSettings,
    FlushSettings,
    IntakeSettings,
    KafkaSettings,
    ServerSettings,
    TopicSettings,
)
from agents.settings_environment import PREFIX, Environment, not_json, refuse_unknown_variables
from agents.settings_errors import BadSettingsError, lines_of
from agents.settings_forms import over
from pipeline import advice
from pipeline.churn_settings import ChurnLabel, ChurnModel
from pipeline.detector_settings import (
    BudgetSettings,
    ConcessionSettings,
    ControlSettings,
    HandoverSettings,
    NeglectSettings,
    QuietSettings,
    RemorseSettings,
    SecondOrderSettings,
    StalledSettings,
)
from pipeline.errors import SettingError
from pipeline.frustration_settings import FrustrationSettings
from pipeline.inactivity_settings import InactivitySettings
from pipeline.order_model import OrderModel
from pipeline.settings import (
    EpisodeSettings,
    FeedSettings,
    ItemSettings,
    PipelineSettings,
    RetentionSettings,
    StageSettings,
    ValueSettings,
    WindowSettings,
)

DEFAULT_FILE: Final = Path("churnwatch.yaml")
_NAMED_FIELD: Final = re.compile(r'field "(\w+)"')
Topic: TypeAlias = Literal["orders", "support-tickets", "touchpoints"]


class Settings(BaseSettings):
    """All settings of churnwatch."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX.lower(),
        env_nested_delimiter="__",
        case_sensitive=True,  # names arrive in lower case, but for currencies and topics
        extra="forbid",
        frozen=True,
    )

    frustration: FrustrationSettings = FrustrationSettings()
    inactivity: InactivitySettings = InactivitySettings()
    order_model: OrderModel = OrderModel()
    churn_label: ChurnLabel = ChurnLabel.SILENCE
    churn_model: ChurnModel = ChurnModel()
    second_order: SecondOrderSettings = SecondOrderSettings()
    quiet_after_trouble: QuietSettings = QuietSettings()
    remorse: RemorseSettings = RemorseSettings()
    stalled: StalledSettings = StalledSettings()
    neglect: NeglectSettings = NeglectSettings()
    handover: HandoverSettings = HandoverSettings()
    concessions: ConcessionSettings = ConcessionSettings()
    budget: BudgetSettings = BudgetSettings()
    control: ControlSettings = ControlSettings()
    episodes: EpisodeSettings = EpisodeSettings()
    windows: WindowSettings = WindowSettings()
    items: ItemSettings = ItemSettings()
    stages: StageSettings = StageSettings()
    retention: RetentionSettings = RetentionSettings()
    values: dict[str, ValueSettings] = Field(default_factory=dict)  # by currency
    advice: dict[str, str] = Field(default_factory=dict)  # by kind/cause/stage
    feeds: dict[Topic, FeedSettings] = Field(default_factory=dict)
    sources: tuple[Topic, ...] = ("orders", "support-tickets", "touchpoints")
    clock: Literal["live", "event"] = "live"
    kafka: KafkaSettings = KafkaSettings()
    server: ServerSettings = ServerSettings()
    intake: IntakeSettings = IntakeSettings()
    flush: FlushSettings = FlushSettings()
    alerts: AlertSettings = AlertSettings()
    topics: TopicSettings = TopicSettings()

    @field_validator("sources")
    @classmethod
    def _some_and_once(cls, topics: tuple[Topic, ...]) -> tuple[Topic, ...]:
        if not topics or len(set(topics)) < len(topics):
            raise SettingError("sources", list(topics), "wants one or more topics, each once")
        return topics

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment over what is given, which is what the file says."""
        return Environment(settings_cls), init_settings

    def pipeline(self) -> PipelineSettings:
        """Return the settings of the core."""
        names = {field.name for field in fields(PipelineSettings)} & set(Settings.model_fields)
        parts = {name: getattr(self, name) for name in names}
        advice.check(self.advice)
        return PipelineSettings(**parts, live_clock=self.clock == "live")


def load_settings(path: Path | None = None) -> Settings:
    """Return the settings of a file, and of the environment over it.

    Args:
        path: of the YAML file; without it `churnwatch.yaml` of the current folder, if there.

    Raises:
        BadSettingsError: the file cannot be read, or something in it is not accepted.
    """
    if path is None and DEFAULT_FILE.is_file():
        path = DEFAULT_FILE
    given = {} if path is None else _with_included(path)
    refuse_unknown_variables(tuple(Settings.model_fields))
    try:
        settings = Settings(**given)
        settings.pipeline()
    except ValidationError as error:
        raise BadSettingsError(lines_of(error, Settings)) from None
    except (SettingError, ValueError) as error:
        if isinstance(error, SettingsError):
            raise not_json(_NAMED_FIELD.findall(str(error))) from None
        raise BadSettingsError([str(error)]) from None
    return settings


def as_yaml(settings: Settings) -> str:
    """Return settings as the text of a file that gives them again."""
    return yaml.safe_dump(settings.model_dump(mode="json"), sort_keys=False).rstrip()


def _with_included(path: Path) -> dict[str, Any]:
    """Return what a file says, over what the file says that it includes (by `fit`, say)."""
    given = _read(path)
    included = given.pop("include", None)
    if included is None:
        return given
    if not isinstance(included, str):
        line = f"`include` is {included!r}; wants the name of one file, beside {path.name}"
        raise BadSettingsError([line])
    return over(_read(path.parent / included), given)


def _read(path: Path) -> dict[str, Any]:
    try:
        given = yaml.safe_load(path.read_bytes())
    except OSError as error:
        why = error.strerror or str(error)
        line = f"cannot read {str(path)!r}: {why}; a YAML file is accepted"
        raise BadSettingsError([line]) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise BadSettingsError([f"{str(path)!r} is not YAML: {_why_no_yaml(error)}"]) from None
    if given is None:
        return {}
    if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
        line = f"{str(path)!r} holds no settings; accepted are lines of `name: value`"
        raise BadSettingsError([line])
    return given


def _why_no_yaml(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem and error.problem_mark:
        return f"{error.problem}, in line {error.problem_mark.line + 1}"
    return " ".join(str(error).split())
