"""Rebuilding what is stored: the log is folded again, up to where it had been folded before.

Alerts of that stretch were told then, so none is told now. While it lasts the header says so, and
no worker starts on what is half written.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from faust.types import TP

from agents.connection import runtime_settings, send_settings, transactional_id
from agents.live.changelog import HEADER, REBUILDING, Stored, row_key, standing_key
from agents.live.muting import Muting
from agents.live.shard import Shard, ShardOutlets
from agents.live_settings import CHANGELOG, LOG
from agents.runtime.idle_group import idle_group
from agents.runtime.reading import read_to_end
from agents.runtime.rows import Row
from agents.runtime.transactions import Transactor
from agents.settings import Settings
from pipeline.header import BadHeaderError, decode_header, encode_header
from pipeline.table import ActivityTable

ROWS: Final = 10_000  # of one transaction
SECONDS_MAX: Final = 60.0
FOLD_RECORDS: Final = 5_000


@dataclass(slots=True)
class Rebuilt:
    """What rebuilding a partition came to."""

    partition: int
    next_offset: int = 0  # up to which the log was folded
    log_start: int = 0  # what was before is gone from the log
    customers: int = 0
    deleted: int = 0  # rows that were stored, and are not any more
    alerts_muted: int = 0


@dataclass(slots=True)
class _Before:
    """What was stored: whose rows, which alerts, and up to where the log was folded."""

    customers: set[str]
    standing: set[str]
    next_offset: int | None  # None: nothing was stored


class Rebuild:
    """Rebuilds one partition after another; no worker may be running."""

    def __init__(self, settings: Settings, committed: Mapping[int, int]) -> None:
        """Take the settings, and what the group committed: told where no header can be read."""
        kafka = settings.kafka
        self._settings = settings
        self._committed = committed
        self._core = settings.pipeline()
        self._runtime = runtime_settings(settings)
        self._log, self._changelog = kafka.topic(LOG), kafka.topic(CHANGELOG)

    async def partition(self, number: int) -> Rebuilt:
        """Rebuild a partition; what was begun and not finished is begun again.

        Raises:
            StartOver: somebody else has begun to write it.
        """
        transactor = Transactor(
            send_settings(self._settings), transactional_id(self._settings, number)
        )
        await transactor.start()
        try:
            return await self._rebuild(transactor, number)
        finally:
            await transactor.close()

    async def _rebuild(self, transactor: Transactor, number: int) -> Rebuilt:
        before = await self._before(number)
        if before.next_offset is None:
            return Rebuilt(number)
        head = Row(self._changelog, number, HEADER, self._begun(before.next_offset))
        await transactor.commit([head], SECONDS_MAX)
        outlets = ShardOutlets(alerts="", alert_partitions=1, changelog=self._changelog)
        shard = Shard(self._core, outlets, self._log, number, Muting(0))
        rebuilt = await self._fold(shard, before.next_offset)
        await self._write(transactor, shard, before, rebuilt)
        return rebuilt

    def _begun(self, next_offset: int) -> bytes:
        """Return a header that no worker takes for one to go on with."""
        header = decode_header(encode_header(ActivityTable(self._core), next_offset))
        return msgspec.msgpack.encode(msgspec.structs.replace(header, fingerprint=REBUILDING))

    async def _before(self, number: int) -> _Before:
        before = _Before(set(), set(), None)
        async for chunk in read_to_end(self._runtime, TP(self._changelog, number)):
            stored = Stored.of([(record.key, record.value) for record in chunk.records])
            for known, found in (
                (before.customers, stored.rows),
                (before.standing, stored.standing),
            ):
                known |= {key for key, value in found.items() if value is not None}
                known -= {key for key, value in found.items() if value is None}
            if stored.header is not None:
                before.next_offset = self._next_offset(number, stored.header)
        return before

    def _next_offset(self, number: int, header: bytes) -> int:
        try:
            return decode_header(header).next_offset
        except BadHeaderError:
            return self._committed.get(number, 0)

    async def _fold(self, shard: Shard, until: int) -> Rebuilt:
        rebuilt = Rebuilt(shard.partition)
        first = True
        async for chunk in read_to_end(self._runtime, TP(self._log, shard.partition)):
            if first:
                # The log was made anew, if it does not come to there: nothing of it has been told.
                until = until if until <= chunk.end else chunk.position
                rebuilt.log_start = shard.next_offset = chunk.position
                first = False
            records = [record for record in chunk.records if record.offset < until]
            for begin in range(0, len(records), FOLD_RECORDS):
                folded = shard.fold(records[begin : begin + FOLD_RECORDS])
                rebuilt.alerts_muted += len(folded.outcome.alerts)
                shard.forget_waiting()
            if chunk.position >= until:
                break
        shard.go_to(max(until, shard.next_offset))
        rebuilt.next_offset, rebuilt.customers = shard.next_offset, len(shard.table)
        return rebuilt

    async def _write(
        self, transactor: Transactor, shard: Shard, before: _Before, rebuilt: Rebuilt
    ) -> None:
        """Write rows and tombstones, and last of all the header."""
        *rows, header = shard.take().rows
        there = {row.key for row in rows if row.value is not None}
        gone = {row_key(customer_id) for customer_id in before.customers} - there
        rebuilt.deleted = len(gone)
        gone |= {standing_key(alert_id) for alert_id in before.standing}
        rows += [Row(self._changelog, shard.partition, key, None) for key in sorted(gone)]
        for begin in range(0, len(rows), ROWS):
            await transactor.commit(rows[begin : begin + ROWS], SECONDS_MAX)
        await transactor.commit([header], SECONDS_MAX)


async def rebuild(settings: Settings, partitions: int) -> AsyncIterator[Rebuilt]:
    """Rebuild all partitions of the log, one after another.

    Raises:
        GroupIsBusy: a worker is running.
    """
    log = settings.kafka.topic(LOG)
    tps = [TP(log, number) for number in range(partitions)]
    async with idle_group(runtime_settings(settings), tps) as group:
        known = {tp.partition: await group.committed(tp) for tp in tps}
    committed = {number: position.offset for number, position in known.items() if position}
    work = Rebuild(settings, committed)
    for number in range(partitions):
        yield await work.partition(number)
