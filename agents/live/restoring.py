"""Restoring a shard from the changelog, in bulk, while other partitions run."""

import asyncio
import time
from typing import Final

from faust.types import TP

from agents.live.changelog import REBUILDING, Stored
from agents.live.shard import Shard
from agents.reports_state import RestoreHasMoved, RestoreWasDone
from agents.runtime.errors import StateRefused, place
from agents.runtime.reading import read_to_end
from agents.runtime.settings import RuntimeSettings
from pipeline.header import BadHeaderError, Header, decode_header, fingerprint
from pipeline.settings import PipelineSettings

RESTORES_MAX: Final = 2  # at a time: one is taken in while another is fetched; more hold the loop
REPORT_SECONDS: Final = 5.0
REBUILD: Final = "run `churnwatch rebuild`"


class Restorer:
    """Reads shards back; at most a few at a time."""

    def __init__(self, runtime: RuntimeSettings, settings: PipelineSettings, topic: str) -> None:
        self._runtime = runtime
        self._fingerprint = fingerprint(settings)
        self._topic = topic  # of the changelog
        self._turns = asyncio.Semaphore(RESTORES_MAX)

    async def restore(self, shard: Shard) -> Header | None:
        """Take in all that is stored of a shard; return its header, None if nothing is stored.

        Raises:
            StateRefused: what is stored cannot be gone on with.
            RestoreStalled: it cannot be read.
        """
        async with self._turns:
            return await self._restore(shard)

    async def _restore(self, shard: Shard) -> Header | None:
        partition = shard.partition
        began = reported = time.monotonic()
        value, records = None, 0
        async for chunk in read_to_end(self._runtime, TP(self._topic, partition), is_whole=True):
            stored = Stored.of([(record.key, record.value) for record in chunk.records])
            value = stored.header or value
            unreadable = shard.adopt(stored)
            records += len(chunk.records)
            left = max(chunk.end - chunk.position, 0)
            report = RestoreHasMoved(partition, len(chunk.records), left, unreadable)
            report.emit()
            if time.monotonic() - reported > REPORT_SECONDS:
                reported = time.monotonic()
                report.tell()
            await asyncio.sleep(0)
        header = self._checked(partition, value)
        seconds = time.monotonic() - began
        RestoreWasDone(partition, len(shard.table), records, seconds).emit()
        return header

    def _checked(self, partition: int, value: bytes | None) -> Header | None:
        where = place(TP(self._topic, partition))
        if value is None:
            return None
        try:
            header = decode_header(value)
        except BadHeaderError as error:
            raise StateRefused(f"{where}: {error}; {REBUILD}") from None
        if header.fingerprint == REBUILDING:
            raise StateRefused(f"{where}: a rebuild was begun and not finished; {REBUILD}")
        if header.fingerprint != self._fingerprint:
            raise StateRefused(
                f"{where}: what is stored was made with settings of fingerprint "
                f"{header.fingerprint}, these have {self._fingerprint}: set them back, or {REBUILD}"
            )
        return header
