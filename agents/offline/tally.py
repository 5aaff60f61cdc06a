"""Customers over a history: who was gained, who was lost, and the reasons given.

A month gains a customer with her first order. It loses her by `closed`, or, where churn is
silence, when a horizon has passed since her last order; an order after that wins her back.
"""

from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

from agents.offline.ledger import Entry
from pipeline.churn_settings import ChurnLabel
from pipeline.units import DAY_MS
from schemas.activity import Activity, Kind
from schemas.base import instant, milliseconds
from schemas.log import Record

NO_REASON = "no reason given"


@dataclass(frozen=True, slots=True)
class Exit:
    """A farewell: when, and the reason given."""

    customer_id: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Blind:
    """Of the leavers who gave one reason: how many, and of how many no alert had been raised."""

    reason: str
    leavers: int
    unseen: int


@dataclass(slots=True)
class Month:
    """How many customers a month gained, won back and lost."""

    gained: int = 0
    won_back: int = 0
    lost: int = 0

    @property
    def net(self) -> int:
        """Return by how many it changed."""
        return self.gained + self.won_back - self.lost


@dataclass(slots=True)
class Tally:
    """Orders and farewells of each customer, taken from the log as it is folded."""

    orders: dict[str, "array[int]"] = field(default_factory=dict)  # milliseconds
    exits: dict[str, Exit] = field(default_factory=dict)  # the first of each
    forgotten: dict[str, datetime] = field(default_factory=dict)

    def hear(self, records: Iterable[Record]) -> None:
        """Take in records of the log."""
        for record in records:
            if not isinstance(record, Activity):
                continue
            customer_id, at_ms = record.customer_id, record.occurred_at
            if record.kind == Kind.ORDER_PLACED:
                self.orders.setdefault(customer_id, array("q")).append(at_ms)
            elif record.kind == Kind.CLOSED:
                left = Exit(customer_id, instant(at_ms), record.note or NO_REASON)
                self.exits.setdefault(customer_id, left)
            elif record.kind == Kind.FORGET:
                self.orders.pop(customer_id, None)
                self.exits.pop(customer_id, None)
                self.forgotten[customer_id] = instant(at_ms)

    def silence_days(self, entry: Entry) -> float | None:
        """Return how long a customer had been silent when an alert was raised."""
        raised_ms = milliseconds(entry.raised)
        times = sorted(self.orders.get(entry.customer_id, ()))
        place = bisect_right(times, raised_ms)
        return (raised_ms - times[place - 1]) / DAY_MS if place else None

    def months(self, label: ChurnLabel, horizon_days: float, now_ms: int) -> dict[str, Month]:
        """Return what each month came to, in order; silence is calendar time."""
        found: defaultdict[str, Month] = defaultdict(Month)
        silent_ms = round(horizon_days * DAY_MS) if label is ChurnLabel.SILENCE else now_ms
        for customer_id, unsorted in self.orders.items():
            left = self.exits.get(customer_id)
            end_ms = now_ms if left is None else milliseconds(left.at)
            times = sorted(at_ms for at_ms in unsorted if at_ms <= end_ms)
            if not times:
                continue
            found[_month(times[0])].gained += 1
            for at_ms, next_ms in pairwise(times):
                if next_ms - at_ms > silent_ms:
                    found[_month(at_ms + silent_ms)].lost += 1
                    found[_month(next_ms)].won_back += 1
            if end_ms - times[-1] > silent_ms:
                found[_month(times[-1] + silent_ms)].lost += 1
            elif left is not None:
                found[_month(end_ms)].lost += 1
        return dict(sorted(found.items()))

    def blind_spots(self, ledger: Sequence[Entry], horizon_days: float) -> list[Blind]:
        """Return the reasons of those who said farewell, the most frequent first.

        Unseen are those of whom no alert was raised within a horizon before.
        """
        raised: defaultdict[str, list[datetime]] = defaultdict(list)
        for entry in ledger:
            if not entry.is_retracted:
                raised[entry.customer_id].append(entry.raised)
        horizon = timedelta(days=horizon_days)
        leavers: Counter[str] = Counter()
        unseen: Counter[str] = Counter()
        for left in self.exits.values():
            leavers[left.reason] += 1
            times = raised[left.customer_id]
            unseen[left.reason] += not any(left.at - horizon <= at <= left.at for at in times)
        ranked = sorted(leavers, key=lambda reason: (-leavers[reason], reason))
        return [Blind(reason, leavers[reason], unseen[reason]) for reason in ranked]


def _month(at_ms: int) -> str:
    return f"{instant(at_ms):%Y-%m}"
