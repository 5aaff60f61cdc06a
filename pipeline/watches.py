"""The watches of a row: by whose time it falls due with no further event.

What a detector waits for passes only as far as its watch has come: loads by event time, silences
as far as the feed that would end them is known to be alive.
"""

from enum import IntEnum


class Watch(IntEnum):
    """Whose time counts; of several due at one instant the first goes first."""

    LOAD = 0  # the clock of the partition
    SILENCE = 1  # the orders feed
    CARE = 2  # every feed that has been heard of, the slowest
