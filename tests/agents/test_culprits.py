"""A step that raises: the record to blame is found, left out, and it is the only one."""

from dataclasses import dataclass

import pytest

from agents.live.culprits import Culprits, StepFailed


@dataclass(frozen=True)
class Record:
    offset: int
    topic: str = "log"
    partition: int = 0


def records(begin, end):
    return [Record(offset) for offset in range(begin, end)]


def fold(culprits, some, bad):
    """Fold records; return (offsets folded, offsets left out) up to where it raises, and what."""
    folded, left_out = [], []
    for part, leave_out in culprits.parts(0, some, 10):
        offsets = [record.offset for record in part]
        if leave_out:
            left_out += offsets
        elif bad & set(offsets):
            return folded, left_out, culprits.blame(part, ValueError("bad luck"))
        else:
            folded += offsets
    return folded, left_out, None


def test_nothing_suspected_is_folded_in_parts():
    parts = [(len(part), out) for part, out in Culprits().parts(0, records(0, 25), 10)]
    assert parts == [(10, False), (10, False), (5, False)]


def test_the_culprit_is_found_and_left_out():
    culprits, log = Culprits(), records(0, 30)
    folded, _, torn = fold(culprits, log, {14})
    assert folded == list(range(10))
    assert str(torn) == "log[0]: folding offsets 10 to 19 raised ValueError: bad luck"
    again = records(5, 30)  # what was stored goes on at 5: it is not sure where
    folded, _, torn = fold(culprits, again, {14})
    assert folded == list(range(5, 14)), "one by one, up to the culprit"
    assert str(torn) == "log[0]: folding offsets 14 to 14 raised ValueError: bad luck"
    folded, left_out, torn = fold(culprits, again, {14})
    assert torn is None
    assert left_out == [14]
    assert folded == [offset for offset in range(5, 30) if offset != 14]


def test_a_second_culprit_in_the_same_stretch_ends_the_worker():
    culprits, log = Culprits(), records(0, 10)
    fold(culprits, log, {3, 7})
    fold(culprits, log, {3, 7})
    with pytest.raises(StepFailed) as error:
        fold(culprits, log, {3, 7})
    assert str(error.value) == (
        "log[0]: folding offsets 7 to 7 raised ValueError: bad luck, after offset 3 had raised too"
    )


def test_a_stretch_is_over_once_what_is_stored_goes_on_after_it():
    culprits, log = Culprits(), records(0, 10)
    fold(culprits, log, {3})
    fold(culprits, log, {3})
    culprits.passed(0, 9)
    assert [len(part) for part, _ in culprits.parts(0, log, 10)] == [1] * 10
    culprits.passed(0, 10)
    assert [len(part) for part, _ in culprits.parts(0, log, 10)] == [10]


def test_another_partition_is_not_suspected():
    culprits = Culprits()
    fold(culprits, records(0, 10), {3})
    assert [len(part) for part, _ in culprits.parts(1, records(0, 10), 10)] == [10]
