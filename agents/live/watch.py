"""Watch: folds each partition of the log into its table, and sends what that changes.

Until state is durable every start folds the log again from its beginning, and nothing is
committed: so nothing is ever lost, and an alert of the last hours can be sent again.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Final

import msgspec
from faust.types import TP

from agents.live.alignment import Alignment
from agents.live.muting import Muting
from agents.live_settings import AlertSettings
from agents.reports import AlertWasMuted, AlertWasSent, BatchWasFolded
from agents.runtime.batch import Batch, LogOffsets
from agents.runtime.produce import Outbox, Row, partition_for
from pipeline.outcome import Outcome
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from pipeline.units import HOUR_MS
from schemas import log
from schemas.alert import Alert
from schemas.base import instant
from schemas.progress import Progress
from schemas.rejection import Rejection

SLICE_RECORDS: Final = 2_000  # folded without giving way to others: some tens of milliseconds

_JSON: Final = msgspec.json.Encoder()


class Watch:
    """The agent of the log."""

    def __init__(
        self,
        settings: PipelineSettings,
        alerts: AlertSettings,
        outbox: Outbox,
        alignment: Alignment,
        topic: str,
        partitions: int,
    ) -> None:
        self.tables: dict[int, ActivityTable] = {}
        self.next_offsets: dict[int, int] = {}
        self._settings = settings
        self._max_age_ms = round(alerts.max_age_hours * HOUR_MS)
        self._muting: dict[int, Muting] = {}
        self._outbox = outbox
        self._alignment = alignment
        self._topic = topic  # of alerts
        self._partitions = partitions

    async def restore(self, tp: TP, offsets: LogOffsets) -> int:
        """Begin an empty table, and the log at its beginning."""
        self.tables[tp.partition] = ActivityTable(self._settings, tp.topic, tp.partition)
        self._muting[tp.partition] = Muting(self._max_age_ms)
        self.next_offsets[tp.partition] = await offsets.beginning(tp)
        return self.next_offsets[tp.partition]

    async def drain(self, tp: TP) -> None:
        """Let go of a partition."""
        for held in (self.tables, self._muting, self.next_offsets):
            held.pop(tp.partition, None)
        self._alignment.let_go(tp.partition)

    async def handle(self, batch: Batch) -> None:
        """Fold a batch, a slice at a time, and send the alerts of each."""
        table = self.tables[batch.partition]
        records = batch.records
        for begin in range(0, len(records), SLICE_RECORDS):
            part = records[begin : begin + SLICE_RECORDS]
            readable, offsets, unreadable = _decode(
                [record.value for record in part], [record.offset for record in part]
            )
            began = time.perf_counter()
            outcome = table.step(readable, offsets)
            seconds = time.perf_counter() - began
            BatchWasFolded(table, outcome, len(part), seconds, unreadable).emit()
            for record in readable:
                if type(record) is Progress:
                    for source in record.sources:
                        self._alignment.hear(source)
            await self._send(batch.partition, outcome)
            self.next_offsets[batch.partition] = part[-1].offset + 1
            await asyncio.sleep(0)
        self.next_offsets[batch.partition] = batch.next_offset

    async def _send(self, partition: int, outcome: Outcome) -> None:
        now_ms = time.time_ns() // 1_000_000
        muting = self._muting[partition]
        send, muted = muting.sift(outcome.alerts, now_ms)
        send += muting.caught_up(self.tables[partition].clock.now_ms, now_ms)
        for alert in muted:
            AlertWasMuted(alert).emit()
        if send:
            detected_at = instant(now_ms)
            send = [msgspec.structs.replace(alert, detected_at=detected_at) for alert in send]
            await self._outbox.send([self._row(alert) for alert in send])
            for alert in send:
                AlertWasSent(alert).emit()

    def _row(self, alert: Alert) -> Row:
        key = f"{alert.customer_id}/{alert.kind}".encode()
        return Row(self._topic, partition_for(key, self._partitions), key, _JSON.encode(alert))


def _decode(
    values: Sequence[bytes | None], offsets: Sequence[int]
) -> tuple[list[log.Record], list[int], list[Rejection]]:
    readable: list[log.Record] = []
    kept: list[int] = []
    unreadable: list[Rejection] = []
    for value, offset in zip(values, offsets, strict=True):
        record = log.decode(value)
        if isinstance(record, Rejection):
            unreadable.append(record)
        else:
            readable.append(record)
            kept.append(offset)
    return readable, kept, unreadable
