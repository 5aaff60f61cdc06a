"""The customers that are scored or learnt from: rows of the pipeline's own fold, at dates.

What comes after a date has not been folded when its rows are read, so it cannot be in them.
"""

import tempfile
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path

import numpy as np

from agents.learning.snapshots import Past, Snapshot, take
from agents.offline.history import History, read_history
from agents.sources import ORDERS, TICKETS, TOUCHPOINTS
from pipeline.churn_settings import ChurnLabel
from pipeline.detectors.frustration import Frustration
from pipeline.features import Known, features, variables
from pipeline.orders import repeats, span_days
from pipeline.units import DAY_MS, days
from tests.realdata.convert import convert

LATEST_MS = 1_800_000_000_000
FOLDS = 5
_SOURCES = {"orders": ORDERS, "tickets": TICKETS, "touchpoints": TOUCHPOINTS}


@dataclass(slots=True)
class Subjects:
    """Customers, each at a date, (n, ...)."""

    at_ms: np.ndarray
    customer: np.ndarray  # whose row it is
    rows: np.ndarray
    silent_ms: np.ndarray
    open_now: np.ndarray
    left: np.ndarray  # within the horizon
    ordered: np.ndarray  # within the step

    def __len__(self):
        return len(self.at_ms)

    def take(self, which):
        """Return some of them."""
        return Subjects(*(getattr(self, field.name)[which] for field in fields(self)))

    @property
    def fold(self):
        """Return the fold of each, by a hash of the customer."""
        names, place = np.unique(self.customer, return_inverse=True)
        of = [sha256(name.encode()).digest()[0] % FOLDS for name in names.tolist()]
        return np.array(of)[place]

    @property
    def history(self):
        """Return x, tx and T in days, (n, 3); x is -1 for who never ordered."""
        tx = span_days(self.rows)
        return np.column_stack([repeats(self.rows), tx, tx + days(self.silent_ms)])

    def predictors(self, settings, within_days):
        """Return the model's features and the variables that may have knots, by name."""
        means = [value.mean_amount for value in settings.values.values()]
        mean = np.where(self.rows["currency"] > 0, means[0] if means else np.nan, np.nan)
        load = Frustration(settings.frustration).effective(self.rows, self.at_ms, self.open_now)
        silence = days(self.silent_ms)
        found = features(
            Known.of(self.rows, mean), settings.order_model, silence, load, within_days
        )
        return found, variables(self.rows, self.at_ms, silence, load)

    def columns(self, settings, within_days):
        """Return what boosting is given, (n, k): all that the model has, and more of the row."""
        found, more = self.predictors(settings, within_days)
        contact = days(np.maximum(self.at_ms - self.rows["contact_ms"], 0))
        extra = [self.rows["tickets"], self.rows["orders"], span_days(self.rows), contact]
        return np.column_stack(
            [*found.values(), *more.values(), self.rows["loads"], self.open_now, *extra]
        ).astype(np.float64)


def join(some: list[Subjects]) -> Subjects:
    """Return them together."""
    return Subjects(
        *(np.concatenate([getattr(each, field.name) for each in some]) for field in fields(Subjects))
    )


def read(name: str) -> History:
    """Return the history of a data set."""
    with tempfile.TemporaryDirectory() as folder:
        paths = convert(name, Path(folder))
        return read_history({_SOURCES[kind]: [path] for kind, path in paths.items()}, LATEST_MS)


def at_dates(history, settings, data_set, dates_ms, step_days) -> dict[int, Subjects]:
    """Return who is at risk at each date, and what became of them."""
    found = {}
    for part, its_dates in _parts(history, data_set, dates_ms):
        taken = take(part, settings, its_dates)
        for snapshot in taken.snapshots:
            ids = np.array(taken.table.store.ids, object)[snapshot.number].astype(str)
            known = _at_risk(data_set, taken.past, snapshot, ids)
            found[snapshot.at_ms] = _subjects(
                data_set, taken.past, snapshot.take(known), ids[known], step_days
            )
    return found


def _parts(history, data_set, dates_ms):
    """Yield what is folded together: all, or each cohort by itself up to its only date."""
    if data_set.cohort is None:
        yield history, sorted(dates_ms)
        return
    for at_ms in sorted(dates_ms):
        mine = [a for a in history.activities if data_set.cohort(a.customer_id) == at_ms]
        yield History(mine, history.topics), [at_ms]


def _at_risk(data_set, past: Past, snapshot: Snapshot, ids):
    if data_set.label is ChurnLabel.SILENCE:
        return repeats(snapshot.rows) >= 0
    old = snapshot.at_ms - snapshot.rows["first_ms"] >= data_set.at_risk_days * DAY_MS
    due = (snapshot.rows["items"] > 0) | (snapshot.rows["tickets"] > 0) | (not data_set.only_due)
    return old & due & ~past.is_closed(snapshot)


def _subjects(data_set, past, snapshot, ids, step_days):
    horizon_ms, step_ms = data_set.horizon_days * DAY_MS, step_days * DAY_MS
    if data_set.label is ChurnLabel.SILENCE:
        left = ~past.ordered_within(snapshot, horizon_ms)
    else:
        left = past.closed_within(snapshot, horizon_ms)
    return Subjects(
        at_ms=np.full(len(snapshot), snapshot.at_ms),
        customer=np.array([data_set.customer_of(name) for name in ids.tolist()], str),
        rows=snapshot.rows,
        silent_ms=snapshot.silent_ms,
        open_now=snapshot.open_now,
        left=left,
        ordered=past.ordered_within(snapshot, step_ms),
    )
