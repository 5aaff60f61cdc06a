"""How well P(no order) ranks the customers of two real shops.

The data are not part of the project. They are read from `../shared/data` beside the repository,
or from the folder named by REAL_EVENT_DATA: `online_retail/orders.csv.gz` (UCI Online Retail II:
customer_id, timestamp, is_cancel) and `cdnow/transactions.csv.gz` (CDNOW: customer_id, date).

What is measured:

* An occasion is a UTC day with an order. Cancellations (`is_cancel`) are none; a CDNOW row of 0
  dollars is one.
* At the cut everyone with an occasion on or before the day of the cut is ranked, however long
  silent: x, tx and silence are counted in whole days up to that day.
* The label is no occasion on any of the days after the cut up to cut + horizon, both the last
  day and the first included.
* The score is P(no order in 90 days) under the pooled default parameters, for both shops.

AUC over all, and over repeat buyers (x > 0). The floors were measured independently of this
code. The hiatus (silence alone) must be matched too: it shows that customers, occasions and
labels are the ones the floors were measured on, whatever the model does.
"""

import csv
import gzip
import os
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from pipeline.order_model import OrderModel, silence_probability

DATA = Path(os.environ.get("REAL_EVENT_DATA") or Path(__file__).parents[3] / "shared" / "data")
SLACK = 0.003


def auc(scores: np.ndarray, labels: np.ndarray) -> float:
    """Return P(a positive scores above a negative), ties counting half (Mann-Whitney)."""
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    positives = int(labels.sum())
    negatives = labels.size - positives
    return (ranks[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives)


def occasions(
    path: Path, day_column: str, is_order: Callable[[dict[str, str]], bool]
) -> list[list[date]]:
    """Return the sorted days with an order of each customer."""
    if not path.exists():
        lacking = f"no {path.parent.name}/{path.name} in {DATA}; set REAL_EVENT_DATA to have it"
        pytest.skip(lacking)  # meant: the data is no part of the project
    days = defaultdict(set)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if is_order(row):
                days[row["customer_id"]].add(date.fromisoformat(row[day_column][:10]))
    return [sorted(of_one) for of_one in days.values()]


def at_cut(
    customers: list[list[date]], cut: date, horizon: timedelta
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return x, tx and silence in days, and whether no order followed."""
    rows = []
    for days in customers:
        past = [day for day in days if day <= cut]
        if past:
            left = not any(cut < day <= cut + horizon for day in days)
            rows.append((len(past) - 1, (past[-1] - past[0]).days, (cut - past[-1]).days, left))
    x, tx, silence, left = np.array(rows).T
    return x, tx, silence, left.astype(bool)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            (
                "online_retail/orders.csv.gz",
                "timestamp",
                lambda row: row["is_cancel"] == "False",
                (date(2011, 6, 9), timedelta(days=183)),
                {"silence": (0.776, 0.750), "model": (0.812, 0.791)},
            ),
            id="online_retail",
        ),
        pytest.param(
            (
                "cdnow/transactions.csv.gz",
                "date",
                lambda _: True,
                (date(1997, 9, 30), timedelta(days=273)),
                {"silence": (0.759, 0.717), "model": (0.766, 0.732)},
            ),
            id="cdnow",
        ),
    ],
)
def shop(request):
    name, day_column, is_order, cut, figures = request.param
    return (*at_cut(occasions(DATA / name, day_column, is_order), *cut), figures)


def test_auc_by_hand():
    """Pairs (positive, negative): 3 > 1, 3 > 2, 2 > 1 won, 2 = 2 half: 3.5 of 4."""
    scores, labels = np.array([3, 2, 2, 1]), np.array([True, True, False, False])
    assert auc(scores, labels) == 3.5 / 4


def test_these_are_the_customers_the_floors_were_measured_on(shop):
    x, _, silence, left, figures = shop
    got = auc(silence, left), auc(silence[x > 0], left[x > 0])
    assert got == pytest.approx(figures["silence"], abs=0.0006)


def test_the_order_model_ranks_as_well_as_it_should(shop):
    x, tx, silence, left, figures = shop
    score = silence_probability(OrderModel(), x, tx, silence, 90)
    over_all, over_repeat = auc(score, left), auc(score[x > 0], left[x > 0])
    floor_all, floor_repeat = figures["model"]
    assert over_all >= floor_all - SLACK
    assert over_repeat >= floor_repeat - SLACK
