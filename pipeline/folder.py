"""Folding one event of each of some customers: settled before, applied, judged after."""

from typing import Final

import numpy as np

from pipeline import responses
from pipeline.apply import Applier
from pipeline.detectors.view import News
from pipeline.events import Events
from pipeline.judge import CHANGED, Judge
from pipeline.lives import Lives
from pipeline.outcome import Outcome
from pipeline.plain import plain
from pipeline.pools import Pools
from pipeline.records import take_records
from pipeline.rows import Rows
from pipeline.settings import PipelineSettings
from pipeline.settling import Note, Settler, schedule
from pipeline.store import RowStore
from pipeline.ticks import Ticks
from pipeline.units import Ints, nonzero
from pipeline.verdicts import Judged
from pipeline.waiting import Overdue
from pipeline.watches import Watch
from schemas.activity import Kind
from schemas.hashing import NO_ID

_KIND: Final = plain(Kind)


class Folder:
    """Folds events of different customers at once."""

    def __init__(
        self,
        settings: PipelineSettings,
        store: RowStore,
        pools: Pools,
        judge: Judge,
        lives: Lives,
        settler: Settler,
        jump_ms: int,
        note: Note,
    ) -> None:
        self._episodes = settings.episodes
        self._store = store
        self._pools = pools
        self._judge = judge
        self._lives = lives
        self._settler = settler
        self._jump_ms = jump_ms
        self._note = note  # takes what was found, the rows, their numbers and offsets
        self._applier = Applier(settings, judge.frustration.half_life_days)

    def fold(self, events: Events, ticks: Ticks, passed: Ints, outcome: Outcome) -> None:
        """Fold events; what the customers' ticks before them bring is settled first.

        Args:
            events: one of each customer.
            ticks: of the run.
            passed: by row, up to which tick it has been settled; brought up to date.
            outcome: what is counted there.
        """
        before = ticks.before(events.offset)
        settler = self._settler
        if ticks.last:
            settler.end_lives(ticks, events.row, passed, before)
        again = (self._store.read(events.row, "events") == events.event[:, None]).any(axis=1)
        again &= events.event != NO_ID
        settler.settle(ticks, settler.pending(events, ticks, passed, before, again))
        passed[events.row] = before
        if again.any():
            outcome.duplicates_by_event += int(again.sum())
            events, before = events.take(~again), before[~again]
        if not len(events):
            return
        outcome.applied += len(events)
        words, rows = self._store.gather(events.row)
        news = self._apply(events, rows)
        newest_ms, heard_ms = ticks.newest_ms[before], ticks.heard.at(events.offset)
        waits = self._load(events, rows, news, heard_ms)
        self._silence(events, rows, news, heard_ms, newest_ms)
        self._care(events, rows, news, heard_ms, waits)
        self._store.put(events.row, words)
        forget = nonzero(events.kind == _KIND.FORGET)
        if len(forget):
            self._lives.end(events.row[forget], events.offset[forget])

    def _apply(self, events: Events, rows: Rows) -> News:
        news = self._applier.apply(self._pools, rows, events)
        for which in nonzero(responses.are_responses(events)).tolist():
            event, row = events.take(slice(which, which + 1)), rows[which : which + 1]
            customer_id = self._store.ids[int(event.row[0])]
            responses.respond(self._episodes, self._pools, customer_id, row, event)
        rows["seen_ms"] = np.maximum(rows["seen_ms"], events.at_ms)
        return news

    def _load(self, events: Events, rows: Rows, news: News, heard_ms: Ints) -> Overdue:
        at_ms = rows["seen_ms"].copy()
        judged = self._look(Watch.LOAD, events, rows, at_ms, news, heard_ms)
        over_ms = self._lives.last_ms(rows["touched_ms"])
        due_ms = self._store.due[Watch.LOAD]
        due_ms[events.row] = np.minimum(due_ms[events.row], over_ms)
        assert judged.waits is not None
        return judged.waits

    def _silence(
        self, events: Events, rows: Rows, news: News, heard_ms: Ints, newest_ms: Ints
    ) -> None:
        which = nonzero(self._applier.touches_silence(events))
        if len(which):
            at_ms = self._silence_ms(events, rows["seen_ms"], newest_ms)
            self._look(Watch.SILENCE, events, rows, at_ms, news, heard_ms, which)

    def _look(
        self,
        watch: Watch,
        events: Events,
        rows: Rows,
        at_ms: Ints,
        news: News,
        heard_ms: Ints,
        which: Ints | None = None,
    ) -> Judged:
        """Judge rows after their events, or some of them, and note what moved."""
        some = rows
        if which is not None:
            events, some, news = events.take(which), take_records(rows, which), news.take(which)
            at_ms, heard_ms = at_ms[which], heard_ms[which]
        judged = self._judge.judge(watch, events.row, some, at_ms, news, heard_ms)
        schedule(self._store, watch, events.row, at_ms, judged)
        if which is not None:
            for name in CHANGED:
                rows[name][which] = some[name]
        self._note(judged, some, events.row, events.offset)
        return judged

    def _care(self, events: Events, rows: Rows, news: News, heard_ms: Ints, waits: Overdue) -> None:
        """Judge care where an event can end an alarm, or begin one at once; else look later."""
        at_ms = rows["seen_ms"].copy()
        look_ms = self._judge.care_ms(rows, waits, at_ms)
        at_once = look_ms <= at_ms
        which = nonzero(at_once)
        if len(which):
            self._look(Watch.CARE, events, rows, at_ms, news, heard_ms, which)
        later = nonzero(~at_once)
        due_ms, row = self._store.due[Watch.CARE], events.row[later]
        # Who has been woken is looked at all the same.
        is_due = due_ms[row] <= at_ms[later] + 1
        due_ms[row] = np.where(is_due, due_ms[row], look_ms[later])

    def _silence_ms(self, events: Events, at_ms: Ints, newest_ms: Ints) -> Ints:
        """Return how far events let silence be judged: as far as its feed is known to be alive."""
        # An order or a farewell ends the silence, so how long it was is no question then.
        ends = np.isin(events.kind, (_KIND.ORDER_PLACED, _KIND.CLOSED))
        proven = ends | (events.at_ms <= newest_ms + self._jump_ms)
        return np.minimum(at_ms, np.maximum(newest_ms, np.where(proven, events.at_ms, 0)))
