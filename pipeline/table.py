"""ActivityTable: what one partition of the log knows of its customers.

State and alerts are a pure function of the log. Records are folded in their order; a batch gives
what its records one by one would. Before an event is applied to a customer, what was due before it
is settled; a tick settles what is due by the clock.
"""

from collections.abc import Iterable, Sequence
from itertools import compress
from typing import Final

import numpy as np

from pipeline import episodes, items, ledger, memory
from pipeline.admission import Admission, Part
from pipeline.budget import Budget, Tick
from pipeline.clock import Clock
from pipeline.duplicates import Positions
from pipeline.events import Fields, by_field, columns
from pipeline.explain import Explainer
from pipeline.feeds import Feeds
from pipeline.folder import Folder
from pipeline.interning import Interned
from pipeline.judge import Judge
from pipeline.lives import Lives
from pipeline.outcome import Outcome
from pipeline.pools import Pools
from pipeline.rounds import Run, rounds, runs
from pipeline.rows import Rows, row_dtype
from pipeline.settings import PipelineSettings
from pipeline.settling import Settler
from pipeline.store import RowStore
from pipeline.telling import Teller
from pipeline.ticks import Pending, Reached, Ticks
from pipeline.units import DAY_MS, HOUR_MS, NEVER, Ints, nonzero
from pipeline.watches import Watch
from schemas.activity import Activity
from schemas.log import Record
from schemas.progress import Progress
from schemas.reset import Reset

_PURGE_MS = 7 * DAY_MS
_FORGOTTEN: Final = {
    "items": items.forgotten,
    "episodes": episodes.forgotten,
    "memory": memory.forgotten,
}
_TICKED_AT_ONCE = 65_536  # rows: bounds what a tick takes when very many are due


