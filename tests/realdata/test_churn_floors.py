"""How well the churn model ranks the customers of two real shops, with nothing fitted to them.

Customers, cut, horizon and label are those of `test_floors.py`; the rows are a worker's own. The
population's mean amount, which a worker has from `fit`, is that of the customers up to the cut.
The floors are those of the hazard with default weights, measured independently of this code.
"""

import csv
import gzip
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from pipeline import orders
from pipeline.churn_model import Churn
from pipeline.inactivity_settings import InactivitySettings
from pipeline.rows import row_dtype
from pipeline.settings import PipelineSettings, WindowSettings
from pipeline.units import DAY_MS
from tests.realdata.test_floors import DATA, SLACK, auc

EPOCH = date(1970, 1, 1)
CODE = 2  # of the one currency


def orders_of(name, time, amount, is_order):
    """Return the orders of each customer as (ms, amount), in order of time."""
    path = DATA / name
    if not path.exists():
        lacking = f"no {name} in {DATA}; set REAL_EVENT_DATA to have it"
        pytest.skip(lacking)  # meant: the data is no part of the project
    found = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if is_order(row):
                at = datetime.fromisoformat(row[time]).replace(tzinfo=UTC)
                found[row["customer_id"]].append((round(at.timestamp() * 1000), float(row[amount])))
    return [sorted(own) for own in found.values()]


def folded(histories):
    """Return rows that know these orders, the k-th of all customers placed at once."""
    rows = np.zeros(len(histories), row_dtype(WindowSettings()))
    for k in range(max(map(len, histories))):
        which = np.array([i for i, own in enumerate(histories) if len(own) > k])
        at_ms, amount = np.array([histories[i][k] for i in which]).T
        some = rows[which]
        orders.place(some, at_ms.astype(np.int64), amount, np.full(len(which), CODE))
        rows[which] = some
    return rows


SHOPS = [
    pytest.param(
        ("online_retail/orders.csv.gz", "timestamp", "amount"),
        lambda row: row["is_cancel"] == "False",
        (date(2011, 6, 9), timedelta(days=183)),
        (0.815, 0.795),
        id="online_retail",
    ),
    pytest.param(
        ("cdnow/transactions.csv.gz", "date", "dollar_value"),
        lambda _: True,
        (date(1997, 9, 30), timedelta(days=273)),
        (0.768, 0.733),
        id="cdnow",
    ),
]


@pytest.mark.parametrize(("columns", "is_order", "cut", "floors"), SHOPS)
def test_the_default_weights_rank_as_well_as_they_should(columns, is_order, cut, floors):
    day, horizon = (cut[0] - EPOCH).days, cut[1].days
    histories, left = [], []
    for own in orders_of(*columns, is_order):
        past = [order for order in own if order[0] // DAY_MS <= day]
        if past:
            histories.append(past)
            left.append(not any(day < at_ms // DAY_MS <= day + horizon for at_ms, _ in own))
    rows, left = folded(histories), np.array(left)
    at_ms = np.full(len(rows), day * DAY_MS)
    silent_ms = at_ms - orders.last_day(rows) * DAY_MS
    mean = (rows["amount_sum"] / rows["amounts"]).mean()
    calm = np.zeros(len(rows))

    config = PipelineSettings(inactivity=InactivitySettings(horizon_days=float(horizon)))
    p = Churn(config).probability(rows, silent_ms, at_ms, np.full(len(rows), mean), lambda _: calm)

    repeat = orders.repeats(rows) > 0
    got = auc(p, left), auc(p[repeat], left[repeat])
    assert got[0] >= floors[0] - SLACK
    assert got[1] >= floors[1] - SLACK
