"""What the pipeline knows of its customers at a date: its own rows, from its own fold.

A log is folded once, up to each date in turn. What comes after a date has not been folded when
its rows are read, so it cannot be in them; labels are taken from the history apart.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agents.offline.history import History, read_history
from agents.offline.intake_replay import Intake
from agents.offline.replay import Replay
from agents.sources import ORDERS, TICKETS, TOUCHPOINTS
from pipeline.features import Known, features, variables
from pipeline.orders import repeats, span_days
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS, days
from schemas.activity import Activity, Kind
from tests.realdata.convert import convert

LATEST_MS = 1_800_000_000_000
_KINDS = {"orders": ORDERS, "tickets": TICKETS, "touchpoints": TOUCHPOINTS}


@dataclass(slots=True)
class Snapshot:
    """Customers at an instant, (n, ...) each."""

    at_ms: np.ndarray
    ids: np.ndarray
    rows: np.ndarray
    silent_ms: np.ndarray
    open_now: np.ndarray
    load: np.ndarray
    parts: np.ndarray  # of the load, by cause
    texts: object

    def __len__(self):
        return len(self.ids)

    def take(self, which):
        """Return some of them."""
        names = ("at_ms", "ids", "rows", "silent_ms", "open_now", "load", "parts")
        return replace(self, **{name: getattr(self, name)[which] for name in names})

    @classmethod
    def all_of(cls, some: Sequence["Snapshot"]):
        """Return the customers of several instants together."""
        names = ("at_ms", "ids", "rows", "silent_ms", "open_now", "load", "parts")
        return replace(
            some[0],
            **{name: np.concatenate([getattr(each, name) for each in some]) for name in names},
        )

    def features(self, settings, within_days, mean_amount):
        """Return the model's features, and the variables that may have knots, by name."""
        known = Known.of(self.rows, np.full(len(self), mean_amount))
        silence = days(self.silent_ms)
        found = features(known, settings.order_model, silence, self.load, within_days)
        return found, variables(self.rows, self.at_ms, silence, self.load)

    def columns(self, settings, within_days, mean_amount):
        """Return all that the rivals are given, (n, k): what the model has, and more."""
        found, more = self.features(settings, within_days, mean_amount)
        waits = days(np.maximum(self.at_ms - self.rows["contact_ms"], 0))
        extra = [
            self.rows["tickets"],
            self.rows["orders"],
            span_days(self.rows),
            waits,
            self.open_now.sum(axis=1),
        ]
        return np.column_stack([*found.values(), *more.values(), self.parts, *extra])

    @property
    def history(self):
        """Return x, tx and T in days, (n, 3), of who has ordered."""
        tx = span_days(self.rows)
        return np.column_stack([repeats(self.rows), tx, tx + days(self.silent_ms)])


def read(name: str) -> list[Activity]:
    """Return the activities of a data set, in order of time."""
    with tempfile.TemporaryDirectory() as folder:
        paths = convert(name, Path(folder))
        files = {_KINDS[kind]: [path] for kind, path in paths.items()}
        return read_history(files, LATEST_MS).activities


def snapshots(
    activities: list[Activity], settings: PipelineSettings, dates_ms: Sequence[int]
) -> Iterator[Snapshot]:
    """Fold activities, and yield the rows at the end of each date, which rise."""
    topics = tuple(dict.fromkeys(activity.topic for activity in activities))
    replay = Replay.of(settings)
    log = [
        record for batch in Intake(History(activities, topics), settings).batches() for record in batch
    ]
    begin = 0
    for at_ms in dates_ms:
        end = begin
        while end < len(log) and not (
            isinstance(log[end], Activity) and log[end].occurred_at > at_ms
        ):
            end += 1
        replay.fold(log[begin:end], range(begin, end))
        begin = end
        yield _rows_at(replay.table, at_ms)


def _rows_at(table, at_ms):
    row = table.store.everyone()
    _, rows = table.store.gather(row)
    at = np.full(len(row), at_ms)
    open_now = table.judge.prospects.open_now(table.pools.items, rows, at)
    reading = table.judge.frustration.read(table.pools.items, rows, at)
    return Snapshot(
        at_ms=at,
        ids=np.array([table.store.ids[number] for number in row.tolist()]),
        rows=rows,
        silent_ms=table.silent_ms(rows, at),
        open_now=open_now,
        load=table.judge.frustration.effective(rows, at, open_now),
        parts=reading.parts,
        texts=table.texts,
    )


class Happenings:
    """When something happened to each customer: the labels."""

    def __init__(self, activities, kind: Kind) -> None:
        self._times: dict[str, list[int]] = {}
        for activity in activities:
            if activity.kind == kind:
                self._times.setdefault(activity.customer_id, []).append(activity.occurred_at)

    def within(self, snapshot: Snapshot, horizon_days: float):
        """Return to whom it happened in (at, at + horizon]."""
        horizon_ms = round(horizon_days * DAY_MS)
        return np.array(
            [
                any(at < time <= at + horizon_ms for time in self._times.get(name, ()))
                for name, at in zip(snapshot.ids.tolist(), snapshot.at_ms.tolist(), strict=True)
            ]
        )
