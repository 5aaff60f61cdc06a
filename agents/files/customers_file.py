"""The customers as a CSV file: one row each, as of one instant. An empty cell is not known."""

import csv
from collections.abc import Iterator
from typing import Final, TextIO

import numpy as np

from pipeline.census import Census
from schemas.base import rfc3339

COLUMNS: Final = (
    "customer_id",
    "orders",
    "tickets",
    "last_order_at",
    "silence_days",
    "churn_probability",
    "frustration",
    "endurance",
    "stage",
    "value_at_risk",
    "currency",
    "open_alerts",
)


def write_customers(census: Census, to: TextIO) -> None:
    """Write a census with a header; `open_alerts` are kinds, with semicolons between."""
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(
        zip(
            census.customer_id,
            census.orders.tolist(),
            census.tickets.tolist(),
            (rfc3339(at_ms) if at_ms else "" for at_ms in census.last_order_ms.tolist()),
            _cells(census.silence_days, 2),
            _cells(census.churn_probability, 4),
            _cells(census.frustration, 4),
            _cells(census.endurance, 4),
            census.stage,
            _cells(census.value_at_risk, 2),
            census.currency,
            (";".join(kinds) for kinds in census.open_alerts),
            strict=True,
        )
    )


def _cells(values: np.typing.NDArray[np.float64], digits: int) -> Iterator[str]:
    return ("" if np.isnan(value) else f"{value:.{digits}f}" for value in values)
