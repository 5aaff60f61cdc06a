"""Settings from the environment: `CHURNWATCH_` and the path, its parts joined by two underscores.

A group, a mapping or a list is given whole as JSON, at any depth; parts of it by longer names stand
over that.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, Final, get_origin

from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource

from agents.broker.jars import CACHE_VARIABLE
from agents.settings_errors import BadSettingsError
from agents.settings_forms import form_at, is_mapping, over

PREFIX: Final = "CHURNWATCH_"
_KEYED: Final = ("values", "feeds")  # their next part is a name of the user's: case matters
# What Kubernetes puts into the environment of every pod beside a service named churnwatch. Our own
# CHURNWATCH_SERVER__PORT ends like that too: what has two underscores is ours.
_SERVICE_LINK: Final = re.compile(r"_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)\w*)?)$")


class Environment(EnvSettingsSource):
    """The environment, with names as the fields have them and keys as the user has them."""

    def _load_env_vars(self) -> dict[str, str | None]:
        named = {_field_name(name): value for name, value in _variables().items()}
        return dict(named)

    def explode_env_vars(
        self, field_name: str, field: FieldInfo, env_vars: Mapping[str, str | None]
    ) -> dict[str, Any]:
        """Return what longer names say of a field, each over those that are shorter."""
        prefix = f"{PREFIX.lower()}{field_name}__"
        names = [name for name in env_vars if name.startswith(prefix)]
        paths = [name.removeprefix(prefix).split("__") for name in names]
        found: dict[str, Any] = {}
        for path in sorted(paths, key=len):
            value: Any = env_vars[prefix + "__".join(path)]
            if is_structure(form_at(field.annotation, path)):
                value = _decoded(value, [field_name, *path])
            for part in reversed(path):
                value = {part: value}
            found = over(found, value)
        return found


def is_structure(form: Any) -> bool:
    """Return whether a type is made of others: a group, a mapping or a list."""
    return is_dataclass(form) or is_mapping(form) or get_origin(form) is tuple


def not_json(path: Sequence[str]) -> BadSettingsError:
    """Return what to say of a variable that has to be JSON."""
    variable = PREFIX + "__".join(path)
    [(name, value)] = [each for each in _variables().items() if each[0].upper() == variable.upper()]
    return BadSettingsError(
        [f'`{".".join(path)}` is {value} ({name}); wants JSON, as {{"name": 1}} or [1, 2]']
    )


def refuse_unknown_variables(known: Sequence[str]) -> None:
    """Raise BadSettingsError for variables that begin like ours, and name no setting."""
    unknown = [
        name
        for name in sorted(_variables())
        if name[len(PREFIX) :].split("__")[0].lower() not in known
    ]
    if unknown:
        accepted = f"accepted are {PREFIX} and one of {', '.join(known)} (in capitals)"
        lines = [f"the environment variable {name} is no setting; {accepted}" for name in unknown]
        raise BadSettingsError(lines)


def _decoded(value: str | None, path: Sequence[str]) -> Any:
    try:
        return json.loads(value or "")
    except ValueError:
        raise not_json(path) from None


def _variables() -> dict[str, str]:
    named = {n: v for n, v in os.environ.items() if n.upper().startswith(PREFIX)}
    named.pop(CACHE_VARIABLE, None)
    return {n: v for n, v in named.items() if "__" in n or not _SERVICE_LINK.search(n.upper())}


def _field_name(variable: str) -> str:
    """Return a variable's name in lower case, but for the name of a currency or topic in it."""
    parts = variable.split("__")
    first = parts[0].lower()
    if first.removeprefix(PREFIX.lower()) in _KEYED and len(parts) > 1:
        return "__".join([first, parts[1], *(part.lower() for part in parts[2:])])
    return variable.lower()
