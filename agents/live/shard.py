"""A shard: one partition of the log as it is held, its table and what is not yet written of it.

Between two steps a snapshot of it is consistent: the alerts, rows and what else has changed belong
to exactly the log below its next offset.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

import msgspec
from aiokafka import ConsumerRecord

from agents.live.changelog import HEADER, Stored, row_key, standing_key
from agents.live.muting import Muting
from agents.runtime.rows import Row, partition_for
from pipeline.codec import decode_rows, encode_rows
from pipeline.header import Header, apply_header, encode_header
from pipeline.outcome import Outcome, Voided
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from schemas import log
from schemas.alert import Alert, Digest
from schemas.base import instant
from schemas.progress import Progress
from schemas.rejection import Rejection

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"

_JSON: Final = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardOutlets:
    """Where a shard writes to."""

    alerts: str
    alert_partitions: int
    changelog: str


@dataclass(slots=True)
class Snapshot:
    """All that is to be written of a shard at once."""

    next_offset: int
    rows: list[Row]
    alerts: list[Alert]


@dataclass(slots=True)
class Folded:
    """What folding some records came to."""

    outcome: Outcome
    progress: list[Progress]
    unreadable: list[Rejection]
    muted: list[Alert]
    seconds: float


@dataclass(slots=True)
class _Waiting:
    """What waits to be written beside rows and header."""

    rows: list[Row] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)


class Shard:
    """One partition of the log, its table and what waits to be written."""

    def __init__(
        self,
        settings: PipelineSettings,
        outlets: ShardOutlets,
        topic: str,
        partition: int,
        muting: Muting,
    ) -> None:
        self.table = ActivityTable(settings, topic, partition)
        self.next_offset = 0
        self.written_offset = -1  # next offset of what was last written, -1: nothing was
        self._outlets = outlets
        self._muting = muting
        self._waiting = _Waiting()

    @property
    def partition(self) -> int:
        """Which partition."""
        return self.table.partition

    @property
    def has_moved(self) -> bool:
        """Whether anything is not written, if only how far the log was folded."""
        return self.next_offset != self.written_offset

    @property
    def alerts_waiting(self) -> int:
        """How many alerts wait to be written."""
        return len(self._waiting.rows)

    @property
    def rows_waiting(self) -> int:
        """How many rows of the table are not written."""
        return self.table.store.changed_count

    def fold(self, records: Sequence[Record]) -> Folded:
        """Fold records of the log, in their order."""
        readable, offsets, unreadable = _decode(records)
        began = time.perf_counter()
        outcome = self.table.step(readable, offsets)
        seconds = time.perf_counter() - began
        muted = self._tell(outcome)
        self.next_offset = records[-1].offset + 1
        progress = [record for record in readable if type(record) is Progress]
        return Folded(outcome, progress, unreadable, muted, seconds)

    def leave_out(self, record: Record, letter: Row) -> None:
        """Pass over a record that cannot be folded; it becomes a dead letter."""
        self._waiting.rows.append(letter)
        self.next_offset = record.offset + 1

    def go_to(self, next_offset: int) -> None:
        """Go on there: what lies between holds no record, or is lost."""
        self.next_offset = next_offset

    def take(self) -> Snapshot:
        """Return all that is to be written, and take it for written."""
        waiting, self._waiting = self._waiting, _Waiting()
        topic, partition, store = self._outlets.changelog, self.partition, self.table.store
        gone = store.take_gone()
        rows = waiting.rows
        rows += [Row(topic, partition, row_key(customer_id), None) for customer_id in gone]
        rows += [
            Row(topic, partition, row_key(customer_id), value)
            for customer_id, value in encode_rows(self.table, store.take_changed()).items()
        ]
        for alert_id, alert in self._muting.take_changed():
            value = None if alert is None else _JSON.encode(alert)
            rows.append(Row(topic, partition, standing_key(alert_id), value))
        rows.append(self.header())
        self.written_offset = self.next_offset
        return Snapshot(self.next_offset, rows, waiting.alerts)

    def forget_waiting(self) -> None:
        """Let go of the alerts that wait: they are not to be told."""
        self._waiting = _Waiting()

    def header(self) -> Row:
        """Return the header as of now."""
        value = encode_header(self.table, self.next_offset)
        return Row(self._outlets.changelog, self.partition, HEADER, value)

    def adopt(self, stored: Stored) -> list[str]:
        """Take in rows and what was kept back, as stored; return what cannot be read."""
        bad = decode_rows(self.table, stored.rows)
        for alert_id, alert in stored.standing.items():
            self._muting.restore(alert_id, alert)
        return [*stored.unreadable, *(f"row of {row.customer_id!r}: {row.reason}" for row in bad)]

    def begin(self, header: Header | None, next_offset: int) -> None:
        """Go on by a header, once all that is stored has been taken in."""
        decides_anew = header is not None and apply_header(self.table, header)
        self.table.store.take_changed()
        self.table.store.take_gone()
        if decides_anew:
            self.table.look_at_everyone()
        self.written_offset = -1 if header is None else header.next_offset
        self.next_offset = next_offset

    def _tell(self, outcome: Outcome) -> list[Alert]:
        """Put the alerts that are to be sent among what waits; return those that are not."""
        now_ms = time.time_ns() // 1_000_000
        detected_at = instant(now_ms)
        muted: list[Alert] = []
        for each in outcome.in_order():
            if isinstance(each, Voided):
                if self._muting.void(each.alert_id):
                    self._waiting.rows.append(self._alert_row(each, None))
                continue
            if isinstance(each, Digest):
                self._waiting.rows.append(self._digest_row(each))
                continue
            send, kept_back = self._muting.sift([each], now_ms)
            muted += kept_back
            self._send(send, detected_at)
        self._send(self._muting.caught_up(self.table.clock.now_ms, now_ms), detected_at)
        return muted

    def _send(self, alerts: Sequence[Alert], detected_at: datetime) -> None:
        for alert in alerts:
            told = msgspec.structs.replace(alert, detected_at=detected_at)
            self._waiting.alerts.append(told)
            self._waiting.rows.append(self._alert_row(told, told))

    def _digest_row(self, digest: Digest) -> Row:
        key = f"digest/{self.partition}".encode()
        partition = partition_for(key, self._outlets.alert_partitions)
        return Row(self._outlets.alerts, partition, key, _JSON.encode(digest))

    def _alert_row(self, of: Alert | Voided, alert: Alert | None) -> Row:
        key = f"{of.customer_id}/{of.kind}".encode()
        partition = partition_for(key, self._outlets.alert_partitions)
        value = None if alert is None else _JSON.encode(alert)
        return Row(self._outlets.alerts, partition, key, value)


def _decode(
    records: Sequence[Record],
) -> tuple[list[log.Record], list[int], list[Rejection]]:
    readable: list[log.Record] = []
    offsets: list[int] = []
    unreadable: list[Rejection] = []
    for each in records:
        record = log.decode(each.value)
        if isinstance(record, Rejection):
            unreadable.append(record)
        else:
            readable.append(record)
            offsets.append(each.offset)
    return readable, offsets, unreadable
