"""The customers that are scored or learnt from: rows of the pipeline's own fold, at dates.

What comes after a date has not been folded when its rows are read, so it cannot be in them.
"""

import tempfile
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from agents.learning.snapshots import Past, Snapshot, Taken, take
from agents.offline.history import History, read_history
from agents.sources import ORDERS, TICKETS, TOUCHPOINTS
from benchmarks.detection.sets import DataSet
from pipeline.churn_model import Churn
from pipeline.churn_settings import ChurnLabel
from pipeline.detectors.frustration import Frustration
from pipeline.features import Known, features
from pipeline.orders import repeats, span_days
from pipeline.prospects import Prospects
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS, NEVER, days
from pipeline.variables import variables
from schemas.activity import Kind
from tests.realdata.convert import convert

LATEST_MS = 1_800_000_000_000
FOLDS = 5
_SOURCES = {"orders": ORDERS, "tickets": TICKETS, "touchpoints": TOUCHPOINTS}


@dataclass(slots=True)
class Subjects:
    """Customers, each at a date, (n, ...)."""

    at_ms: np.ndarray
    customer: np.ndarray  # whose row it is
    fold: np.ndarray  # by a hash of the customer
    rows: np.ndarray
    silent_ms: np.ndarray
    open_now: np.ndarray
    left: np.ndarray  # within the horizon

    def __len__(self):
        return len(self.at_ms)

    def take(self, which):
        """Return some of them."""
        return Subjects(*(getattr(self, field.name)[which] for field in fields(self)))

    @property
    def history(self):
        """Return x, tx and T in days, (n, 3); x is -1 for who never ordered."""
        tx = span_days(self.rows)
        return np.column_stack([repeats(self.rows), tx, tx + days(self.silent_ms)])

    def columns(self, settings, texts, within_days):
        """Return what boosting is given, (n, k): all that the model has, and more of the row."""
        frustration, churn = Frustration(settings.frustration), Churn(settings)
        mean = Prospects(settings, frustration, texts).population_mean(self.rows)
        known = Known.of(self.rows, mean)
        load = frustration.effective(self.rows, self.at_ms, self.open_now)
        silence = churn.silence_days(known, self.rows, self.silent_ms, self.at_ms)
        found = features(known, settings.order_model, silence, load, within_days)
        more = variables(settings, self.rows, self.at_ms, silence, load)
        contact = days(np.maximum(self.at_ms - self.rows["contact_ms"], 0))
        extra = [self.rows["tickets"], self.rows["orders"], span_days(self.rows), contact]
        return np.column_stack(
            [*found.values(), *more.values(), self.rows["loads"], self.open_now, *extra]
        ).astype(np.float64)


def join(some: list[Subjects]) -> Subjects:
    """Return them together."""
    return Subjects(
        *(
            np.concatenate([getattr(each, field.name) for each in some])
            for field in fields(Subjects)
        )
    )


def read(name: str) -> History:
    """Return the history of a data set."""
    with tempfile.TemporaryDirectory() as folder:
        paths = convert(name, Path(folder))
        return read_history({_SOURCES[kind]: [path] for kind, path in paths.items()}, LATEST_MS)


@dataclass(slots=True)
class Ground:
    """A history as it was taken: those at risk at each date, and what became of them."""

    data_set: DataSet
    settings: PipelineSettings
    taken: Taken  # its snapshots hold those at risk
    customer: np.ndarray  # by number: whose row it is
    fold: np.ndarray  # by number

    def at(self, dates_ms) -> Subjects:
        """Return those at risk at some dates."""
        return join([self._subjects(s) for s in self.taken.snapshots if s.at_ms in dates_ms])

    def _subjects(self, snapshot: Snapshot) -> Subjects:
        past, horizon_ms = self.taken.past, self.data_set.horizon_days * DAY_MS
        if self.data_set.label is ChurnLabel.SILENCE:
            left = ~past.ordered_within(snapshot, horizon_ms)
        else:
            left = past.closed_within(snapshot, horizon_ms)
        return Subjects(
            at_ms=np.full(len(snapshot), snapshot.at_ms),
            customer=self.customer[snapshot.number],
            fold=self.fold[snapshot.number],
            rows=snapshot.rows,
            silent_ms=snapshot.silent_ms,
            open_now=snapshot.open_now,
            left=left,
        )


def ground(data_set: DataSet, history: History, until_ms: int = NEVER) -> Ground:
    """Fold a history once, and keep those at risk at each of its dates up to an instant."""
    settings = PipelineSettings(churn_label=data_set.label, sources=history.topics)
    horizon = replace(settings.inactivity, horizon_days=float(data_set.horizon_days))
    settings = replace(settings, inactivity=horizon)
    taken = take(history, settings, [at for at in data_set.dates if at <= until_ms])
    ids = [name or "" for name in taken.table.store.ids]
    due_ms = _first_due_ms(history, ids) if data_set.only_due else np.zeros(len(ids))
    at_risk = [s.take(_at_risk(data_set, taken.past, s, ids, due_ms)) for s in taken.snapshots]
    customer = np.array([data_set.customer_of(name) for name in ids], str)
    fold = np.array([sha256(name.encode()).digest()[0] % FOLDS for name in customer.tolist()])
    return Ground(data_set, settings, replace(taken, snapshots=at_risk), customer, fold)


def _first_due_ms(history: History, ids):
    """Return, by number, when something first falls due: known from its opening on."""
    first = {}
    for activity in history.activities:
        if activity.kind == Kind.TICKET_OPENED:
            due_ms = max(activity.due_at, activity.occurred_at)
            first[activity.customer_id] = min(first.get(activity.customer_id, NEVER), due_ms)
    return np.array([first.get(name, NEVER) for name in ids])


def _at_risk(data_set, past: Past, snapshot: Snapshot, ids, due_ms):
    if data_set.label is ChurnLabel.SILENCE:
        return repeats(snapshot.rows) >= 0
    keep = snapshot.at_ms - snapshot.rows["first_ms"] >= data_set.at_risk_days * DAY_MS
    keep &= due_ms[snapshot.number] <= snapshot.at_ms
    if data_set.cohort is not None:
        own = [data_set.cohort(ids[number]) for number in snapshot.number.tolist()]
        keep &= np.array([snapshot.at_ms in dates for dates in own], np.bool_)
    return keep & ~past.is_closed(snapshot)
