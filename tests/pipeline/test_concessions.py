"""Who is compensated again and again and buys as before: four orders, ten days apart."""

import numpy as np
import pytest

from pipeline import orders
from pipeline.concessions import evidence, pattern
from pipeline.detector_settings import ConcessionSettings
from pipeline.rows import row_dtype
from pipeline.settings import WindowSettings
from tests.pipeline.harness import at

OFTEN = ConcessionSettings(compensations_min=3)


def customer(*ordered, times=3, compensated=25):
    rows = np.zeros(1, row_dtype(WindowSettings()))
    for when in ordered:
        orders.place(rows, np.array([at(when)]), np.array([np.nan]), np.zeros(1, np.int64))
    rows["compensations"], rows["compensated_ms"] = times, at(compensated)
    return rows


def seeks(rows, now):
    [found] = pattern(OFTEN, rows, np.array([at(now)]))
    return bool(found)


@pytest.mark.parametrize(
    ("rows", "now", "is_so"),
    [
        pytest.param(customer(0, 10, 20, 30), 31, True, id="thrice, and she orders on"),
        pytest.param(customer(0, 10, 20, 30, times=2), 31, False, id="twice"),
        pytest.param(customer(0, 10, 20, 30), 50, True, id="silent for two gaps"),
        pytest.param(customer(0, 10, 20, 30), 51, False, id="for longer"),
        pytest.param(customer(0, 10, 20, 30, compensated=32), 45, True, id="a fresh compensation"),
        pytest.param(customer(0, 10), 11, False, id="fewer orders than compensations"),
        pytest.param(customer(0, 10, 20), 21, True, id="as many"),
        pytest.param(customer(), 21, False, id="never ordered"),
    ],
)
def test_who_is_shown(rows, now, is_so):
    assert seeks(rows, now) is is_so


def test_the_evidence_is_told_in_numbers():
    assert evidence(customer(0, 10, 20, 30), 0, at(31)) == (
        "compensated 3 times, the last on 26 Jan, and orders every 10 days as before: "
        "look at the cases yourself"
    )
    assert "and orders every day as before" in evidence(customer(0, 1, 2, 3), 0, at(31))


def test_each_row_is_judged_by_its_own():
    rows = np.concatenate([customer(0, 10, 20, 30), customer(0, 10, 20, 30, times=1)])
    assert pattern(OFTEN, rows, np.full(2, at(31))).tolist() == [True, False]
