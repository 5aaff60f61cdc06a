"""A census: what is known of every customer at one instant, as columns.

It reads a table and leaves it as it is: what falls due by the instant has to be settled before, or
the episodes lag behind the readings.
"""

from dataclasses import dataclass

import numpy as np

from pipeline import stages
from pipeline.kinds import ALERT_KINDS
from pipeline.orders import last_ms
from pipeline.phases import OPEN
from pipeline.rows import Rows
from pipeline.table import ActivityTable
from pipeline.units import Bools, Floats, Ints, days, nonzero


@dataclass(frozen=True, slots=True)
class Census:
    """Every customer of a table, by customer id; columns of one length."""

    customer_id: list[str]
    orders: Ints
    tickets: Ints
    last_order_ms: Ints  # 0 for who never ordered
    silence_days: Floats  # dead time of the orders feed left out; NaN for who never ordered
    churn_probability: Floats  # of no order within the horizon; NaN for who never ordered
    frustration: Floats  # log-odds
    endurance: Floats  # log-odds
    stage: list[str]
    value_at_risk: Floats  # NaN where no amount is known
    currency: list[str]  # empty where no amount is known
    open_alerts: list[list[str]]  # kinds

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.customer_id)


def census(table: ActivityTable, at_ms: int) -> Census:
    """Return what is known of a table's customers at an instant, not before its clock."""
    row = table.store.everyone()
    ids = [table.store.ids[number] for number in row.tolist()]
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)
    _, rows = table.store.gather(row[order])
    at = np.maximum(rows["seen_ms"], at_ms)
    stages.advance(table.settings.stages, rows, at)
    known_ms = table.feeds.known_now_ms(at)
    reading = table.judge.frustration.read(table.pools.items, rows, at, known_ms)
    # Since its newest event the feed counts as dead: only its next one can tell.
    heard = np.minimum(at, table.feeds.orders.newest_ms)
    silent_ms = table.silent_ms(rows, heard)
    worth = table.explainer.worth(rows, silent_ms, at, reading.overdue.severity)
    ordered = last_ms(rows) > 0
    return Census(
        customer_id=[ids[place] for place in order.tolist()],
        orders=rows["orders"].astype(np.int64),
        tickets=rows["tickets"].astype(np.int64),
        last_order_ms=last_ms(rows),
        silence_days=np.where(ordered, days(silent_ms), np.nan),
        churn_probability=worth.probability,
        frustration=reading.load,
        endurance=reading.endurance,
        stage=[stages.Stage(code).name.lower() for code in rows["stage"].tolist()],
        value_at_risk=worth.at_risk,
        currency=worth.currency,
        open_alerts=_open_alerts(table, rows),
    )


def _open_alerts(table: ActivityTable, rows: Rows) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in range(len(rows))]
    for code, name in ALERT_KINDS.items():
        for place in nonzero(_is_open(table, rows, code)).tolist():
            found[place].append(str(name))
    return found


def _is_open(table: ActivityTable, rows: Rows, kind: int) -> Bools:
    keys = np.full(len(rows), kind, np.uint64)
    slot = table.pools.episodes.find(rows["episodes"], keys)
    return np.isin(table.pools.episodes.records["phase"][slot], OPEN)
