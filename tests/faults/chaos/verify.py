"""What must hold in the end. Pure: what was found and what should be, in; differences out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, zip_longest
from typing import Final

from schemas.activity import Activity
from schemas.alert import Alert
from tests.faults.chaos.changelog import Kept

FIRST: Final = 3  # differences that are told of each kind
SourcePartition = tuple[str, int]


def log_differences(
    partition: int, found: Sequence[Activity], expected: Sequence[Activity]
) -> Iterator[str]:
    """Yield where one partition of the log, without its copies, is not what the sources hold."""
    kept, copies = without_copies(found)
    wanted = _by_source(expected)
    for source in sorted(kept.keys() | wanted.keys()):
        pairs = zip_longest(kept.get(source, ()), wanted.get(source, ()))
        for is_there, should_be in pairs:
            if is_there != should_be:
                where = f"log[{partition}] of {source[0]}[{source[1]}]"
                yield f"{where}: {_unlike(is_there, should_be)}"
                break  # all that follow are shifted
    originals = {_position(activity): activity for activity in expected}
    for copy in copies:
        if originals.get(_position(copy)) != copy:
            yield f"log[{partition}]: a copy of {_place(copy)} of {copy.topic} is none"


def without_copies(
    activities: Iterable[Activity],
) -> tuple[dict[SourcePartition, list[Activity]], list[Activity]]:
    """Return activities by source partition without the copies, and the copies.

    A copy is at or below the newest position that came before it, as the fold has it.
    """
    kept: dict[SourcePartition, list[Activity]] = {}
    copies: list[Activity] = []
    for activity in activities:
        before = kept.setdefault((activity.topic, activity.partition), [])
        if before and _position(activity) <= _position(before[-1]):
            copies.append(activity)
        else:
            before.append(activity)
    return kept, copies


def alert_differences(sent: Sequence[Alert], folded: Sequence[Alert]) -> Iterator[str]:
    """Yield where the alerts sent are not those of the fold, each transition once."""
    times = Counter(_transition(alert) for alert in sent)
    expected = {_transition(alert): alert for alert in folded}
    for transition, count in times.items():
        if count > 1:
            yield f"alert {transition} was sent {count} times"
        if transition not in expected:
            yield f"alert {transition} was sent, and the fold has none"
    for transition in expected.keys() - times.keys():
        yield f"alert {transition} was never sent"
    for alert in sent:
        same = expected.get(_transition(alert))
        if same is not None:
            for name in _fields_unlike(alert, same):
                is_there, should_be = getattr(alert, name), getattr(same, name)
                yield (
                    f"alert {_transition(alert)}: {name} is {is_there!r}, should be {should_be!r}"
                )
    yield from _out_of_order(sent)


def table_differences(partition: int, found: Kept, folded: Kept) -> Iterator[str]:
    """Yield where a table read back is not the fold of the log."""
    for name in folded.header:
        if found.header[name] != folded.header[name]:
            is_there, should_be = found.header[name], folded.header[name]
            yield f"header[{partition}]: {name} is {is_there}, should be {should_be}"
    for customer in sorted(found.rows.keys() | folded.rows.keys()):
        is_there, should_be = found.rows.get(customer), folded.rows.get(customer)
        if is_there != should_be:
            where = f"row[{partition}] of {customer}"
            yield f"{where}: {_row_difference(is_there, should_be)}"


def first(what: str, differences: Iterable[str]) -> list[str]:
    """Return the first few differences, and how many there are."""
    them = iter(differences)
    told = list(islice(them, FIRST))
    more = sum(1 for _ in them)
    return [f"{what}: {line}" for line in told] + [f"{what}: and {more} more"] * bool(more)


def _row_difference(is_there: bytes | None, should_be: bytes | None) -> str:
    if is_there is None or should_be is None:
        return "is missing" if is_there is None else "should not be there"
    if len(is_there) != len(should_be):
        return f"is {len(is_there)} bytes, should be {len(should_be)}"
    unlike = [n for n, (a, b) in enumerate(zip(is_there, should_be, strict=True)) if a != b]
    return f"{len(unlike)} of {len(should_be)} bytes differ, the first at {unlike[0]}"


def _out_of_order(sent: Sequence[Alert]) -> Iterator[str]:
    """Yield alerts whose later transition stands before an earlier one in their partition."""
    newest: dict[str, int] = {}
    for alert in sent:
        if alert.revision < newest.get(alert.alert_id, 0):
            yield f"alert {_transition(alert)} stands after revision {newest[alert.alert_id]}"
        newest[alert.alert_id] = max(alert.revision, newest.get(alert.alert_id, 0))


def _fields_unlike(alert: Alert, same: Alert) -> list[str]:
    names = Alert.__struct_fields__
    return [n for n in names if n != "detected_at" and getattr(alert, n) != getattr(same, n)]


def _by_source(activities: Iterable[Activity]) -> Mapping[SourcePartition, list[Activity]]:
    found: dict[SourcePartition, list[Activity]] = {}
    for activity in activities:
        found.setdefault((activity.topic, activity.partition), []).append(activity)
    return found


def _transition(alert: Alert) -> tuple[str, int]:
    return alert.alert_id, alert.revision


def _position(activity: Activity) -> tuple[str, int, int, int]:
    return activity.topic, activity.partition, activity.offset, activity.index


def _unlike(is_there: Activity | None, should_be: Activity | None) -> str:
    if is_there and should_be and _position(is_there) == _position(should_be):
        return f"{_place(is_there)} is {is_there}, should be {should_be}"
    return f"{_place(is_there)} is there, {_place(should_be)} should be"


def _place(activity: Activity | None) -> str:
    return "nothing" if activity is None else f"offset {activity.offset}.{activity.index}"
