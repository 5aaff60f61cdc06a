"""Two settings on one history, beside the tuned hiatus: what would change, and how surely.

The hiatus is tuned on the first half of the history, and all is measured on the second. Intervals
are percentiles of a bootstrap over customers; both sides of a difference see the same resample.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agents.offline.bootstrap import bootstrap
from agents.offline.ledger import Entry
from agents.offline.ledger_view import Ledger, untouched
from agents.offline.tally import Tally
from pipeline.churn_settings import ChurnLabel
from pipeline.units import DAY_MS, Floats
from schemas.alert import AlertKind

MATCH_DAYS: Final = 7.0
_RESAMPLES: Final = 1000

Change: TypeAlias = Literal["same", "earlier", "later", "gained", "lost"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity under one setting, or a difference of two, with its 95% interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """A quantity as a sum over customers divided by another: (customers,) each."""

    name: str
    over: Floats
    under: Floats

    def of(self, drawn: NDArray[np.int64]) -> float:
        """Return it of the customers drawn; NaN or infinite where that is nothing."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(self.over[drawn].sum() / self.under[drawn].sum())


def ratios(ledger: Ledger, standing: Sequence[Entry], customers: Sequence[str]) -> list[Ratio]:
    """Return the quantities of one setting.

    Args:
        ledger: what the setting came to.
        standing: its alerts that are looked at, none retracted.
        customers: everyone who was alerted under any setting; the order of the sums.
    """
    place = {customer_id: index for index, customer_id in enumerate(customers)}

    def sums(pairs: Iterable[tuple[str, float]]) -> Floats:
        total = np.zeros(len(customers))
        for customer_id, size in pairs:
            total[place[customer_id]] += size
        return total

    counted = untouched(ledger.counted(standing))
    early = [(e.customer_id, days) for e in standing if (days := ledger.early_days(e)) is not None]
    closed = ledger.label is ChurnLabel.CLOSED
    found = [
        Ratio(
            "precision",
            sums((e.customer_id, float(e.has_left)) for e in counted),
            sums((e.customer_id, 1.0) for e in counted),
        ),
        Ratio(
            "lead days" if closed else "silent days", sums(early), sums((c, 1.0) for c, _ in early)
        ),
        Ratio(
            "alerts a day",
            sums((e.customer_id, 1.0) for e in standing),
            np.full(len(customers), ledger.days / 2 / max(len(customers), 1)),
        ),
    ]
    for currency in sorted({e.currency for e in standing if e.currency and e.value_at_risk}):
        mine = [e for e in standing if e.currency == currency]
        at_risk = sums((e.customer_id, e.value_at_risk or 0.0) for e in mine)
        whole = np.full(len(customers), 1 / max(len(customers), 1))
        found.append(Ratio(f"{currency} at risk", at_risk, whole))
    return found


def figure(ratio: Ratio, other: Ratio | None = None) -> Figure | None:
    """Return a quantity, or by how much it exceeds another's; None where it is not known."""

    def excess(drawn: NDArray[np.int64]) -> float:
        value = ratio.of(drawn) - (0.0 if other is None else other.of(drawn))
        return value if np.isfinite(value) else float("nan")

    customers = len(ratio.over)
    value = excess(np.arange(customers))
    if np.isnan(value):
        return None
    return Figure(value, *bootstrap(excess, customers, _RESAMPLES))


def changes(
    a: Sequence[Entry], b: Sequence[Entry], horizon_days: float
) -> dict[AlertKind, Counter[Change]]:
    """Return what becomes of A's alerts under B, by kind.

    An alert is the same if it is of that customer and kind and within `MATCH_DAYS`; within a
    horizon it has moved. Each alert answers for one other only.
    """
    same, only_a, only_b = paired(a, b, MATCH_DAYS)
    moved, lost, gained = paired(only_a, only_b, horizon_days)
    found: defaultdict[AlertKind, Counter[Change]] = defaultdict(Counter)
    for before, after in moved:
        found[before.kind]["earlier" if after.raised < before.raised else "later"] += 1
    for before, _ in same:
        found[before.kind]["same"] += 1
    for entry in lost:
        found[entry.kind]["lost"] += 1
    for entry in gained:
        found[entry.kind]["gained"] += 1
    return found


def paired(
    some: Sequence[Entry], others: Sequence[Entry], days: float
) -> tuple[list[tuple[Entry, Entry]], list[Entry], list[Entry]]:
    """Return pairs of alerts of one customer and kind, so many days apart at most, and the rest."""
    window = timedelta(days=days)
    theirs: defaultdict[tuple[str, AlertKind], list[Entry]] = defaultdict(list)
    for entry in others:
        theirs[entry.customer_id, entry.kind].append(entry)
    pairs, lone = [], []
    for entry in some:
        near = theirs[entry.customer_id, entry.kind]
        match = next((other for other in near if abs(other.raised - entry.raised) <= window), None)
        if match is None:
            lone.append(entry)
        else:
            near.remove(match)
            pairs.append((entry, match))
    return pairs, lone, [entry for left in theirs.values() for entry in left]


def tuned_hiatus_days(tally: Tally, alerts: int, until_ms: int) -> float | None:
    """Return the days of silence that so many silences exceeded until an instant.

    Calendar time; None where no silence of a day would be so many.

    Args:
        tally: of the history.
        alerts: how many to come to, at least 1.
        until_ms: silence beyond it was not seen yet.
    """
    silences: list[int] = []
    for unsorted in tally.orders.values():
        times = sorted(at_ms for at_ms in unsorted if at_ms <= until_ms)
        silences += (later - earlier for earlier, later in pairwise([*times, until_ms]))
    silences.sort(reverse=True)
    if not 1 <= alerts < len(silences):
        return None
    days = silences[alerts] / DAY_MS
    return days if days >= 1 else None


def second_half(ledger: Ledger) -> list[Entry]:
    """Return the alerts that are measured: of the second half, none retracted."""
    return [e for e in ledger.entries if e.raised >= ledger.middle and not e.is_retracted]
