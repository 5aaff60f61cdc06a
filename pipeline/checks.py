"""Checks of settings: whatever is wrong is named, with its value and what would be accepted."""

import math
from typing import Final

from pipeline.errors import SettingError

FORBID: Final = {"extra": "forbid"}  # read by the settings loader: unknown keys are refused


def require(condition: bool, name: str, value: object, wants: str) -> None:
    """Raise a SettingError unless the condition holds."""
    if not condition:
        raise SettingError(name, value, wants)


def positive(name: str, value: float) -> None:
    """Raise a SettingError unless the value is finite and above 0."""
    require(math.isfinite(value) and value > 0, name, value, "wants a number above 0")


def not_negative(name: str, value: float) -> None:
    """Raise a SettingError unless the value is finite and at least 0."""
    require(math.isfinite(value) and value >= 0, name, value, "wants a number from 0 on")
