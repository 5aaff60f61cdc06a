"""The header of a partition's changelog: where it goes on, and what its table knows beside rows."""

import hashlib
from dataclasses import asdict
from typing import Any, Final

import msgspec
from msgspec import Struct

from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable

VERSION: Final = 1


class BadHeaderError(ValueError):
    """Bytes that are no header of a version that is read."""


class Header(Struct, frozen=True, array_like=True):
    """Where a partition goes on, and what its table knows beside its rows.

    The only truth about where to go on: `next_offset` of the log, and the next (offset, index) of
    each source partition.
    """

    version: int
    fingerprint: str
    next_offset: int
    positions: list[tuple[str, int, int, int]]
    clock: dict[str, Any]
    feed: dict[str, Any]


def fingerprint(settings: PipelineSettings) -> str:
    """Return a digest of the settings that shape state: a change of them needs a rebuild."""
    shaping = {
        "half_lives_days": asdict(settings.frustration.half_lives_days),
        "purchase_half_life_days": settings.frustration.purchase_half_life_days,
        "windows": asdict(settings.windows),
        "items": asdict(settings.items),
        "stages": asdict(settings.stages),
        "retention": asdict(settings.retention),
        "sources": sorted(settings.sources),
        "orders_topic": settings.orders_topic,
        "idle_hours_max": settings.feed(settings.orders_topic).idle_hours_max,
    }
    return hashlib.sha256(msgspec.json.encode(shaping, order="deterministic")).hexdigest()[:16]


def encode_header(table: ActivityTable, next_offset: int) -> bytes:
    """Return the header of a table that has folded the log up to an offset."""
    positions = [
        (topic, partition, offset, index)
        for (topic, partition), (offset, index) in sorted(table.positions.state().items())
    ]
    header = Header(
        VERSION,
        fingerprint(table.settings),
        next_offset,
        positions,
        table.clock.state(),
        table.orders_feed.state(),
    )
    return msgspec.msgpack.encode(header, order="deterministic")


def decode_header(value: bytes) -> Header:
    """Return a header from its bytes.

    Raises:
        BadHeaderError: it is none, or of another version.
    """
    try:
        header = msgspec.msgpack.decode(value, type=Header)
    except msgspec.DecodeError as error:
        raise BadHeaderError(f"header of {len(value)} bytes: {error}") from None
    if header.version != VERSION:
        raise BadHeaderError(f"header version {header.version}; this program reads {VERSION}")
    return header


def apply_header(table: ActivityTable, header: Header) -> None:
    """Let a table go on where a header says."""
    table.positions.restore({(t, p): (offset, index) for t, p, offset, index in header.positions})
    table.clock.restore(header.clock)
    table.orders_feed.restore(header.feed)
