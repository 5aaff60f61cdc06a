"""Chunk: some records of a file, and what was refused between them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic

from agents.files.blocks import Refused
from schemas.decode import Decoded, S
from schemas.rejection import Rejection

Refuse = Callable[[int, Rejection], Refused]  # what was at an index of the values decoded


@dataclass(frozen=True, slots=True)
class Chunk(Generic[S]):
    """Some records of a file, in its order.

    `at_ms` is when each of `records` occurred, in milliseconds since the epoch. `bytes_read` is
    how far the file has been read, in bytes as it lies on the disk: compare it with its size.
    """

    records: list[S]
    at_ms: list[int]
    refused: list[Refused]
    bytes_read: int
    _refuse: Refuse
    _unusable: list[int]  # the indices of the values that gave no record, rising

    @classmethod
    def of(
        cls, decoded: Decoded[S], refused: list[Refused], bytes_read: int, refuse: Refuse
    ) -> "Chunk[S]":
        """Return a chunk with what was refused in the order of its lines."""
        refused.sort(key=lambda each: each.line)
        unusable = [index for index, _ in decoded.rejections]
        return cls(decoded.records, decoded.at_ms, refused, bytes_read, refuse, unusable)

    def refuse(self, index: int, why: Rejection) -> Refused:
        """Return a record, by its index, as refused after all: with its place and its bytes."""
        for unusable in self._unusable:
            index += unusable <= index
        return self._refuse(index, why)
