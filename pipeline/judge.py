"""Judging customers at an instant: detectors, their episodes, the ledger, and when to look again.

What is found is the same whether an event, a due time or a tick asked for it.
"""

from typing import Final

import numpy as np

from pipeline import episodes, items, ledger, memory, stages
from pipeline.detectors.frustration import Frustration
from pipeline.detectors.table import detectors
from pipeline.detectors.view import Care, Detector, News, Reading, View
from pipeline.feeds import Feeds
from pipeline.interning import Interned
from pipeline.kinds import (
    FRUSTRATION,
    HANDOVER,
    INACTIVITY,
    NEGLECT,
    QUIET_AFTER_TROUBLE,
    REMORSE,
)
from pipeline.liveness import Stretches
from pipeline.pool import Chains
from pipeline.pools import Pools
from pipeline.prospects import Prospects
from pipeline.records import take_records
from pipeline.rows import Rows
from pipeline.settings import PipelineSettings
from pipeline.signals import Signals
from pipeline.units import NEVER, Floats, Ints, nonzero
from pipeline.verdicts import Judged, Verdict
from pipeline.waiting import Overdue
from pipeline.watches import Watch

_NAMES_IRRITANTS: Final = (FRUSTRATION, REMORSE, INACTIVITY, QUIET_AFTER_TROUBLE, NEGLECT)
_FEW: Final = 4  # a copy of more than one row in so many costs more than to look at all
CHANGED: Final = (
    "episodes",
    "kinds",
    "ledger",
    "stage",
    "stage_ms",
    "soothed",
    "let_down",
)  # of a row, by what a detector finds


