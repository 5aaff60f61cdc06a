"""Neglect: no word from the company when one was owed.

After a delivery somebody should ask how it went; what was promised should be kept when it is due.
Promotions are no word. Nobody is owed a word where touchpoints are none of the sources.
"""

from typing import Final

import numpy as np

from pipeline.detector_settings import NeglectSettings
from pipeline.detectors.view import Care, View
from pipeline.episodes import Moves
from pipeline.kinds import NEGLECT
from pipeline.rows import Rows
from pipeline.signals import Signals
from pipeline.units import DAY_MS, NEVER, Bools, Ints
from pipeline.waiting import Overdue
from pipeline.watches import Watch


class Neglect(Care):
    """The detector of what the company has left undone."""

    kind: Final = NEGLECT
    watch: Final = Watch.CARE

    def __init__(self, settings: NeglectSettings, *, has_touchpoints: bool) -> None:
        self._settings = settings
        self._has_touchpoints = has_touchpoints
        self._word_ms = round(settings.days * DAY_MS)
        self._critical_ms = round(settings.critical_days * DAY_MS)
        self._promise_critical_ms = round(settings.promise_critical_days * DAY_MS)

    def concerns(self, view: View) -> Bools:
        """Return whom a word or a promise may be owed."""
        return self._owes_word(view) | (view.matters.promise_next_ms < NEVER)

    def signals(self, view: View) -> Signals:
        """Return how often the time for a word has passed; a broken promise counts as once."""
        owed_ms, late_ms = self._owed_ms(view), self._late_ms(view)
        signals = Signals.quiet(view.at_ms)
        of_promise = np.where(late_ms >= 0, 1.0 + late_ms / max(self._promise_critical_ms, 1), 0.0)
        signals.score = np.maximum(owed_ms / max(self._word_ms, 1), of_promise)
        signals.enter = signals.score >= 1.0
        signals.worse = self._owes_word(view) & (owed_ms >= self._critical_ms)
        signals.worse |= late_ms >= self._promise_critical_ms
        # By the calendar: what turns out later to have been dead time ends no alarm.
        waited_ms = view.at_ms - view.rows["last_delivered_ms"]
        unsaid_ms = np.where(self._owes_word(view), waited_ms, -1)
        signals.below = (unsaid_ms < self._word_ms) & (late_ms < 0)
        signals.settled = signals.below
        unsaid = self._owes_word(view) & (owed_ms >= self._word_ms)
        delivered_ms = np.where(unsaid, view.rows["last_delivered_ms"], 0)
        signals.details = {"delivered_ms": delivered_ms, "promise_ms": view.matters.promise_ms}
        return signals

    def next_ms(self, view: View, signals: Signals, _moves: Moves) -> Ints:
        """Return when a word is owed, then sorely missed, and when a promise passes."""
        since_ms, owes = view.rows["last_delivered_ms"], self._owes_word(view)
        wanted_ms = np.where(self._owed_ms(view) >= self._word_ms, self._critical_ms, self._word_ms)
        waits = owes & ~signals.worse
        word_ms = view.feeds.all.after(since_ms, np.where(waits, wanted_ms, 0))
        due_ms = np.minimum(np.where(waits, word_ms, NEVER), view.matters.promise_next_ms)
        broken_ms = view.matters.promise_ms
        critical_ms = np.where(broken_ms > 0, broken_ms + self._promise_critical_ms, NEVER)
        return np.minimum(due_ms, np.where(signals.worse, NEVER, critical_ms))

    def soonest_ms(self, rows: Rows, waits: Overdue, _at_ms: Ints, /) -> Ints:
        """Return when a word will be owed, or the first promise passes."""
        word_ms = np.where(self._owes(rows), rows["last_delivered_ms"] + self._word_ms, NEVER)
        return np.minimum(word_ms, waits.owed_ms)

    def _owes_word(self, view: View) -> Bools:
        return self._owes(view.rows)

    def _owes(self, rows: Rows) -> Bools:
        someone = (rows["owner"] > 0) | (not self._settings.owned_only)
        someone &= self._word_ms > 0
        unsaid = rows["last_delivered_ms"] > rows["word_ms"]
        return np.asarray(someone & unsaid & self._has_touchpoints)

    def _owed_ms(self, view: View) -> Ints:
        since_ms = view.rows["last_delivered_ms"]
        return np.where(self._owes_word(view), view.quiet_ms(since_ms), 0)

    @staticmethod
    def _late_ms(view: View) -> Ints:
        """Return for how long a promise has been broken, -1 for not."""
        due_ms = view.matters.promise_ms
        return np.where(due_ms > 0, view.at_ms - due_ms, -1)