class ActivityTable:
    """The customers of one partition of the log."""

    def __init__(self, settings: PipelineSettings, topic: str = "", partition: int = 0) -> None:
        self.settings = settings
        self.topic, self.partition = topic, partition
        self.store = RowStore(row_dtype(settings.windows))
        self.pools = Pools(
            items.new_pool(), episodes.new_pool(), memory.new_pool(), ledger.new_pool()
        )
        self.texts = Interned()
        self.positions = Positions()
        self.clock = Clock(settings.sources, live=settings.live_clock)
        self.feeds = Feeds(settings)
        self.judge = Judge(settings, self.pools, self.feeds, self.texts)
        self.explainer = Explainer(settings, self.judge.prospects, self.texts)
        self._lives = Lives(settings.retention, self.store, self.pools)
        self._admission = Admission(self.store, settings.retention.customers_max)
        self.budget = Budget(settings.budget, topic, partition)
        place = topic, partition
        self._teller = Teller(
            self.store,
            self.pools.episodes,
            self.explainer,
            self.feeds.orders,
            self.budget,
            place,
        )
        jump_ms = round(settings.feed(settings.orders_topic).jump_hours_max * HOUR_MS)
        note = self._teller.note
        self._settler = Settler(self.store, self.judge, self._lives, jump_ms, note)
        self._folder = Folder(
            settings, self.store, self.pools, self.judge, self._lives, self._settler, jump_ms, note
        )

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.store)

    @property
    def nbytes(self) -> int:
        """Return the memory held by the customers, the index from id to row included."""
        return self.store.nbytes + self.pools.nbytes

    def step(self, records: Sequence[Record], offsets: Sequence[int]) -> Outcome:
        """Fold records of the log, in their order; `offsets` are theirs in the log, rising."""
        outcome = Outcome()
        run = self._new_run()
        ticks: list[Tick] = []
        for begin, end in runs(records):
            first = records[begin]
            if isinstance(first, Progress):
                if self.feeds.changes(first):
                    self._fold(run, outcome)
                    run = self._new_run()
                week = self.clock.now_ms // _PURGE_MS
                self._hear(first)
                run.tick(self._reached, offsets[begin], self.feeds.heard_ms)
                ticks.append(Tick(offsets[begin], self.clock.now_ms, self.clock.is_live))
                if self.clock.now_ms // _PURGE_MS > week:
                    self._fold(run, outcome)
                    run = self._new_run()
                    self._purge()
            elif isinstance(first, Reset):
                self._fold(run, outcome)
                run = self._new_run()
                # Of the orders feed the dead time stays known: silences lie in it.
                self.positions.forget(first.topic)
                self.clock.forget(first.topic)
            else:
                activities: Sequence[Activity] = records[begin:end]  # type: ignore[assignment]
                run.add(activities, offsets[begin:end], self.feeds.pass_by(activities))
        self._fold(run, outcome)
        outcome.sort()
        self._teller.keep_to_budget(outcome, ticks)
        return outcome

    def _new_run(self) -> Run:
        return Run([self._reached])

    @property
    def _reached(self) -> Reached:
        newest_ms, all_ms = self.feeds.orders.newest_ms, self.feeds.all.newest_ms
        return Reached(self.clock.now_ms, newest_ms, all_ms)

    def _hear(self, progress: Progress) -> None:
        orders_ms, all_ms = self.feeds.hear(progress)
        for source in progress.sources:
            self.clock.hear(source)
        self._look_earlier(Watch.SILENCE, orders_ms)
        self._look_earlier(Watch.CARE, all_ms)

    def _look_earlier(self, watch: Watch, revived_ms: int) -> None:
        """Let what silence waits for come earlier by what was not dead; too early does no harm."""
        if revived_ms:
            due_ms = self.store.due[watch]
            due_ms[due_ms < NEVER] -= revived_ms

    def _fold(self, run: Run, outcome: Outcome) -> None:
        """Fold the activities of a run, each customer's ticks in their place between them."""
        ticks = run.ticks
        for part in self._admission.parts(*self._fresh(run, outcome), ticks):
            self._fold_part(part, outcome)

    def _fold_part(self, part: Part, outcome: Outcome) -> None:
        ticks = part.ticks
        row = self.store.intern(part.fields_of["customer_id"])
        # By row: up to which tick it has been settled.
        passed = np.zeros(self.store.size, np.int64)
        if len(row):
            events = columns(part.fields_of, part.offsets, row, self.texts)
            for events_of_round in rounds(events):
                self._folder.fold(events_of_round, ticks, passed, outcome)
        if ticks.last:
            self._tick(ticks, passed)
        self._teller.tell(outcome)
        outcome.refused += part.refused
        outcome.evicted += self._settler.take_evicted()
        outcome.voided += self._lives.close_run()

    def _fresh(self, run: Run, outcome: Outcome) -> tuple[Fields, Ints]:
        """Return the activities of a run that are not copies, with their offsets."""
        fields_of, offsets = by_field(run.activities), np.array(run.offsets, np.int64)
        fresh = self.positions.fresh(fields_of)
        if not fresh.all():
            outcome.duplicates_by_position += int((~fresh).sum())
            fields_of = {name: list(compress(v, fresh)) for name, v in fields_of.items()}
            offsets = offsets[fresh]
        return fields_of, offsets

    def _tick(self, ticks: Ticks, passed: Ints) -> None:
        """Settle everything that is due by the ticks of a run."""
        is_due = np.zeros(self.store.size, np.bool_)
        for due_ms, reach_ms in zip(self.store.due, ticks.reach_ms, strict=True):
            is_due |= due_ms <= reach_ms[-1]
        row = nonzero(is_due)
        for begin in range(0, len(row), _TICKED_AT_ONCE):
            some = row[begin : begin + _TICKED_AT_ONCE]
            self._settler.settle(ticks, Pending.ticks_only(some, passed[some], ticks.last))

    def silent_ms(self, rows: Rows, at_ms: Ints) -> Ints:
        """Return the silence of rows at an instant, dead time of the feed left out."""
        return self._teller.silent_ms(rows, at_ms)

    def look_at_everyone(self) -> None:
        """Let the next tick look at all customers, as settings that decide have changed."""
        row = self.store.everyone()
        now_ms = np.maximum(self.store.read(row, "seen_ms"), self.clock.now_ms)
        for due_ms in self.store.due:
            due_ms[row] = np.minimum(due_ms[row], now_ms)

    def drop(self, customer_ids: Iterable[str]) -> None:
        """Take customers out, as if they had never been: whoever restores puts them in anew."""
        row = self.store.rows_of(customer_ids)
        if len(row):
            self._lives.unlink(row)
            self.store.drop(row)

    def _purge(self) -> None:
        """Unlink what is forgotten, at the first tick of each week of the clock.

        An event that comes late finds it there or not, so when it goes is for the log to say: the
        same whatever the batches are, and whether a table was restored in between.
        """
        before_ms = self.clock.now_ms
        for name, forgotten in _FORGOTTEN.items():
            pool = getattr(self.pools, name)
            gone = forgotten(pool, before_ms)
            row = np.unique(pool.records["row"][gone])
            words, rows = self.store.gather(row)
            heads = rows[name].copy()
            pool.remove(heads, gone)
            rows[name] = heads
            self.store.put(row, words)
