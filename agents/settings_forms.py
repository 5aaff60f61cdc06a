"""What forms settings have: groups within groups, and mappings by names of the user's."""

import typing
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any


def form_at(form: Any, path: list[str]) -> Any:
    """Return the type at a path below one, None where there is none."""
    for part in path:
        if is_mapping(form):
            form = typing.get_args(form)[1]
        elif is_dataclass(form):
            form = typing.get_type_hints(form).get(part)
        else:
            return None
    return form


def is_mapping(form: Any) -> bool:
    """Return whether a type is a mapping."""
    return typing.get_origin(form) in (dict, Mapping)


def over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return settings over others, group by group."""
    merged = dict(below)
    for name, value in above.items():
        known = merged.get(name)
        both = isinstance(known, dict) and isinstance(value, dict)
        merged[name] = over(merged[name], value) if both else value
    return merged
