"""ActivityTable: what one partition of the log knows of its customers.

State and alerts are a pure function of the log. Records are folded in their order; a batch gives
what its records one by one would. Within a batch customers are independent of one another, so
the first record of each is folded at once, then the second, and so on: the rounds.

Before an event is applied to a customer, what was due before it is settled; a tick settles what
is due by the clock. So how often the clock ticks decides only how soon an alert is heard.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress

import numpy as np

from pipeline import episodes, items
from pipeline.apply import Applier
from pipeline.clock import Clock
from pipeline.duplicates import Positions
from pipeline.events import Events, columns
from pipeline.explain import Explainer
from pipeline.interning import Interned
from pipeline.judge import Judge, News, Pools, Verdict
from pipeline.liveness import Liveness
from pipeline.orders import last_ms
from pipeline.rows import Rows, row_dtype
from pipeline.settings import PipelineSettings
from pipeline.store import RowStore
from pipeline.units import HOUR_MS, NEVER, Bools, Ints
from schemas.activity import Activity, Kind
from schemas.alert import Alert, LogPosition
from schemas.progress import Progress

_PURGE_MIN = 1024


@dataclass(slots=True)
class Outcome:
    """What folding some records came to."""

    alerts: list[Alert] = field(default_factory=list)  # by offset, then time, customer and kind
    applied: int = 0
    duplicates_by_position: int = 0
    duplicates_by_event: int = 0


class ActivityTable:
    """The customers of one partition of the log."""

    def __init__(self, settings: PipelineSettings, topic: str = "", partition: int = 0) -> None:
        self.settings = settings
        self.topic, self.partition = topic, partition
        self.store = RowStore(row_dtype(settings.windows))
        self.pools = Pools(items.new_pool(), episodes.new_pool())
        self.texts = Interned()
        self.positions = Positions()
        self.clock = Clock(settings.sources, live=settings.live_clock)
        feed = settings.feed(settings.orders_topic)
        self.orders_feed = Liveness(round(feed.idle_hours_max * HOUR_MS))
        self._jump_ms = round(feed.jump_hours_max * HOUR_MS)
        self.judge = Judge(settings)
        self.explainer = Explainer(settings, self.judge.inactivity, self.texts)
        self._applier = Applier(settings, self.judge.frustration.half_life_days)
        self._purge_at = _PURGE_MIN

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.store)

    @property
    def nbytes(self) -> int:
        """Return the memory held by the customers, the index from id to row included."""
        return self.store.nbytes + self.pools.items.nbytes + self.pools.episodes.nbytes

    def step(self, records: Sequence[Activity | Progress], offsets: Sequence[int]) -> Outcome:
        """Fold records of the log, in their order; `offsets` are theirs in the log."""
        outcome = Outcome()
        for begin, end in _runs(records):
            first = records[begin]
            if isinstance(first, Progress):
                self._hear(first, offsets[begin], outcome)
            else:
                run = records[begin:end]
                self._fold(run, np.array(offsets[begin:end], np.int64), outcome)  # type: ignore[arg-type]
        outcome.alerts.sort(
            key=lambda a: (a.source.offset, a.occurred_at, a.customer_id, a.kind, a.revision)
        )
        return outcome

    def _hear(self, progress: Progress, offset: int, outcome: Outcome) -> None:
        revived_ms = 0
        for source in progress.sources:
            if source.topic == self.settings.orders_topic:
                revived_ms += self.orders_feed.report(
                    source.partition, source.watermark, source.gaps
                )
            self.clock.hear(source)
        if revived_ms:
            # What silence waits for may come so much earlier; looking too early does no harm.
            due_ms = self.store.due_silence
            due_ms[due_ms < NEVER] -= revived_ms
        self._tick(offset, outcome)

    def _tick(self, offset: int, outcome: Outcome) -> None:
        """Settle everything that is due by the clock."""
        now_ms = self.clock.now_ms
        # Silence is judged only as far as the feed is known to have been alive.
        heard_ms = min(now_ms, self.orders_feed.newest_ms)
        while len(rows := np.flatnonzero(self.store.due_load <= now_ms)):
            self._settle_load(rows, np.full(len(rows), offset), outcome)
        while len(rows := np.flatnonzero(self.store.due_silence <= heard_ms)):
            self._settle_silence(rows, np.full(len(rows), offset), outcome)
        if len(self.pools.items) + len(self.pools.episodes) > self._purge_at:
            self._purge(now_ms)

    def _fold(self, activities: Sequence[Activity], offsets: Ints, outcome: Outcome) -> None:
        fresh = self.positions.fresh(activities)
        if not fresh.all():
            outcome.duplicates_by_position += int((~fresh).sum())
            activities = list(compress(activities, fresh))
            offsets = offsets[fresh]
        if not activities:
            return
        row = self.store.intern([activity.customer_id for activity in activities])
        events = columns(activities, offsets, row, self.texts)
        nth = _nth_of_row(row)
        events = events.take(np.argsort(nth, kind="stable"))
        ends = np.cumsum(np.bincount(nth))
        for begin, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True):
            self._round(events.take(slice(begin, end)), outcome)
        forgotten = row[events_of_kind(activities, Kind.FORGET)]
        if len(forgotten):
            self.store.release(np.unique(forgotten))

    def _round(self, events: Events, outcome: Outcome) -> None:
        """Fold one event of each of some customers."""
        _, rows = self.store.gather(events.row)
        again = (rows["events"] == events.event[:, None]).any(axis=1)
        if again.any():
            outcome.duplicates_by_event += int(again.sum())
            events = events.take(~again)
        if not len(events):
            return
        outcome.applied += len(events)
        self._settle(events, outcome)
        words, rows = self.store.gather(events.row)
        news = self._applier.apply(self.pools.items, rows, events)
        at_ms = np.maximum(rows["seen_ms"], events.at_ms)
        rows["seen_ms"] = at_ms
        load = self.judge.load(self.pools, events.row, rows, at_ms, news)
        self.store.due_load[events.row] = load.due_ms
        verdicts = [(load, np.arange(len(events)))]
        about_silence = np.flatnonzero(self._applier.touches_silence(events))
        if len(about_silence):
            some = rows[about_silence]
            silence = self.judge.silence(
                self.pools,
                self.orders_feed,
                events.row[about_silence],
                some,
                self._silence_ms(events, at_ms)[about_silence],
                news.take(about_silence),
            )
            rows["episodes"][about_silence] = some["episodes"]
            self.store.due_silence[events.row[about_silence]] = silence.due_ms
            verdicts.append((silence, about_silence))
        self.store.put(events.row, words)
        for verdict, which in verdicts:
            self._tell(verdict, rows[which], events.row[which], events.offset[which], outcome)
        forget = np.flatnonzero(events.kind == Kind.FORGET)
        if len(forget):
            self._erase(events.row[forget])

    def _settle(self, events: Events, outcome: Outcome) -> None:
        """Settle what is due before the events, for each of their customers."""
        due = self.store.due_load
        while len(late := np.flatnonzero(due[events.row] <= events.at_ms)):
            self._settle_load(events.row[late], events.offset[late], outcome)
        orders = np.flatnonzero(self._applier.touches_silence(events))
        if not len(orders):
            return
        row, offset, at_ms = events.row[orders], events.offset[orders], events.at_ms[orders]
        # A date far ahead of its feed does not prove that the feed was alive until then.
        newest_ms = self.orders_feed.newest_ms
        until_ms = np.where(at_ms <= newest_ms + self._jump_ms, at_ms, newest_ms)
        due = self.store.due_silence
        while len(late := np.flatnonzero(due[row] <= until_ms)):
            self._settle_silence(row[late], offset[late], outcome)

    def _silence_ms(self, events: Events, at_ms: Ints) -> Ints:
        """Return how far events let silence be judged: as far as its feed is known to be alive."""
        newest_ms = self.orders_feed.newest_ms
        # An order or a farewell ends the silence, so how long it was is no question then.
        ends = np.isin(events.kind, (Kind.ORDER_PLACED, Kind.CLOSED))
        proven = ends | (events.at_ms <= newest_ms + self._jump_ms)
        return np.minimum(at_ms, np.maximum(newest_ms, np.where(proven, events.at_ms, 0)))

    def _settle_load(self, row: Ints, offset: Ints, outcome: Outcome) -> None:
        words, rows = self.store.gather(row)
        at_ms = self.store.due_load[row]
        rows["seen_ms"] = np.maximum(rows["seen_ms"], at_ms)
        verdict = self.judge.load(self.pools, row, rows, at_ms, News.none(len(row)))
        assert (verdict.due_ms > at_ms).all(), "time must go on"
        self.store.due_load[row] = verdict.due_ms
        self.store.put(row, words)
        self._tell(verdict, rows, row, offset, outcome)

    def _settle_silence(self, row: Ints, offset: Ints, outcome: Outcome) -> None:
        words, rows = self.store.gather(row)
        at_ms = self.store.due_silence[row]
        rows["seen_ms"] = np.maximum(rows["seen_ms"], at_ms)
        news = News.none(len(row))
        verdict = self.judge.silence(self.pools, self.orders_feed, row, rows, at_ms, news)
        assert (verdict.due_ms > at_ms).all(), "time must go on"
        self.store.due_silence[row] = verdict.due_ms
        self.store.put(row, words)
        self._tell(verdict, rows, row, offset, outcome)

    def _tell(
        self, verdict: Verdict, rows: Rows, row: Ints, offset: Ints, outcome: Outcome
    ) -> None:
        """Make alerts of the episodes that moved."""
        moved = np.flatnonzero(verdict.moves.moved)
        if not len(moved):
            return
        some = verdict.take(moved)
        rows = rows[moved]
        silent_ms = self.silent_ms(rows, some.at_ms)
        ids = [self.store.ids[number] for number in row[moved].tolist()]
        where = [LogPosition(self.topic, self.partition, o) for o in offset[moved].tolist()]
        outcome.alerts.extend(self.explainer.alerts(some, rows, ids, silent_ms, where))

    def silent_ms(self, rows: Rows, at_ms: Ints) -> Ints:
        """Return the silence of rows at an instant, dead time of the feed left out."""
        since_ms = last_ms(rows)
        silent = self.orders_feed.alive_ms(since_ms, np.maximum(at_ms, since_ms))
        return np.where(since_ms > 0, silent, 0)

    def _purge(self, before_ms: int) -> None:
        """Unlink what is forgotten; reading it already takes no notice of it."""
        for pool, column, rows_of, gone in (
            (self.pools.items, "items", items.forgotten_rows, items.forgotten),
            (self.pools.episodes, "episodes", episodes.forgotten_rows, episodes.forgotten),
        ):
            row = rows_of(pool, before_ms)
            words, rows = self.store.gather(row)
            heads = rows[column].copy()
            pool.remove(heads, gone(pool, before_ms))
            rows[column] = heads
            self.store.put(row, words)
        self._purge_at = max(_PURGE_MIN, 2 * (len(self.pools.items) + len(self.pools.episodes)))

    def _erase(self, row: Ints) -> None:
        _, rows = self.store.gather(row)
        for pool, column in ((self.pools.items, "items"), (self.pools.episodes, "episodes")):
            pool.remove(rows[column].copy(), np.ones(len(pool.records), np.bool_))
        self.store.erase(row)


def events_of_kind(activities: Sequence[Activity], kind: Kind) -> Ints:
    """Return the positions of one kind among activities."""
    return np.flatnonzero([activity.kind == kind for activity in activities])


def _runs(records: Sequence[Activity | Progress]) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of each Progress alone, and of the activities between."""
    begin = 0
    for place in [i for i, record in enumerate(records) if type(record) is Progress]:
        if begin < place:
            yield begin, place
        yield place, place + 1
        begin = place + 1
    if begin < len(records):
        yield begin, len(records)


def _nth_of_row(row: Ints) -> Ints:
    """Return, for each record, how many of the same row come before it."""
    order = np.argsort(row, kind="stable")
    ordered = row[order]
    starts: Bools = np.r_[True, ordered[1:] != ordered[:-1]]
    begin = np.flatnonzero(starts)
    nth = np.arange(len(row)) - np.repeat(begin, np.diff(np.r_[begin, len(row)]))
    result = np.empty(len(row), np.int64)
    result[order] = nth
    return result
