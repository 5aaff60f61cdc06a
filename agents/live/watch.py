"""Watch: folds each partition of the log into its table; the life of each such shard.

Fenced, restored from the changelog, run, drained. On revoke a shard is kept with its transactor: if
the partition comes back, and the transactor has not been shut out meanwhile, so has the table.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aiokafka import ConsumerRecord
from faust.types import TP

from agents.live.alignment import Alignment
from agents.live.culprits import Culprits, Records
from agents.live.dead_letters import DeadLetters
from agents.live.flusher import Flusher
from agents.live.muting import Muting
from agents.live.positions import Jumps, go_on_at
from agents.live.restoring import Restorer
from agents.live.shard import Shard, ShardOutlets, Snapshot
from agents.live_settings import LOG, FlushSettings
from agents.reports import BatchWasFolded, PartitionWasGivenUp
from agents.reports_state import LifeWasBroken, RecordWasLeftOut, ShardWasTakenUp
from agents.runtime.app import WorkerApp
from agents.runtime.batch import Batch, LogOffsets
from agents.runtime.errors import BrokerUnreachable, StartOver
from agents.runtime.produce import SendSettings
from agents.runtime.settings import RuntimeSettings
from agents.runtime.transactions import Transactor
from pipeline.settings import PipelineSettings
from pipeline.units import HOUR_MS
from schemas.rejection import Reason, Rejection

log = logging.getLogger("churnwatch")

SLICE_RECORDS: Final = 2_000  # folded without giving way to others: some tens of milliseconds
BEHIND_RECORDS: Final = 5_000  # further from the end of the log, what is written should be large
PROOF_SECONDS_MAX: Final = 5.0
# With so little left let more gather: a step costs more than its records.
GATHER_RECORDS: Final = 200
GATHER_SECONDS: Final = 0.1
LATE_GATHER_SECONDS: Final = 0.5  # nobody waits for what happened long ago
RECENT_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """What watch has to know, gathered from all settings."""

    core: PipelineSettings
    runtime: RuntimeSettings
    sending: SendSettings
    flush: FlushSettings
    outlets: ShardOutlets
    transactional_id: Callable[[int], str]  # of a partition
    alerts_age_hours_max: float
    accept_loss: bool


@dataclass(slots=True)
class Held:
    """A shard with who writes it."""

    shard: Shard
    transactor: Transactor
    flusher: Flusher | None = None
    generation: int = -1  # of its batches
    is_proved: bool = False  # it was kept, and nobody has written since

    async def close(self) -> None:
        """Let go of it, whatever it is doing."""
        if self.flusher is not None:
            await self.flusher.stop()
        await self.transactor.close()


class Watch:
    """The agent of the log."""

    def __init__(
        self, settings: WatchSettings, dead_letters: DeadLetters, alignment: Alignment
    ) -> None:
        self.held: dict[int, Held] = {}
        self.app: WorkerApp | None = None
        self.on_jump = Jumps(accept_loss=settings.accept_loss)
        self._kept: dict[int, Held] = {}
        self._settings = settings
        self._restorer = Restorer(settings.runtime, settings.core, settings.outlets.changelog)
        self._culprits = Culprits()
        self._dead_letters = dead_letters
        self._alignment = alignment

    def next_offset(self, partition: int) -> int | None:
        """Return up to where a partition is folded, None if it is not held."""
        held = self.held.get(partition)
        return None if held is None or held.flusher is None else held.shard.next_offset

    def source_offset(self, topic: str, partition: int) -> int:
        """Return up to which offset a source partition is folded, by the shards that run."""
        running = [held.shard for held in self.held.values() if held.flusher is not None]
        tables = [shard.table for shard in running]
        return max((table.positions.offset(topic, partition) for table in tables), default=0)

    def unwritten_seconds(self) -> float:
        """Return for how long the shard that has waited longest has had something to write."""
        flushers = [held.flusher for held in list(self.held.values())]  # the watchdog's thread asks
        return max((each.unwritten_seconds for each in flushers if each is not None), default=0.0)

    async def fence(self, tp: TP) -> None:
        """Take the partition's transactional id: from here on no former owner writes."""
        kept = self._kept.pop(tp.partition, None)
        if kept is not None and await self._prove(kept):
            self.held[tp.partition] = kept
            return
        its_id = self._settings.transactional_id(tp.partition)
        transactor = Transactor(self._settings.sending, its_id)
        self.held[tp.partition] = Held(self._new_shard(tp), transactor)
        runtime, began = self._settings.runtime, time.monotonic()
        try:
            async with asyncio.timeout(runtime.broker_away_seconds_max):
                await transactor.start()
        except TimeoutError as exc:
            cause = f"transactional id {its_id} is not given"
            waited = time.monotonic() - began
            raise BrokerUnreachable(runtime.broker_list, waited, cause) from exc

    async def restore(self, tp: TP, offsets: LogOffsets) -> int:
        """Read the shard back, unless it was kept; return where the log goes on."""
        held = self.held[tp.partition]
        shard = held.shard
        if not held.is_proved:
            header = await self._restorer.restore(shard)
            start, end = await offsets.beginning(tp), await offsets.end(tp)
            expected = start if header is None else header.next_offset
            accept_loss = self._settings.accept_loss
            go_on = go_on_at(tp, expected, start, end, accept_loss=accept_loss)
            shard.begin(header, go_on)
        held.is_proved, held.generation = False, -1
        held.flusher = Flusher(
            shard,
            held.transactor,
            self._settings.flush,
            committed=lambda snapshot: self._committed(tp, held, snapshot),
            failed=lambda error: self._failed(tp, error),
        )
        ShardWasTakenUp(tp.partition, shard.next_offset).emit()
        return shard.next_offset

    async def handle(self, batch: Batch) -> None:
        """Fold a batch, a slice at a time; what it changes is written meanwhile."""
        held = self.held[batch.partition]
        held.generation = batch.generation
        flusher, shard = held.flusher, held.shard
        assert flusher is not None
        for part, leave_out in self._culprits.parts(batch.partition, batch.records, SLICE_RECORDS):
            if leave_out:
                self._leave_out(shard, part[0])
            else:
                self._fold(shard, part)
            behind = batch.log_end - shard.next_offset > BEHIND_RECORDS
            await flusher.folded(behind=behind)
            await asyncio.sleep(0)
        shard.go_to(batch.next_offset)
        if batch.log_end - batch.next_offset < GATHER_RECORDS:
            await asyncio.sleep(GATHER_SECONDS if self._is_recent(shard) else LATE_GATHER_SECONDS)

    def _is_recent(self, shard: Shard) -> bool:
        """Say whether what is folded has just happened, so that somebody may wait for its alert."""
        return time.time() - shard.table.clock.now_ms / 1000 < RECENT_SECONDS

    async def drain(self, tp: TP) -> None:
        """Write all that waits, and keep the shard for the next assignment."""
        held = self.held[tp.partition]
        assert held.flusher is not None
        await held.flusher.drain()
        self._kept[tp.partition] = self.held.pop(tp.partition)
        self._let_go(tp)

    async def drop(self, tp: TP) -> None:
        """Let go of a shard whose life broke off."""
        held = self.held.pop(tp.partition, None)
        self._let_go(tp)
        if held is not None:
            await held.close()

    async def keep(self, tps: frozenset[TP]) -> None:
        """Let go of the shards kept that are not among these."""
        gone = self._kept.keys() - {tp.partition for tp in tps}
        await asyncio.gather(*(self._kept.pop(partition).close() for partition in gone))

    async def _prove(self, kept: Held) -> bool:
        """Return whether nobody has written the shard since it was kept."""
        try:
            await kept.transactor.commit([kept.shard.header()], PROOF_SECONDS_MAX)
        except StartOver as why:
            log.info("Partition %d was not kept: %s.", kept.shard.partition, why)
            await kept.close()
            return False
        kept.is_proved, kept.flusher = True, None
        return True

    def _let_go(self, tp: TP) -> None:
        self._alignment.let_go(tp.partition)
        PartitionWasGivenUp(LOG, tp.partition).emit()

    def _new_shard(self, tp: TP) -> Shard:
        s = self._settings
        muting = Muting(round(s.alerts_age_hours_max * HOUR_MS))
        return Shard(s.core, s.outlets, *tp, muting)

    def _fold(self, shard: Shard, part: Records) -> None:
        try:
            folded = shard.fold(part)
        except Exception as error:
            log.debug("Folding raised.", exc_info=True)
            torn = self._culprits.blame(part, error)
            LifeWasBroken(shard.partition, torn).emit()
            raise torn from error
        BatchWasFolded(
            shard.table,
            folded.outcome,
            shard.next_offset,
            len(part),
            folded.seconds,
            folded.unreadable,
            folded.muted,
        ).emit()
        for record in folded.progress:
            for source in record.sources:
                self._alignment.hear(source)

    def _leave_out(self, shard: Shard, record: "ConsumerRecord[bytes, bytes]") -> None:
        why = Rejection.of(Reason.NOT_FOLDED, "folding it raised, twice")
        letter, _ = self._dead_letters.letter(record, why)
        shard.leave_out(record, letter)
        RecordWasLeftOut(record.topic, record.partition, record.offset).emit()

    def _committed(self, tp: TP, held: Held, snapshot: Snapshot) -> None:
        self._culprits.passed(tp.partition, snapshot.next_offset)
        assert self.app is not None
        self.app.advance(tp, snapshot.next_offset, held.generation)

    def _failed(self, tp: TP, error: Exception) -> None:
        assert self.app is not None
        if isinstance(error, StartOver):
            LifeWasBroken(tp.partition, error).emit()
            self.app.start_over(tp, error)
        else:
            self.app.fail(error)
