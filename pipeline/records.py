"""Some of many structured records: as whole ones, ten times as fast as numpy does by itself.

numpy copies records chosen by number field by field. Here each is one value of as many bytes.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.units import Ints

Records = NDArray[Any]


def take_records(records: Records, which: Ints) -> Records:
    """Return copies of some of the records, `records[which]`."""
    return np.asarray(_whole(records)[which].view(records.dtype))


def put_records(records: Records, which: Ints, values: Records) -> None:
    """Put values of the same type in the places of some, `records[which] = values`."""
    _whole(records)[which] = _whole(values)


def join_records(parts: Sequence[Records]) -> Records:
    """Return records of one type one behind the other."""
    return np.concatenate([_whole(part) for part in parts]).view(parts[0].dtype)


def _whole(records: Records) -> NDArray[np.void]:
    return records.view(_of_bytes(records.dtype.itemsize))


@cache
def _of_bytes(count: int) -> np.dtype[np.void]:
    return np.dtype((np.void, count))
