"""Quiet after trouble: it went wrong last, nobody made it good, and the customer says no more.

Worse than an open complaint, because who still complains still expects something. It needs no
order, so it is judged for customers who never bought as well. The customer's own word ends it.
"""

from typing import Final

import numpy as np

from pipeline.detector_settings import QuietSettings
from pipeline.detectors.view import Care, View
from pipeline.episodes import Moves
from pipeline.kinds import QUIET_AFTER_TROUBLE
from pipeline.rows import Rows
from pipeline.signals import Signals
from pipeline.units import DAY_MS, NEVER, Bools, Ints, days
from pipeline.waiting import Overdue
from pipeline.watches import Watch


class QuietAfterTrouble(Care):
    """The detector of those who have gone quiet."""

    kind: Final = QUIET_AFTER_TROUBLE
    watch: Final = Watch.CARE

    def __init__(self, settings: QuietSettings) -> None:
        self._settings = settings
        steps = settings.days, settings.critical_days, settings.days_max
        self._steps_ms = np.array([round(step * DAY_MS) for step in steps])

    def concerns(self, view: View) -> Bools:
        """Return whom something has gone wrong for, or may have."""
        rows = view.rows
        return np.asarray((rows["failed_ms"] > rows["good_ms"]) | (view.matters.next_ms < NEVER))

    def signals(self, view: View) -> Signals:
        """Return how long they have been quiet, in days."""
        trouble_ms = _trouble_ms(view)
        since_ms = np.maximum(trouble_ms, view.rows["contact_ms"])
        quiet_ms = view.quiet_ms(since_ms)
        troubled = trouble_ms > 0
        signals = Signals.quiet(view.at_ms)
        signals.score = np.where(troubled, days(quiet_ms), 0.0)
        signals.limit = np.full(len(view), self._settings.days)
        enter_ms, critical_ms, past_ms = self._steps_ms
        signals.outlasted = troubled & (quiet_ms >= past_ms)
        signals.enter = troubled & (quiet_ms >= enter_ms) & ~signals.outlasted
        signals.worse = troubled & (quiet_ms >= critical_ms)
        signals.below = ~troubled
        signals.settled = ~troubled
        spoke = view.news.own & (view.news.at_ms > trouble_ms)
        signals.came_back_ms = np.where(spoke, view.news.at_ms, NEVER)
        signals.fresh_ms = trouble_ms
        signals.details = {"trouble_ms": trouble_ms, "since_ms": since_ms, "quiet_ms": quiet_ms}
        return signals

    def next_ms(self, view: View, signals: Signals, moves: Moves) -> Ints:
        """Return when the quiet reaches its next step, or another promise passes."""
        since_ms, quiet_ms = signals.details["since_ms"], signals.details["quiet_ms"]
        steps_ms = np.append(self._steps_ms, NEVER)[self._steps_ms.searchsorted(quiet_ms, "right")]
        reachable = (signals.fresh_ms > 0) & (steps_ms < NEVER)
        feeds, next_ms = view.feeds.all, view.matters.next_ms
        reached_ms = feeds.after(since_ms, np.where(reachable, steps_ms, 0))
        # A promise that passes is the beginning of a trouble, which has to be borne in quiet first.
        ahead = next_ms < NEVER
        borne_ms = feeds.after(np.where(ahead, next_ms, 0), np.where(ahead, self._steps_ms[0], 0))
        later_ms = np.where(moves.alarmed, next_ms, np.where(ahead, borne_ms, NEVER))
        later_ms = np.minimum(later_ms, view.matters.lost_ms)
        return np.minimum(np.where(reachable, reached_ms, NEVER), later_ms)

    def soonest_ms(self, rows: Rows, waits: Overdue, _at_ms: Ints, /) -> Ints:
        """Return when the quiet about what went wrong, or may go wrong, will be long enough."""
        failed_ms = np.where(rows["failed_ms"] > rows["good_ms"], rows["failed_ms"], NEVER)
        trouble_ms = np.minimum(failed_ms, waits.promised_ms)
        since_ms = np.maximum(trouble_ms, rows["contact_ms"])
        return np.where(trouble_ms < NEVER, since_ms + self._steps_ms[0], NEVER)


def _trouble_ms(view: View) -> Ints:
    """Return when it last went wrong, with nothing good since; 0 if it did not."""
    rows = view.rows
    failed_ms = np.where(rows["failed_ms"] > rows["good_ms"], rows["failed_ms"], 0)
    return np.maximum(failed_ms, view.matters.overdue_ms)
