"""Frustration: the load a customer carries, against what she can endure.

Load is in log-odds of leaving: decayed events and open matters overdue, by cause. Endurance is
base x stage x (1 + buffer x ln(1 + n)), n the purchases, decayed. The direction of each term is
published (Knox & van Oest 2014), the sizes are settings. Between instants known beforehand the
load only falls against endurance, so a crossing upwards can only come at one of those.
"""

from typing import Final

import numpy as np

from pipeline.detectors.view import Reading, View
from pipeline.episodes import Moves
from pipeline.frustration_settings import CAUSES, EpisodeFactors, FrustrationSettings
from pipeline.kinds import FRUSTRATION
from pipeline.loads import decayed, half_lives, weights
from pipeline.pool import Pool
from pipeline.records import take_records
from pipeline.rows import PURCHASES, Rows
from pipeline.signals import Signals
from pipeline.stages import factors
from pipeline.units import DAY_MS, HOUR_MS, NEVER, Bools, Floats, Ints, nonzero
from pipeline.waiting import overdue
from pipeline.watches import Watch

_FADED_MS: Final = 20 * 365 * DAY_MS
_ROUNDING: Final = 1e-9
_STEPS_MAX: Final = 1e5
_PLACES: Final = 16
_LESSONS_MAX: Final = 3
_TEACHES_NOTHING: Final = EpisodeFactors()
_STEPS: Final = np.arange(1, _PLACES + 1)


