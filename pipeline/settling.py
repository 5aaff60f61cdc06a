"""Settling: what was due before an event, or by a tick, is judged first, and dated by its due time.

So how often the clock ticks decides only how soon an alert is heard. The end of a life is due like
a load: nothing that falls due at that instant or later is judged any more.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from pipeline.detectors.view import News
from pipeline.events import Events
from pipeline.feeds import ORDERS
from pipeline.judge import Judge
from pipeline.lives import Lives
from pipeline.rows import Rows
from pipeline.store import RowStore
from pipeline.ticks import Pending, Ticks
from pipeline.units import NEVER, Bools, Ints, nonzero
from pipeline.verdicts import Judged
from pipeline.vocabulary import TOUCHES_SILENCE
from pipeline.watches import Watch

Note: TypeAlias = Callable[[Judged, Rows, Ints, Ints], None]


class Settler:
    """Judges rows at the instants at which they were due."""

    def __init__(
        self, store: RowStore, judge: Judge, lives: Lives, jump_ms: int, note: Note
    ) -> None:
        self._store = store
        self._judge = judge
        self._lives = lives
        self._evicted = 0
        self._jump_ms = jump_ms
        self._note = note  # takes what was found, the rows, their numbers and offsets

    def pending(
        self, events: Events, ticks: Ticks, passed: Ints, before: Ints, again: Bools
    ) -> Pending:
        """Return whom to settle before events; a copy does not tell what time it is."""
        at_ms, newest_ms = events.at_ms, ticks.newest_ms[before]
        load_ms = np.where(again, -1, at_ms)
        # A date far ahead of its feed does not prove that the feed was alive until then.
        alive_ms = np.where(at_ms <= newest_ms + self._jump_ms, at_ms, newest_ms)
        touched = TOUCHES_SILENCE[events.kind] & ~again
        # Before any event all is settled that is known by then, else it would be a matter of how
        # far the other feeds happen to have been read: silence as far as orders have come, care
        # as far as all feeds are believed.
        heard_ms = ticks.heard.at(events.offset)
        silence_ms = np.where(touched, alive_ms, np.minimum(load_ms, heard_ms[:, ORDERS]))
        care_ms = self._judge.feeds.quiet_until_ms(load_ms, heard_ms)
        reach_ms = np.stack([load_ms, silence_ms, care_ms])
        is_due = np.zeros(len(events), np.bool_)
        for watch, due_ms in enumerate(self._store.due):
            ticked_ms = ticks.reach_ms[watch][before]
            is_due |= due_ms[events.row] <= np.maximum(reach_ms[watch], ticked_ms)
        some = nonzero(is_due)
        row, offset, reach_ms = events.row[some], events.offset[some], reach_ms[:, some]
        # What ends a life ends its silence too, so it is now or never that it is judged.
        over = self._lives.over_ms(row) <= reach_ms[Watch.LOAD]
        reach_ms[Watch.SILENCE, over] = reach_ms[Watch.LOAD, over]
        return Pending(row, passed[row], before[some], reach_ms, offset)

    def end_lives(self, ticks: Ticks, row: Ints, passed: Ints, before: Ints) -> None:
        """Settle whose life is over by a tick before the event: then it is no copy of anything."""
        now_ms = ticks.now_ms[before]
        due_ms = self._store.due[Watch.LOAD][row]
        some = nonzero((due_ms <= now_ms) & (before > passed[row]))
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
            due_ms = np.stack([due[pending.row] for due in self._store.due])
            turns = np.stack([ticks.turns(watch, due_ms[watch], pending) for watch in Watch])
            turn = turns.min(axis=0)
            due = nonzero(turn < NEVER)
            pending, turn = pending.take(due), turn[due]
            offset = ticks.offsets(turn, pending)
            # Within a turn what was due earlier goes first, of two at once the first watch.
            at_ms = np.where(turns[:, due] == turn, due_ms[:, due], NEVER)
            first = at_ms.argmin(axis=0)
            heard_ms = ticks.heard.at(offset)
            for watch in Watch:
                which = nonzero(first == watch)
                if len(which):
                    self._settle(watch, pending.row[which], offset[which], heard_ms[which])
            pending.passed = turn - 1

    def _settle(self, watch: Watch, row: Ints, offset: Ints, heard_ms: Ints) -> None:
        if watch is Watch.LOAD:
            lives_on = self._end_lives_due(row, offset)
            row, offset, heard_ms = row[lives_on], offset[lives_on], heard_ms[lives_on]
        words, rows = self._store.gather(row)
        at_ms = self._store.due[watch][row]
        rows["seen_ms"] = np.maximum(rows["seen_ms"], at_ms)
        judged = self._judge.judge(watch, row, rows, at_ms, News.none(len(row)), heard_ms)
        if watch is Watch.LOAD:
            over_ms = self._lives.last_ms(rows["touched_ms"])
            judged.due_ms = np.minimum(judged.due_ms, over_ms)
        assert (judged.due_ms > at_ms).all(), "time must go on"
        schedule(self._store, watch, row, at_ms, judged)
        self._store.put(row, words)
        self._note(judged, rows, row, offset)

    def _end_lives_due(self, row: Ints, offset: Ints) -> Bools:
        """End what is over, and return which go on."""
        is_over = self._store.due[Watch.LOAD][row] >= self._lives.over_ms(row)
        if is_over.any():
            self._lives.end(row[is_over], offset[is_over])
            self._evicted += int(is_over.sum())
        return np.asarray(~is_over)


def schedule(store: RowStore, watch: Watch, row: Ints, at_ms: Ints, judged: Judged) -> None:
    """Take in when rows that were judged at an instant have to be looked at again."""
    store.due[watch][row] = judged.due_ms
    silence_ms = store.due[Watch.SILENCE]
    silence_ms[row] = np.minimum(silence_ms[row], judged.ledger_ms)
    if judged.wake.any():
        woken, soon_ms = row[judged.wake], at_ms[judged.wake] + 1
        for due_ms in store.due:
            due_ms[woken] = np.minimum(due_ms[woken], soon_ms)
