"""Bad reviews against days late: the shape of the severity of being late.

An order's review is bad at 1 or 2 of 5. Days late are counted from the end of the promised day to
the delivery; for what was never delivered they are not known.
"""

import math
from collections import defaultdict

from pipeline.proportions import wilson
from tests.realdata.convert import reading

BINS = ((0.0, 1.0), (1.0, 3.0), (3.0, 7.0), (7.0, 14.0), (14.0, 30.0))
ON_TIME, NEVER = "on time", "never delivered"
_SCALE_DAYS = 5.0


def curve():
    """Yield, of each class: name, orders, share of bad reviews, interval, mean severity."""
    data = reading.data_folder() / "olist"
    scores = {
        row["order_id"]: int(row["review_score"])
        for row in reading.rows(data / "order_reviews.csv.gz")
    }
    seen = defaultdict(list)
    for row in reading.rows(data / "orders.csv.gz"):
        if row["order_id"] in scores:
            name, severity = _lateness(row)
            seen[name].append((scores[row["order_id"]] <= 2, severity))
    for name in (ON_TIME, *map(_name, BINS), NEVER):
        bad = sum(each for each, _ in seen[name])
        count = len(seen[name])
        low, high = wilson(bad, count)
        severity = sum(each for _, each in seen[name]) / count if name != NEVER else math.nan
        yield name, count, bad / count, low, high, severity


def _lateness(row):
    if not row["order_delivered_customer_date"]:
        return NEVER, math.nan
    promised = reading.day_end(reading.time(row["order_estimated_delivery_date"]))
    late = (reading.time(row["order_delivered_customer_date"]) - promised).total_seconds() / 86_400
    if late <= 0:
        return ON_TIME, 0.0
    inside = [each for each in BINS if each[0] < late <= each[1]]
    return (_name(inside[0]) if inside else "later"), 1 - math.exp(-late / _SCALE_DAYS)


def _name(days):
    return f"{days[0]:g} to {days[1]:g} days late"
