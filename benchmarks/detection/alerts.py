"""Inactivity alerts as the pipeline raises them, beside the hiatus tuned to as many.

Right is an alert after which no order came within the horizon. An alert counts if its horizon
lies inside the data, and only the first of each customer.
"""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from agents.offline.history import History
from agents.offline.intake_replay import Intake
from agents.offline.replay import Replay, numbered
from benchmarks.detection.measures import Interval
from pipeline.inactivity_settings import InactivityRule
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS
from schemas.activity import Kind
from schemas.alert import AlertKind, State
from schemas.base import milliseconds

_DAYS = (5.0, 400.0)  # that a hiatus is sought between
_SEED = 5


@dataclass(slots=True)
class Raised:
    """First alerts, (n,) each."""

    right: np.ndarray
    silence_days: np.ndarray

    def precision(self) -> Interval:
        """Return the share that was right; an alert is a customer, so alerts are drawn."""
        draw, n = np.random.default_rng(_SEED), len(self.right)
        drawn = self.right[draw.integers(0, n, (1000, n))].mean(axis=1)
        return Interval(float(self.right.mean()), *np.quantile(drawn, (0.025, 0.975)).tolist())


class Orders:
    """When each customer ordered."""

    def __init__(self, history: History) -> None:
        self._at_ms = defaultdict(list)
        for activity in history.activities:
            if activity.kind == Kind.ORDER_PLACED:
                self._at_ms[activity.customer_id].append(activity.occurred_at)
        self.last_ms = history.activities[-1].occurred_at

    def judged(self, firsts: dict[str, int], horizon_days: float, begin_ms: int) -> Raised:
        """Return what became of alerts, by customer and instant."""
        horizon_ms = round(horizon_days * DAY_MS)
        right, silence = [], []
        for customer, at_ms in firsts.items():
            if not begin_ms <= at_ms <= self.last_ms - horizon_ms:
                continue
            times = self._at_ms[customer]
            after = bisect_right(times, at_ms)
            right.append(after == len(times) or times[after] > at_ms + horizon_ms)
            silence.append((at_ms - times[after - 1]) / DAY_MS)
        return Raised(np.array(right), np.array(silence))


def raised(history: History, settings: PipelineSettings, begin_ms: int) -> dict[str, int]:
    """Replay a history; return the instant of the first inactivity alert of each customer."""
    replay, firsts = Replay.of(settings), {}
    for records, offsets in numbered(Intake(history, settings).batches()):
        for alert in replay.fold(records, offsets):
            at_ms = milliseconds(alert.occurred_at)
            is_first = alert.kind == AlertKind.INACTIVITY and alert.state is State.RAISED
            if is_first and at_ms >= begin_ms:
                firsts.setdefault(alert.customer_id, at_ms)
    return firsts


def beside_hiatus(history: History, settings: PipelineSettings, begin_ms: int):
    """Return the alerts of settings, and of a hiatus with as many, with its days."""
    orders, horizon = Orders(history), settings.inactivity.horizon_days
    own = orders.judged(raised(history, settings, begin_ms), horizon, begin_ms)
    low, high = _DAYS
    for _ in range(7):
        middle = (low + high) / 2
        rule = replace(
            settings.inactivity,
            rule=InactivityRule.HIATUS,
            hiatus_days=middle,
            hiatus_critical_days=middle * 1.5,
        )
        firsts = raised(history, replace(settings, inactivity=rule), begin_ms)
        hiatus = orders.judged(firsts, horizon, begin_ms)
        if len(hiatus.right) > len(own.right):
            low = middle
        else:
            high = middle
    return own, hiatus, middle
