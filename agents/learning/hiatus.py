"""The hiatus that a fit keeps where silence alone ranks better: how many days are too many.

It is tuned on the customers that were learnt from, by what was known at the cut: a hiatus that had
seen those it is judged by would look better than it is.
"""

from collections import defaultdict
from itertools import pairwise
from typing import Final

import numpy as np

from agents.learning.snapshots import ACTED, half_of
from agents.offline.history import History
from pipeline.churn_settings import ChurnLabel
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS, NEVER, Ints
from schemas.activity import Kind

_ENOUGH: Final = 30  # silences to speak of a share


def tuned_days(history: History, settings: PipelineSettings, cut_ms: int) -> float | None:
    """Return the fewest whole days from which on a share of `inactivity.level` left.

    Of the silences that reached so many days, of customers in the half that is learnt from, and
    whose next horizon had passed by the cut. Calendar time; None where no days are enough.
    """
    began_ms, ended_ms, closed_ms = _silences(history, cut_ms)
    rule = settings.inactivity
    horizon_ms = round(rule.horizon_days * DAY_MS)
    for days in range(1, round(2 * rule.horizon_days) + 1):
        reached_ms = began_ms + days * DAY_MS
        over_ms = reached_ms + horizon_ms
        known = (over_ms <= cut_ms) & (np.minimum(ended_ms, closed_ms) > reached_ms)
        by_silence = settings.churn_label is ChurnLabel.SILENCE
        left = ended_ms > over_ms if by_silence else closed_ms <= over_ms
        if known.sum() >= _ENOUGH and left[known].mean() >= rule.level:
            return float(days)
    return None


def _silences(history: History, cut_ms: int) -> tuple[Ints, Ints, Ints]:
    """Return when each silence began, ended by an order, and by a farewell; (n,) each."""
    orders: dict[str, list[int]] = defaultdict(list)
    closed: dict[str, int] = {}
    acted: set[str] = set()
    for each in history.activities:
        if each.occurred_at > cut_ms or half_of(each.customer_id):
            continue
        if each.kind == Kind.ORDER_PLACED:
            orders[each.customer_id].append(each.occurred_at)
        elif each.kind == Kind.CLOSED:
            closed.setdefault(each.customer_id, each.occurred_at)
        elif each.kind in ACTED:
            acted.add(each.customer_id)
    found = [
        (began, ended, closed.get(customer_id, NEVER))
        for customer_id, times in orders.items()
        if customer_id not in acted
        for began, ended in pairwise([*times, NEVER])
        if began // DAY_MS > times[0] // DAY_MS  # who has ordered on two days is judged
    ]
    began_ms, ended_ms, closed_ms = np.array(found, np.int64).reshape(-1, 3).T
    return began_ms, ended_ms, closed_ms
