"""Judging customers at an instant: detectors, their episodes, and when to look again.

One entry a detector: what is found there is the same whether an event, a due time or a tick asked
for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from pipeline import episodes, stages
from pipeline.episodes import Moves
from pipeline.frustration import Frustration
from pipeline.inactivity import Inactivity
from pipeline.kinds import FRUSTRATION, INACTIVITY
from pipeline.liveness import Stretches
from pipeline.pools import Pools
from pipeline.rows import Rows
from pipeline.settings import PipelineSettings
from pipeline.signals import Signals
from pipeline.units import NEVER, Bools, Floats, Ints
from pipeline.watches import Watch


@dataclass(slots=True)
class News:
    """What an event brings to the episodes of its row, (n,) each."""

    good_ms: Ints  # event time of an order that ends the silence, NEVER without
    pleased: Bools  # a good sign: an order, or a good rating
    acted: Bools  # the company did something
    closed: Bools  # the customer has left for good

    @classmethod
    def none(cls, count: int) -> "News":
        """Return no news."""
        no = [np.zeros(count, np.bool_) for _ in range(3)]
        return cls(np.full(count, NEVER), *no)

    def take(self, which: Ints | Bools) -> "News":
        """Return some of them."""
        return News(self.good_ms[which], self.pleased[which], self.acted[which], self.closed[which])


@dataclass(slots=True)
class Verdict:
    """What a detector found of the rows judged, (n, ...) each, and when to look again."""

    kind: int
    at_ms: Ints
    signals: Signals
    moves: Moves
    parts: Floats | None  # (n, causes) of frustration
    silent_ms: Ints | None  # of inactivity
    due_ms: Ints

    @classmethod
    def all_of(cls, verdicts: Sequence["Verdict"]) -> "Verdict":
        """Return verdicts of one detector as one."""
        joined: Verdict = _joined(verdicts)
        return joined

    def take(self, which: Ints) -> "Verdict":
        """Return some of them."""
        return Verdict(
            self.kind,
            self.at_ms[which],
            self.signals.take(which),
            self.moves.take(which),
            None if self.parts is None else self.parts[which],
            None if self.silent_ms is None else self.silent_ms[which],
            self.due_ms[which],
        )


@dataclass(slots=True)
class Judged:
    """What the detectors of one watch found, and when to look again."""

    verdicts: list[Verdict]
    due_ms: Ints


class Judge:
    """All detectors, with what they share."""

    def __init__(
        self, settings: PipelineSettings, pools: Pools, orders_feed: Stretches, all_feeds: Stretches
    ) -> None:
        self._settings = settings
        self._pools = pools
        self._orders_feed = orders_feed
        self._all_feeds = all_feeds
        self._stages_matter = len(set(stages.factors(settings.frustration)[1:].tolist())) > 1
        self.frustration = Frustration(settings.frustration)
        self.inactivity = Inactivity(settings.inactivity, settings.order_model)

    def judge(
        self, watch: Watch, row: Ints, rows: Rows, at_ms: Ints, heard_ms: Ints, news: News
    ) -> Judged:
        """Judge rows by one watch.

        Args:
            watch: whose detectors.
            row: (n,) numbers of the rows.
            rows: (n,) copies of them; stages and episodes are brought up to the instant.
            at_ms: (n,) the instant.
            heard_ms: (n,) how far silence counts.
            news: what an event brings, if one does.
        """
        if watch is Watch.LOAD:
            found = self._load(row, rows, at_ms, news)
        elif watch is Watch.SILENCE:
            found = self._silence(row, rows, at_ms, news)
        else:
            return Judged([], np.full(len(row), NEVER))
        return Judged([found], found.due_ms)

    def _load(self, row: Ints, rows: Rows, at_ms: Ints, news: News) -> Verdict:
        """Judge the load of rows at an instant; stages are brought up to it."""
        stages.advance(self._settings.stages, rows, at_ms)
        reading = self.frustration.read(self._pools.items, rows, at_ms)
        signals = self.frustration.signals(reading, at_ms)
        signals.acted, signals.confirmed, signals.closed = news.acted, news.pleased, news.closed
        moves = episodes.advance(
            self._settings.episodes, self._pools.episodes, row, rows, FRUSTRATION, signals
        )
        due_ms = self.frustration.next_ms(reading, rows, at_ms, moves)
        due_ms = np.minimum(due_ms, moves.next_ms)
        if self._stages_matter:
            due_ms = np.minimum(due_ms, stages.next_change_ms(self._settings.stages, rows))
        return Verdict(FRUSTRATION, at_ms, signals, moves, reading.parts, None, due_ms)

    def _silence(self, row: Ints, rows: Rows, at_ms: Ints, news: News) -> Verdict:
        """Judge the silence of rows at an instant, though never before their episode moved."""
        detector, liveness = self.inactivity, self._orders_feed
        pool = self._pools.episodes
        at_ms = np.maximum(at_ms, episodes.moved_ms(pool, rows, INACTIVITY))
        silence = detector.read(liveness, rows, at_ms)
        signals = detector.signals(silence, rows, at_ms)
        signals.came_back_ms, signals.acted, signals.closed = (
            news.good_ms,
            news.acted,
            news.closed,
        )
        since_ms = episodes.alarmed_since(pool, rows, INACTIVITY)
        signals.outlasted = _alive(liveness, since_ms, at_ms) >= detector.horizon_ms
        moves = episodes.advance(self._settings.episodes, pool, row, rows, INACTIVITY, signals)
        crossing_ms = detector.next_ms(liveness, rows, at_ms, signals)
        alarmed = moves.alarmed
        onset_ms = np.where(alarmed, moves.onset_ms, 0)
        lost_ms = liveness.after(onset_ms, np.full(len(rows), detector.horizon_ms))
        lost_ms = np.where(alarmed, np.maximum(lost_ms, at_ms + 1), NEVER)
        due_ms = np.minimum(np.minimum(crossing_ms, lost_ms), moves.next_ms)
        return Verdict(INACTIVITY, at_ms, signals, moves, None, silence.ms, due_ms)


def _joined(parts: Sequence[Any]) -> Any:
    """Return arrays one behind the other; of records of arrays, each field so."""
    first: Any = parts[0]
    if isinstance(first, np.ndarray):
        return np.concatenate(parts)
    if not is_dataclass(first):
        return first  # the kind, or nothing
    names, record = [field.name for field in fields(first)], first.__class__
    return record(*(_joined([getattr(part, name) for part in parts]) for name in names))


def _alive(liveness: Stretches, since_ms: Ints, at_ms: Ints) -> Ints:
    """Return the alive time since then, -1 where there is no since."""
    begun = since_ms < NEVER
    since_ms = np.where(begun, np.minimum(since_ms, at_ms), at_ms)
    return np.where(begun, liveness.alive_ms(since_ms, at_ms), -1)
