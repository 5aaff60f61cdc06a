"""Settling: what was due before an event, or by a tick, is judged first, and dated by its due time.

So how often the clock ticks decides only how soon an alert is heard. The end of a life is due like
a load: nothing that falls due at that instant or later is judged any more.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from pipeline.events import Events
from pipeline.judge import Judge, News, Pools, Verdict
from pipeline.liveness import Liveness
from pipeline.lives import Lives
from pipeline.rows import Rows
from pipeline.store import RowStore
from pipeline.ticks import Pending, Ticks
from pipeline.units import NEVER, Bools, Ints
from pipeline.vocabulary import TOUCHES_SILENCE

Note: TypeAlias = Callable[[Verdict, Rows, Ints, Ints], None]


class Settler:
    """Judges rows at the instants at which they were due."""

    def __init__(
        self,
        store: RowStore,
        pools: Pools,
        judge: Judge,
        orders_feed: Liveness,
        lives: Lives,
        jump_ms: int,
        note: Note,
    ) -> None:
        self._store = store
        self._pools = pools
        self._judge = judge
        self._orders_feed = orders_feed
        self._lives = lives
        self._evicted = 0
        self._jump_ms = jump_ms
        self._note = note  # takes a verdict, its rows, their numbers and offsets

    def pending(
        self, events: Events, ticks: Ticks, passed: Ints, before: Ints, again: Bools
    ) -> Pending:
        """Return whom to settle before events; a copy does not tell what time it is."""
        at_ms, newest_ms = events.at_ms, ticks.newest_ms[before]
        load_ms = np.where(again, -1, at_ms)
        # A date far ahead of its feed does not prove that the feed was alive until then.
        alive_ms = np.where(at_ms <= newest_ms + self._jump_ms, at_ms, newest_ms)
        touched = TOUCHES_SILENCE[events.kind] & ~again
        silence_ms = np.where(touched, alive_ms, -1)
        due_load, due_silence = self._store.due_load, self._store.due_silence
        some = np.flatnonzero(
            (due_load[events.row] <= np.maximum(load_ms, ticks.now_ms[before]))
            | (due_silence[events.row] <= np.maximum(silence_ms, ticks.heard_ms[before]))
        )
        row, offset = events.row[some], events.offset[some]
        load_ms, silence_ms = load_ms[some], silence_ms[some]
        # What ends a life ends its silence too, so it is now or never that it is judged.
        silence_ms = np.where(self._lives.over_ms(row) <= load_ms, load_ms, silence_ms)
        return Pending(row, passed[row], before[some], load_ms, silence_ms, offset)

    def end_lives(self, ticks: Ticks, row: Ints, passed: Ints, before: Ints) -> None:
        """Settle whose life is over by a tick before the event: then it is no copy of anything."""
        now_ms = ticks.now_ms[before]
        some = np.flatnonzero((self._store.due_load[row] <= now_ms) & (before > passed[row]))
        some = some[self._lives.over_ms(row[some]) <= now_ms[some]]
        if len(some):
            ended, until = row[some], before[some]
            self.settle(ticks, Pending.ticks_only(ended, passed[ended], until))
            passed[ended] = until

    def take_evicted(self) -> int:
        """Return how many lives have ended for age since the last call."""
        evicted, self._evicted = self._evicted, 0
        return evicted

    def settle(self, ticks: Ticks, pending: Pending) -> None:
        """Settle what is due before events and by ticks, for each customer in the order of time."""
        while len(pending.row):
            row = pending.row
            load, silence = ticks.turns(
                self._store.due_load[row], self._store.due_silence[row], pending
            )
            turn = np.minimum(load, silence)
            due = np.flatnonzero(turn < NEVER)
            pending, turn = pending.take(due), turn[due]
            offset = ticks.offsets(turn, pending)
            # Within a turn what was due earlier goes first, the load of two at once.
            sooner = self._store.due_silence[pending.row] < self._store.due_load[pending.row]
            of_load = (load[due] == turn) & ~(sooner & (silence[due] == turn))
            for which, settle in (
                (np.flatnonzero(of_load), self._load),
                (np.flatnonzero(~of_load), self._silence),
            ):
                if len(which):
                    settle(pending.row[which], offset[which])
            pending.passed = turn - 1

    def _load(self, row: Ints, offset: Ints) -> None:
        is_over = self._store.due_load[row] >= self._lives.over_ms(row)
        if is_over.any():
            self._lives.end(row[is_over], offset[is_over])
            self._evicted += int(is_over.sum())
            row, offset = row[~is_over], offset[~is_over]
        words, rows = self._store.gather(row)
        at_ms = self._store.due_load[row]
        rows["seen_ms"] = np.maximum(rows["seen_ms"], at_ms)
        verdict = self._judge.load(self._pools, row, rows, at_ms, News.none(len(row)))
        assert (verdict.due_ms > at_ms).all(), "time must go on"
        over_ms = self._lives.last_ms(rows["touched_ms"])
        self._store.due_load[row] = np.minimum(verdict.due_ms, over_ms)
        self._store.put(row, words)
        self._note(verdict, rows, row, offset)

    def _silence(self, row: Ints, offset: Ints) -> None:
        words, rows = self._store.gather(row)
        at_ms = self._store.due_silence[row]
        rows["seen_ms"] = np.maximum(rows["seen_ms"], at_ms)
        news = News.none(len(row))
        verdict = self._judge.silence(self._pools, self._orders_feed, row, rows, at_ms, news)
        assert (verdict.due_ms > at_ms).all(), "time must go on"
        self._store.due_silence[row] = verdict.due_ms
        self._store.put(row, words)
        self._note(verdict, rows, row, offset)
