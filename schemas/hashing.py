"""A hash of an id that is the same in every process and on every machine: XXH3, 64 bits.

Python's own `hash` is salted per process. Of n ids two collide with a chance of n^2 / 2^65: for a
million, three in a hundred million.
"""

from collections.abc import Iterable
from typing import Final

from xxhash import xxh3_64_intdigest

NO_ID: Final = 0


def id_hash(text: str) -> int:
    """Return the hash of an id, from 1 on; `NO_ID` for the empty one."""
    return id_hashes([text])[0]


def id_hashes(texts: Iterable[str]) -> list[int]:
    """Return the hashes of many ids: `id_hash` of each."""
    return hashes(text.encode() for text in texts)


def hashes(encoded: Iterable[bytes]) -> list[int]:
    """Return the hashes of ids that are bytes already."""
    digest = xxh3_64_intdigest
    return [(digest(value) or 1) if value else NO_ID for value in encoded]
