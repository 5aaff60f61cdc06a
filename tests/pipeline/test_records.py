"""Copies of whole records are what numpy gives field by field."""

import numpy as np
import pytest

from pipeline import items
from pipeline.records import join_records, put_records, take_records
from pipeline.rows import row_dtype
from pipeline.settings import WindowSettings

TYPES = [row_dtype(WindowSettings()), items.new_pool().records.dtype]


def filled(dtype, count):
    """Return records of which each field tells its own place."""
    records = np.zeros(count, dtype)
    for number, name in enumerate(dtype.names):
        shape = (count, *[1] * (records[name].ndim - 1))
        records[name] = (np.arange(count) + number).reshape(shape).astype(records[name].dtype)
    return records


@pytest.mark.parametrize("dtype", TYPES, ids=["rows", "items"])
@pytest.mark.parametrize("which", [[3, 0, 3], []], ids=["some", "none"])
def test_some_records_are_taken_put_and_joined(dtype, which):
    records, which = filled(dtype, 5), np.array(which, np.int64)
    taken = take_records(records, which)
    assert (taken == records[which]).all()
    assert len(taken) == len(which)
    ours, theirs = np.zeros(5, dtype), np.zeros(5, dtype)
    put_records(ours, which, taken)
    theirs[which] = taken
    assert (ours == theirs).all()
    assert (join_records([records, taken]) == np.concatenate([records, taken])).all()


def test_what_is_taken_is_a_copy():
    records = filled(TYPES[1], 2)
    taken = take_records(records, np.array([1]))
    taken["opened_ms"] = 77
    assert records["opened_ms"].tolist() == filled(TYPES[1], 2)["opened_ms"].tolist()
