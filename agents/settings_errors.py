"""What is wrong with settings, one line each: the setting's path, its value, what is accepted."""

from dataclasses import fields, is_dataclass
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from agents.settings_forms import form_at
from pipeline.errors import SettingError

VALUE_LENGTH_MAX: Final = 80
_GROUP_WANTED: Final = ("dataclass_type", "dict_type", "mapping_type")
_UNKNOWN: Final = ("unexpected_keyword_argument", "extra_forbidden")


class BadSettingsError(Exception):
    """Settings that cannot be used: one line for each thing that is wrong."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def lines_of(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return a line for each thing that pydantic found wrong."""
    return [_line(each, model) for each in error.errors(include_url=False)]


def _line(error: ErrorDetails, model: type[BaseModel]) -> str:
    path = [str(part) for part in error["loc"] if part != "[key]"]
    name = ".".join(path)
    if error["type"] in _UNKNOWN:
        known = ", ".join(_names(model, path[:-1]))
        return f"`{name}` is no setting; accepted here are {known}"
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, SettingError):
        is_named = str(cause).startswith((f"`{name}`", f"`{name}."))
        return f"{cause}" if is_named else f"in `{name}`: {cause}"
    if cause is not None:
        return f"in `{name}`: {cause}"
    value = repr(error["input"])
    if len(value) > VALUE_LENGTH_MAX:
        value = value[: VALUE_LENGTH_MAX - 1] + "…"
    return f"`{name}` is {value}; {_wants(error)}"


def _wants(error: ErrorDetails) -> str:
    if error["type"] in _GROUP_WANTED:
        return "wants lines of `name: value`"
    message = error["msg"]
    wants = message.removeprefix("Input should be ")
    return f"wants {wants}" if wants != message else message


def _names(model: type[BaseModel], path: list[str]) -> list[str]:
    """Return the names accepted at a path."""
    if not path:
        return list(model.model_fields)
    form = form_at(model.model_fields[path[0]].annotation, path[1:])
    if not is_dataclass(form):
        form = form_at(form, [""])
    return [field.name for field in fields(form)]
