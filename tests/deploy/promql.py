"""Just enough PromQL to know which series an expression reads, and by which labels.

Accepted are grouping before the operand (`sum by (a) (...)`), and all else that stands in this
repository; anything unknown is taken for a metric, so that it is found out rather than passed over.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

WORDS = frozenset({"and", "or", "unless", "on", "ignoring", "group_left", "group_right"})
WORDS_OF_TIME = frozenset({"offset", "bool", "inf", "nan"})
TARGET_LABELS = frozenset({"job", "instance"})  # put on by Prometheus

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_RANGE = re.compile(r"\[[^\]]*\]")
_GROUPING = re.compile(r"\b(by|without)\s*\(([^)]*)\)\s*\(")
_LABEL_LIST = re.compile(r"\b(by|without|on|ignoring)\s*\(([^)]*)\)")
_MATCHER = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_SELECTOR = re.compile(r"(?<![\w.$])([A-Za-z_:][\w:]*)\s*(\{[^}]*\}|\()?")


class Series(NamedTuple):
    """A metric that is read, with the labels that are matched or grouped by."""

    name: str
    labels: frozenset[str]


def series(expression: str) -> list[Series]:
    """Return all series that an expression reads."""
    text = _RANGE.sub("", _STRING.sub('""', expression))
    assert not re.search(r"\)\s*(by|without)\b", text), f"grouping after the operand: {expression}"
    grouped = list(_groups(text))
    return [
        Series(name, labels.union(*(by for start, end, by in grouped if start <= at < end)))
        for name, labels, at in _selectors(text)
    ]


def _selectors(text: str) -> Iterator[tuple[str, frozenset[str], int]]:
    bare = _LABEL_LIST.sub(lambda found: " " * len(found[0]), text)
    for found in _SELECTOR.finditer(bare):
        name, rest = found[1], found[2] or ""
        is_word = name.lower() in WORDS | WORDS_OF_TIME
        is_unit = re.fullmatch(r"\d\w*", name) is not None
        if rest != "(" and not is_word and not is_unit and not _is_aggregation(bare, found.end()):
            yield name, frozenset(_MATCHER.findall(rest)), found.start(1)


def _is_aggregation(bare: str, end: int) -> bool:
    """Say whether a blanked grouping and an operand follow: `sum          (`."""
    return bare[end:].lstrip().startswith("(")


def _groups(text: str) -> Iterator[tuple[int, int, frozenset[str]]]:
    """Yield where the operand of each grouping starts and ends, and its labels."""
    for found in _GROUPING.finditer(text):
        labels = frozenset(label.strip() for label in found[2].split(",") if label.strip())
        depth, at = 1, found.end()
        while depth:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
        yield found.end(), at, labels if found[1] == "by" else frozenset()