class Frustration:
    """The detector of load against endurance."""

    kind: Final = FRUSTRATION
    watch: Final = Watch.LOAD

    def __init__(self, settings: FrustrationSettings) -> None:
        self.settings = settings
        self.half_life_days = half_lives(settings)
        self._weights = weights(settings)
        self._factors = factors(settings)

    def read(self, items: Pool, rows: Rows, at_ms: Ints, known_ms: Ints) -> Reading:
        """Return load and endurance of rows at an instant; for `known_ms` see `overdue`."""
        waits = overdue(self.settings, items, rows, at_ms, known_ms)
        parts, load, endurance = self._weigh(rows, at_ms, waits.severity)
        return Reading(parts, load, endurance, waits)

    def effective(self, rows: Rows, at_ms: Ints, open_now: Floats) -> Floats:
        """Return the load as it bears on leaving: set against what this customer can endure.

        Args:
            rows: (n,) rows.
            at_ms: (n,) instant, now or later.
            open_now: (n, causes) severity of what waits.
        """
        _, load, endurance = self._weigh(rows, at_ms, open_now)
        return load * (self.settings.base / endurance)

    def factors(self, rows: Rows, at_ms: Ints) -> dict[str, Floats]:
        """Return what endurance is made of, by name, (n,) each: their product."""
        purchases = decayed(rows, self.half_life_days, at_ms)[:, PURCHASES]
        return {
            "base": np.full(len(rows), self.settings.base),
            "stage": self._factors[rows["stage"]],
            "purchases": self._buffer(purchases),
            "past episodes": np.ones(len(rows)) * self._learnt(rows),
        }

    def learn(self, rows: Rows, moves: Moves) -> None:
        """Let rows remember how their episodes of frustration have ended."""
        rows["soothed"] += moves.soothed & (rows["soothed"] < _LESSONS_MAX)
        rows["let_down"] += moves.let_down & (rows["let_down"] < _LESSONS_MAX)

    def concerns(self, view: View) -> Bools:
        """Return who carries a load, or waits for something."""
        carries = view.rows["loads"][:, :PURCHASES].any(axis=1)
        return np.asarray(carries | (view.rows["items"] > 0))

    def signals(self, view: View) -> Signals:
        """Return the load, in log-odds of leaving."""
        reading = view.load
        signals = Signals.quiet(view.at_ms)
        signals.score = reading.load
        signals.limit = reading.endurance * self.settings.enter_ratio
        signals.enter = reading.load >= signals.limit
        signals.worse = reading.load >= reading.endurance * self.settings.critical_ratio
        signals.below = reading.load < reading.endurance * self.settings.exit_ratio
        signals.settled = np.asarray(~reading.overdue.severity.any(axis=1))
        signals.details = {"parts": reading.parts}
        return signals

    def unmade(self, view: View, _signals: Signals, onset_ms: Ints) -> Bools:
        """Return whose load, by what is known now, had not reached the limit at the onset.

        Events since then are counted in as well, so that in doubt an alert stands.
        """
        known_ms = view.known_ms(onset_ms)
        waits = overdue(self.settings, view.pools.items, view.rows, onset_ms, known_ms)
        _, load, endurance = self._weigh(view.rows, onset_ms, waits.severity, back=True)
        return np.asarray(load < endurance * self.settings.enter_ratio * (1 - _ROUNDING))

    def next_ms(self, view: View, _signals: Signals, moves: Moves) -> Ints:
        """Return the earliest instant at which, with no further event, an episode could move."""
        reading, rows, at_ms = view.load, view.rows, view.at_ms
        due_ms = self._rising_ms(reading, rows, at_ms, moves)
        alarmed = nonzero(moves.alarmed)
        if len(alarmed):
            drop_ms = reading.overdue.drop_ms[alarmed]
            until_ms = np.minimum(due_ms[alarmed], drop_ms)
            open_now = reading.overdue.severity[alarmed]
            fading_ms = self._fading_ms(
                take_records(rows, alarmed), at_ms[alarmed], open_now, until_ms
            )
            due_ms[alarmed] = np.minimum(until_ms, fading_ms)
        return due_ms

    def _rising_ms(self, reading: Reading, rows: Rows, at_ms: Ints, moves: Moves) -> Ints:
        """Return the first step at which waiting alone could reach the next level.

        With each step a matter grows by one share of what it can still grow, so k steps from now
        all of them together have grown by (1 - exp(-k step / scale)) of that, at most.
        """
        waits, step_ms = reading.overdue, round(self.settings.step_hours * HOUR_MS)
        result = np.full(len(rows), NEVER)
        open_ = nonzero(waits.step_ms < NEVER)
        if not len(open_):
            return result
        growth = _total((waits.severity_max - waits.severity)[open_] * self._weights)
        last_ms = np.maximum(waits.last_drop_ms[open_], at_ms[open_])
        least = self._endurance(take_records(rows, open_), last_ms, self._factors.min())
        alarmed = moves.alarmed[open_]
        ratio = np.where(alarmed, self.settings.critical_ratio, self.settings.enter_ratio)
        missing = least * ratio * (1 - _ROUNDING) - reading.load[open_]
        could = nonzero((missing < growth) & ~(alarmed & moves.critical[open_]))
        # Where nothing is missing, nothing need grow, and it may be that nothing can.
        missing = np.maximum(missing[could], 0.0)
        share = missing / np.where(missing > 0.0, growth[could], 1.0)
        steps = -np.log1p(-share) * self.settings.late_days_scale * DAY_MS / step_ms
        before = np.maximum(np.ceil(np.minimum(steps * (1 - _ROUNDING), _STEPS_MAX)) - 1, 0)
        before[waits.unheard[open_[could]]] = 0  # what is heard of later comes at once
        which = open_[could]
        rise_ms = waits.step_ms[which] + before.astype(np.int64) * step_ms
        result[which] = np.where(rise_ms < last_ms[could], rise_ms, NEVER)
        return result

    def _fading_ms(self, rows: Rows, at_ms: Ints, open_now: Floats, until_ms: Ints) -> Ints:
        """Return the earliest instant at which the load could be below the exit level.

        What is open can only weigh more until `until_ms`, and the rest only falls, no faster than
        by the shortest half-life. A crossing further off than a day by that bound is looked at
        again then; a near one is searched by bisection. `NEVER` where it does not get there.
        """
        _, load, endurance = self._weigh(rows, at_ms, open_now)
        ratio = load / (endurance * self.settings.exit_ratio)
        # The bound is on the load alone: endurance falls too, which only delays the crossing.
        bound_days = self.half_life_days.min() * np.log2(np.maximum(ratio, 1.0))
        far = bound_days > 1.0
        result = at_ms + np.where(far, bound_days * DAY_MS, 0.0).astype(np.int64)
        near = nonzero(~far)
        if len(near):
            result[near] = self._crossing_ms(
                take_records(rows, near), at_ms[near], open_now[near], until_ms[near]
            )
        return result

    def _crossing_ms(self, rows: Rows, at_ms: Ints, open_now: Floats, until_ms: Ints) -> Ints:
        low, high = at_ms.copy(), np.minimum(until_ms, at_ms + _FADED_MS)
        reached = self._below(rows, high, open_now)
        result = np.where(reached, high, NEVER)
        some = nonzero(reached)
        low, high = low[some], high[some]
        # Sixteen places at a time: what costs is the number of steps, for the few who come here.
        some_often = np.repeat(some, _PLACES)
        rows, open_now = take_records(rows, some_often), open_now[some_often]
        while len(some) and (high - low).max() > 1:
            grid = low[:, None] + np.maximum((high - low)[:, None] * _STEPS // _PLACES, 1)
            below = self._below(rows, grid.ravel(), open_now).reshape(grid.shape)
            below[:, -1] = True  # that is `high`
            first = below.argmax(axis=1)
            every = np.arange(len(some))
            high, low = grid[every, first], np.where(first, grid[every, first - 1], low)
        result[some] = high
        return result

    def _below(self, rows: Rows, at_ms: Ints, open_now: Floats) -> Bools:
        _, load, endurance = self._weigh(rows, at_ms, open_now)
        return np.asarray(load < endurance * self.settings.exit_ratio)

    def _weigh(
        self, rows: Rows, at_ms: Ints, open_now: Floats, *, back: bool = False
    ) -> tuple[Floats, Floats, Floats]:
        sums = decayed(rows, self.half_life_days, at_ms, back=back)
        parts = (sums[:, :PURCHASES] + open_now) * self._weights
        factors = self._factors[rows["stage"]] * self._learnt(rows)
        return parts, _total(parts), self._buffered(sums[:, PURCHASES], factors)

    def _endurance(self, rows: Rows, at_ms: Ints, factor: float) -> Floats:
        sums = decayed(rows, self.half_life_days, at_ms)
        return self._buffered(sums[:, PURCHASES], factor * self._learnt(rows))

    def _buffered(self, purchases: Floats, factor: Floats | float) -> Floats:
        return self.settings.base * factor * self._buffer(purchases)

    def _buffer(self, purchases: Floats) -> Floats:
        # A purchase taken back leaves a rounding error, which may be below 0.
        return 1.0 + self.settings.purchase_buffer * np.log1p(np.maximum(purchases, 0.0))

    def _learnt(self, rows: Rows) -> Floats | float:
        taught = self.settings.episode_factors
        if taught == _TEACHES_NOTHING:
            return 1.0
        soothed = np.minimum(rows["soothed"], _LESSONS_MAX)
        let_down = np.minimum(rows["let_down"], _LESSONS_MAX)
        return np.asarray(taught.soothed**soothed * taught.let_down**let_down)


def _total(parts: Floats) -> Floats:
    """Return the sum over causes, one by one: it does not depend on how many rows there are."""
    total = np.zeros(len(parts))
    for cause in range(len(CAUSES)):
        total += parts[:, cause]
    return total
