"""Chunk: some records of a file, and what was refused between them."""

from dataclasses import dataclass
from typing import Generic

from agents.blocks import Refused
from schemas.decode import Decoded, S


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

    @classmethod
    def of(cls, decoded: Decoded[S], refused: list[Refused], bytes_read: int) -> "Chunk[S]":
        """Return a chunk with what was refused in the order of its lines."""
        refused.sort(key=lambda each: each.line)
        return cls(decoded.records, decoded.at_ms, refused, bytes_read)
