"""The header of a partition's changelog: where it goes on, and what its table knows beside rows."""

import hashlib
from dataclasses import asdict
from typing import Any, Final

import msgspec
from msgspec import Struct

from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable

VERSION: Final = 3
_LAYOUT: Final = 4  # of rows: what a row of an earlier one lacks has to be folded anew
_OF_KINDS: Final = (
    "second_order",
    "quiet_after_trouble",
    "remorse",
    "stalled",
    "neglect",
    "handover",
)
_OF_FACTS: Final = (  # of frustration: how facts fade, what is summed, what is promised
    "half_lives_days",
    "purchase_half_life_days",
    "late_days_scale",
    "queue_seconds_free",
    "queue_seconds_scale",
    "ticket_promise_hours",
    "order_promise_days",
)


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
    deciding: str = ""  # unknown, of version 1
    feeds: dict[str, Any] = {}  # from version 3 on, as the next two
    all_feeds_ms: int = 0
    budget: dict[str, Any] = {}


def fingerprint(settings: PipelineSettings) -> str:
    """Return a digest of the settings that shape state: a change of them needs a rebuild.

    Those by which a stored row would not be what a fold of the log gives: what is summed and how
    it fades, what is promised where nothing was said, how long things are remembered, stages, and
    which customers have a row at all. A header of version 1 covered fewer, and fits none.
    """
    frustration = asdict(settings.frustration)
    return _digest(
        _LAYOUT,
        [frustration[name] for name in _OF_FACTS],
        asdict(settings.windows),
        asdict(settings.items),
        asdict(settings.stages),
        asdict(settings.retention),
        [sorted(settings.sources), settings.orders_topic],
    )


def deciding(settings: PipelineSettings) -> str:
    """Return a digest of the settings that decide, on the facts of a row, what it comes to.

    After a change of these the rows are true, but not when they are due: all have to be looked at
    again. Episodes stay where the old settings brought them. The gaps of a feed are kept as they
    were reported, so `idle_hours_max` decides too. Not covered is what only explains, tells or
    holds back: `advice`, `concessions`, `control`, `budget`, and the kind of clock.
    """
    return _digest(
        asdict(settings.frustration),
        asdict(settings.inactivity),
        asdict(settings.order_model),
        asdict(settings.episodes),
        {name: asdict(feed) for name, feed in sorted(settings.feeds.items())},
        str(settings.churn_label),
        asdict(settings.churn_model),
        {name: asdict(value) for name, value in sorted(settings.values.items())},
        *(asdict(getattr(settings, name)) for name in _OF_KINDS),
    )


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
        {},
        deciding(table.settings),
        table.feeds.state(),
        table.feeds.all.newest_ms,
        table.budget.state(),
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
    if header.version not in range(1, VERSION + 1):
        found = header.version
        raise BadHeaderError(f"header version {found}; this program reads 1 to {VERSION}")
    return header


def apply_header(table: ActivityTable, header: Header) -> bool:
    """Let a table go on where a header says; its fingerprint has to be that of the settings.

    Returns:
        Whether other settings decide now: once its rows are in, `look_at_everyone`.
    """
    table.positions.restore({(t, p): (offset, index) for t, p, offset, index in header.positions})
    table.clock.restore(header.clock)
    if header.feeds:
        table.feeds.restore(header.feeds, header.all_feeds_ms)
    if header.budget:
        table.budget.restore(header.budget)
    return header.deciding != deciding(table.settings)


def _digest(*parts: object) -> str:
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()[:16]
