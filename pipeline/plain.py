"""The members of enumerations as plain integers, for comparisons with arrays.

numpy takes three microseconds to see that a member of an `IntEnum` is a number, which is more than
the comparison of a thousand.
"""

from enum import IntEnum
from types import SimpleNamespace
from typing import TypeVar, cast

E = TypeVar("E", bound=IntEnum)


def plain(enum: type[E]) -> type[E]:
    """Return what looks like an enumeration, and has its members as plain integers."""
    return cast("type[E]", SimpleNamespace(**{member.name: int(member) for member in enum}))