class Judge:
    """All detectors, with what they share."""

    def __init__(
        self, settings: PipelineSettings, pools: Pools, feeds: Feeds, texts: Interned
    ) -> None:
        self._settings = settings
        self._pools = pools
        self.feeds = feeds
        self._stages_matter = len(set(stages.factors(settings.frustration)[1:].tolist())) > 1
        self._horizon_ms = ledger.horizon_ms(settings.inactivity.horizon_days)
        self.frustration = Frustration(settings.frustration)
        self.prospects = Prospects(settings, self.frustration, texts)
        found = detectors(settings, self.frustration, self.prospects)
        self._care = [each for each in found if isinstance(each, Care)]
        self._care_bits = np.uint16(sum(1 << each.kind for each in self._care))
        self._of_watch = {watch: [d for d in found if d.watch is watch] for watch in Watch}

    def judge(
        self, watch: Watch, row: Ints, rows: Rows, at_ms: Ints, news: News, heard_ms: Ints
    ) -> Judged:
        """Judge rows by one watch.

        Args:
            watch: whose detectors.
            row: (n,) numbers of the rows.
            rows: (n,) copies of them; stages, episodes and ledger are brought up to the instant.
            at_ms: (n,) the instant.
            news: what an event brings, if one does.
            heard_ms: (n, 4) of `Feeds.heard_ms`, as of then.
        """
        view = View(row, rows, at_ms, news, self._pools, self.feeds, heard_ms)
        judged = Judged.nothing(len(row))
        if watch is Watch.LOAD:
            self._begin(view, judged)
            judged.waits = view.load.overdue
        elif watch is Watch.CARE:
            view.read_matters()
        everyone = np.arange(len(view))
        for detector in self._of_watch[watch]:
            which = nonzero(episodes.have(rows, detector.kind) | detector.concerns(view))
            if not len(which):
                continue
            if len(which) * _FEW > len(view):
                which = everyone
            self._detect(detector, view, which, judged)
        if watch is Watch.SILENCE and rows["ledger"].any():
            judged.closings, due_ms = ledger.settle(
                self._settings.churn_label, self._horizon_ms, self._pools, view
            )
            judged.due_ms = np.minimum(judged.due_ms, due_ms)
            closings = view.take(judged.closings.where)
            closings.at_ms = judged.closings.at_ms
            judged.open_now = self._open_now(closings)
        return judged

    def care_ms(self, rows: Rows, waits: Overdue, at_ms: Ints) -> Ints:
        """Return when care has to be judged after an event; 0: at once, as it may end an alarm."""
        due_ms = np.full(len(rows), NEVER)
        for detector in self._care:
            due_ms = np.minimum(due_ms, detector.soonest_ms(rows, waits, at_ms))
        return np.where(rows["kinds"] & self._care_bits, 0, due_ms)

    def _begin(self, view: View, judged: Judged) -> None:
        """Bring stages up to the instant, read loads, and take in what the company did."""
        rows = view.rows
        stages.advance(self._settings.stages, rows, view.at_ms)
        if self._stages_matter:
            judged.due_ms = stages.next_change_ms(self._settings.stages, rows)
        view.reading = self._read(view)
        if rows["ledger"].any():
            ledger.act(self._pools.ledger, rows, view.news.acted, view.news.at_ms)

    def _read(self, view: View) -> Reading:
        known_ms = view.known_ms(view.at_ms)
        return self.frustration.read(self._pools.items, view.rows, view.at_ms, known_ms)

    def _open_now(self, view: View) -> Floats:
        known_ms = view.known_ms(view.at_ms)
        return self.prospects.open_now(self._pools.items, view.rows, view.at_ms, known_ms)

    def _detect(self, detector: Detector, view: View, which: Ints, judged: Judged) -> None:
        """Let one detector judge some of the rows, and move their episodes."""
        part = view if len(which) == len(view) else view.take(which)
        pool, kind = self._pools.episodes, detector.kind
        if detector.watch is not Watch.LOAD:
            # Its time is as far as feeds are known to be alive; never before its episode moved.
            part = part.not_before(episodes.moved_ms(pool, part.rows, kind))
        signals = detector.signals(part)
        self._common(detector, part, signals)
        moves = episodes.advance(
            self._settings.episodes,
            pool,
            part.row,
            part.rows,
            kind,
            signals,
            reactions_are_known=self.feeds.has_touchpoints,
        )
        if kind == FRUSTRATION:
            self.frustration.learn(part.rows, moves)
        opened = ledger.follow(self._pools, part, kind, signals, moves)
        due_ms = np.minimum(detector.next_ms(part, signals, moves), moves.next_ms)
        alarmed = nonzero(moves.alarmed) if detector.watch is Watch.SILENCE else ()
        if len(alarmed):
            due_ms[alarmed] = np.minimum(due_ms[alarmed], self._over_ms(moves.onset_ms[alarmed]))
        due_ms = np.maximum(due_ms, part.at_ms + 1)
        judged.due_ms[which] = np.minimum(judged.due_ms[which], due_ms)
        new = nonzero(opened)
        if len(new):
            over_ms, where = self._over_ms(part.at_ms[new]), which[new]
            judged.ledger_ms[where] = np.minimum(judged.ledger_ms[where], over_ms)
        judged.wake[which] |= moves.wake
        if part is not view:
            for name in CHANGED:
                view.rows[name][which] = part.rows[name]
        told = nonzero(moves.told)
        if len(told):
            some = part.take(told)
            self._bring_up_stages(view.rows, which[told], some.at_ms)
            judged.verdicts.append(
                Verdict(
                    kind,
                    which[told],
                    some.at_ms,
                    signals.take(told),
                    moves.take(told),
                    self._open_now(some),
                    some.known_ms(some.at_ms),
                    *self._irritants(kind, some),
                )
            )

    def _irritants(self, kind: int, view: View) -> tuple[Chains, Chains]:
        """Return what is remembered and what waits, for kinds whose words name it."""
        rows, at_ms = view.rows, view.at_ms
        if kind == HANDOVER:
            changed_ms = rows["owner_changed_ms"]
            handed = items.handed_over(self._pools.items, rows["items"], changed_ms, at_ms)
            return Chains.empty(len(rows)), handed
        if kind not in _NAMES_IRRITANTS:
            return Chains.empty(len(rows)), Chains.empty(len(rows))
        remembered = memory.recall(self._pools.memory, rows["memory"], at_ms)
        known_ms = view.known_ms(at_ms)
        return remembered, items.overdue_now(self._pools.items, rows["items"], at_ms, known_ms)

    def _bring_up_stages(self, rows: Rows, which: Ints, at_ms: Ints) -> None:
        """Let what is told say the stage as of then, though no event has asked for it."""
        some = take_records(rows, which)
        stages.advance(self._settings.stages, some, np.maximum(at_ms, some["seen_ms"]))
        for name in ("stage", "stage_ms"):
            rows[name][which] = some[name]

    def _over_ms(self, onset_ms: Ints) -> Ints:
        """Return when a whole horizon has passed since then, the orders feed being alive."""
        return self.feeds.orders.after(onset_ms, np.full(len(onset_ms), self._horizon_ms))

    def _common(self, detector: Detector, view: View, signals: Signals) -> None:
        """Fill in what the episodes of every kind have to know."""
        news, pool = view.news, self._pools.episodes
        signals.acted, signals.confirmed = news.acted, news.pleased
        signals.closed = view.rows["closed"] > 0
        if not episodes.have(view.rows, detector.kind).any():
            return
        onset_ms = episodes.alarmed_since(pool, view.rows, detector.kind)
        is_late = (news.at_ms < onset_ms) & (onset_ms < NEVER)
        late = nonzero(is_late)
        if len(late):
            signals.acted = news.acted & ~is_late
            some = view.take(late)
            signals.unmade[late] = detector.unmade(some, signals.take(late), onset_ms[late])
        if detector.watch is Watch.SILENCE:
            feed = self.feeds.orders
            signals.outlasted = _alive(feed, onset_ms, view.at_ms) >= self._horizon_ms


def _alive(feed: Stretches, since_ms: Ints, at_ms: Ints) -> Ints:
    """Return the alive time since then, -1 where there is no since."""
    begun = since_ms < NEVER
    since_ms = np.where(begun, np.minimum(since_ms, at_ms), at_ms)
    return np.where(begun, feed.alive_ms(since_ms, at_ms), -1)
