"""Handover: the owner changed while promises or cases of the customer stood open.

What the old owner promised, the new one does not know. It ends when what was open is closed.
"""

from typing import Final

import numpy as np

from pipeline.detector_settings import HandoverSettings
from pipeline.detectors.view import Ceases, View
from pipeline.episodes import Moves
from pipeline.kinds import HANDOVER
from pipeline.signals import Signals
from pipeline.units import DAY_MS, NEVER, Bools, Ints
from pipeline.watches import Watch


class Handover(Ceases):
    """The detector of what may be lost between two owners."""

    kind: Final = HANDOVER
    watch: Final = Watch.LOAD

    def __init__(self, settings: HandoverSettings) -> None:
        self._lasts_ms = round(settings.days * DAY_MS)

    def concerns(self, view: View) -> Bools:
        """Return who has a new owner, and anything open."""
        rows = view.rows
        return np.asarray((rows["items"] > 0) & (view.at_ms < self._end_ms(view)))

    def signals(self, view: View) -> Signals:
        """Return how many matters were handed over."""
        lasting = view.at_ms < self._end_ms(view)
        handed = np.where(lasting, view.matters.handed, 0)
        signals = Signals.quiet(view.at_ms)
        signals.score = handed.astype(np.float64)
        signals.enter = handed > 0
        signals.worse = signals.enter & (view.matters.handed_overdue > 0)
        signals.below = ~signals.enter
        signals.settled = view.matters.handed == 0
        signals.details = {
            "changed_ms": view.rows["owner_changed_ms"],
            "overdue": np.where(lasting, view.matters.handed_overdue, 0),
        }
        return signals

    def next_ms(self, view: View, signals: Signals, moves: Moves) -> Ints:
        """Return when a matter handed over is overdue, and when it is another trouble."""
        open_ = moves.alarmed | (signals.score > 0)
        end_ms = self._end_ms(view)
        over_ms = np.where(moves.alarmed & (end_ms > view.at_ms), end_ms, NEVER)
        return np.where(open_, np.minimum(over_ms, view.matters.next_ms), NEVER)

    def _end_ms(self, view: View) -> Ints:
        changed_ms = view.rows["owner_changed_ms"]
        return np.where(changed_ms > 0, changed_ms + self._lasts_ms, 0)
