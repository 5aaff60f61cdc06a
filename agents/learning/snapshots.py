"""Rows at dates: a history is folded once, and stopped at to read what a worker would have known.

The table is the worker's own, with no alerts and nobody evicted, as a table that has forgotten the
long silent would look loyal. What happened afterwards comes from the events themselves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from agents.offline.history import History
from agents.offline.intake_replay import Intake
from agents.offline.replay import numbered
from pipeline.detectors.frustration import Frustration
from pipeline.inactivity_settings import InactivityRule
from pipeline.rows import Rows
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from pipeline.units import NEVER, Bools, Floats, Ints
from schemas.activity import Activity, Kind
from schemas.hashing import id_hash

_KINDS_OFF = ("second_order", "quiet_after_trouble", "remorse", "stalled", "neglect", "handover")
_FOR_EVER_DAYS = 36_500.0
ACTED = (Kind.ACKNOWLEDGED, Kind.SNOOZED)


@dataclass(slots=True)
class Snapshot:
    """Customers at a date, (n, ...) each."""

    at_ms: int
    number: Ints  # of the customer, as in `Past`
    rows: Rows
    silent_ms: Ints
    open_now: Floats  # (n, causes) severity of what waits

    def __len__(self) -> int:
        """Return how many customers."""
        return len(self.number)

    def take(self, which: Ints | Bools) -> "Snapshot":
        """Return some of them."""
        return Snapshot(
            self.at_ms,
            self.number[which],
            self.rows[which],
            self.silent_ms[which],
            self.open_now[which],
        )

    def load(self, frustration: Frustration) -> Floats:
        """Return the effective load."""
        at_ms = np.full(len(self), self.at_ms)
        return frustration.effective(self.rows, at_ms, self.open_now)


class Past:
    """What happened to customers, by number: when they ordered, closed, and were acted on."""

    def __init__(self, activities: Iterable[Activity], number_of: dict[str, int]) -> None:
        orders: list[tuple[int, int]] = []
        self._closed_ms = np.full(len(number_of) + 1, NEVER)
        self._acted_ms = np.full(len(number_of) + 1, NEVER)
        for activity in activities:
            number = number_of.get(activity.customer_id, 0)
            if activity.kind == Kind.ORDER_PLACED:
                orders.append((number, activity.occurred_at))
            elif activity.kind == Kind.CLOSED:
                self._closed_ms[number] = min(self._closed_ms[number], activity.occurred_at)
            elif activity.kind in ACTED:
                self._acted_ms[number] = min(self._acted_ms[number], activity.occurred_at)
        ordered = np.array(sorted(orders), np.int64).reshape(-1, 2)
        self._order_ms = ordered[:, 1]
        self._begin = np.searchsorted(ordered[:, 0], np.arange(len(number_of) + 2))

    def ordered_within(self, snapshot: Snapshot, within_ms: int) -> Bools:
        """Return who ordered in (date, date + within]."""
        found = np.zeros(len(snapshot), np.bool_)
        for place, number in enumerate(snapshot.number.tolist()):
            own = self._order_ms[self._begin[number] : self._begin[number + 1]]
            after = np.searchsorted(own, snapshot.at_ms, side="right")
            found[place] = after < len(own) and own[after] <= snapshot.at_ms + within_ms
        return found

    def closed_within(self, snapshot: Snapshot, within_ms: int) -> Bools:
        """Return who closed in (date, date + within]."""
        closed_ms = self._closed_ms[snapshot.number]
        return (closed_ms > snapshot.at_ms) & (closed_ms <= snapshot.at_ms + within_ms)

    def is_closed(self, snapshot: Snapshot) -> Bools:
        """Return who had closed by the date."""
        return np.asarray(self._closed_ms[snapshot.number] <= snapshot.at_ms)

    def acted_on(self, snapshot: Snapshot, within_ms: int) -> Bools:
        """Return whom somebody had acted on by the end of the horizon: an alert that worked."""
        return np.asarray(self._acted_ms[snapshot.number] <= snapshot.at_ms + within_ms)


@dataclass(slots=True)
class Taken:
    """What was taken of a history."""

    table: ActivityTable
    snapshots: list[Snapshot]  # by date
    past: Past
    half: Ints  # by number of the customer: 0 or 1, by a hash of the id
    first_ms: int
    last_ms: int


def half_of(customer_id: str) -> int:
    """Return the half that a customer belongs to: 0 is learnt from, 1 is judged."""
    return id_hash(f"half/{customer_id}") & 1


def span_ms(history: History) -> tuple[int, int]:
    """Return the instants of the first and the last activity."""
    return history.activities[0].occurred_at, history.activities[-1].occurred_at


def take(history: History, settings: PipelineSettings, dates_ms: Sequence[int]) -> Taken:
    """Fold a history, and take a snapshot at each date.

    Args:
        history: not empty.
        settings: how facts are kept.
        dates_ms: rising.
    """
    table = ActivityTable(_quiet(settings))
    snapshots: list[Snapshot] = []
    waiting = list(dates_ms)
    intake = Intake(history, table.settings)
    for records, offsets in numbered(intake.batches(cuts_ms=dates_ms)):
        newest_ms = max((r.occurred_at for r in records if type(r) is Activity), default=0)
        while waiting and newest_ms > waiting[0]:
            snapshots.append(_snapshot(table, waiting.pop(0)))
        table.step(records, offsets)
    snapshots += [_snapshot(table, at_ms) for at_ms in waiting]
    number_of = {table.store.ids[number]: number for number in table.store.everyone().tolist()}
    half = np.array([half_of(who) for who in table.store.ids], np.int64)
    first_ms, last_ms = span_ms(history)
    past = Past(history.activities, number_of)
    return Taken(table, snapshots, past, half, first_ms, last_ms)


def _snapshot(table: ActivityTable, at_ms: int) -> Snapshot:
    number = np.sort(table.store.everyone())
    _, rows = table.store.gather(number)
    now_ms = np.full(len(number), at_ms)
    known_ms = table.feeds.known_now_ms(now_ms)
    open_now = table.judge.prospects.open_now(table.pools.items, rows, now_ms, known_ms)
    return Snapshot(at_ms, number, rows, table.silent_ms(rows, now_ms), open_now)


def _quiet(settings: PipelineSettings) -> PipelineSettings:
    """Return settings that keep the same facts, raise nothing and forget nobody."""
    off: dict[str, Any] = {
        name: replace(getattr(settings, name), enabled=False) for name in _KINDS_OFF
    }
    sources = {field.name for field in fields(PipelineSettings)}
    assert sources.issuperset(off), "every kind that is switched off is one of the settings"
    return replace(
        settings,
        **off,
        inactivity=replace(settings.inactivity, rule=InactivityRule.OFF),
        retention=replace(settings.retention, days=_FOR_EVER_DAYS),
        live_clock=True,
    )
