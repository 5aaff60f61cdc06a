"""Variables that may have knots, each by its definition."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.churn_settings import VARIABLES
from pipeline.rows import PURCHASES, WINDOWED
from pipeline.settings import PipelineSettings
from pipeline.variables import variables
from tests.pipeline.customers import NAN, customers
from tests.pipeline.harness import at

SETTINGS = PipelineSettings()
NOBODY = customers([])


def of(rows, at_ms, silence_days, load, settings=SETTINGS):
    return variables(settings, rows, at_ms, silence_days, load)


def test_every_accepted_name_is_computed():
    """Else a knot that the settings accept would stop a worker."""
    found = of(NOBODY, np.array([at(1)]), np.array([1.0]), np.array([0.0]))
    assert sorted(found) == sorted(VARIABLES)


def test_tenure_is_counted_from_the_first_activity():
    rows = customers([(5, NAN)], [(5, NAN)])
    got = of(rows, np.array([at(12.5), at(2)]), np.zeros(2), np.zeros(2))
    assert got["tenure_days"].tolist() == [7.5, 0.0]


def test_contact_is_the_customers_own_doing_and_no_longer_ago_than_the_silence():
    """Ordered on day 0, asleep since: 20 days, of which 12 count. A word on day 15: 5 days."""
    rows = customers([(0, NAN)], [(0, NAN)])
    rows["contact_ms"] = [at(0), at(15)]
    got = of(rows, np.full(2, at(20)), np.full(2, 12.0), np.zeros(2))
    assert got["contact_days"].tolist() == [12.0, 5.0]


def test_ticketless_days_are_the_tenure_of_who_never_opened_a_ticket():
    rows = customers([(5, NAN)], [(5, NAN)])
    rows["tickets"] = [0, 2]
    got = of(rows, np.full(2, at(12)), np.zeros(2), np.zeros(2))
    assert got["ticketless_days"].tolist() == [7.0, 0.0]
    assert got["tickets"].tolist() == [0.0, 2.0]
    assert got["orders"].tolist() == [1.0, 1.0]


def test_the_span_goes_from_the_first_order_day_to_the_last():
    rows = customers([(5, NAN), (9, NAN), (30, NAN)], [])
    got = of(rows, np.full(2, at(40)), np.zeros(2), np.zeros(2))
    assert got["span_days"].tolist() == [25.0, 0.0]


def test_silence_in_gaps_of_ones_own():
    """Days 0, 10 and 30: gaps of 15 days on average; 45 days are three. One order has no gap."""
    rows = customers([(0, NAN), (10, NAN), (30, NAN)], [(0, NAN)], [])
    got = of(rows, np.full(3, at(75)), np.full(3, 45.0), np.zeros(3))
    assert got["silence_gaps"].tolist() == [3.0, 0.0, 0.0]


def test_the_share_of_the_silence_since_the_last_contact():
    rows = customers([(0, NAN)], [(0, NAN)])
    rows["contact_ms"] = [at(0), at(15)]
    got = of(rows, np.full(2, at(20)), np.array([20.0, 20.0]), np.zeros(2))
    assert got["contact_share"].tolist() == [1.0, 0.25]


def test_orders_for_each_ticket_and_without_one_the_orders():
    rows = customers([(0, NAN), (1, NAN), (2, NAN)], [(0, NAN), (1, NAN)])
    rows["tickets"] = [4, 0]
    got = of(rows, np.full(2, at(9)), np.zeros(2), np.zeros(2))
    assert got["orders_per_ticket"].tolist() == [0.75, 2.0]


def test_an_order_is_half_as_fresh_after_a_half_life():
    """Two orders of weight 1 on day 0; after 365 days half of each is left. No order: 0."""
    rows = customers([(0, NAN), (0, NAN)], [])
    rows["loads"][:, PURCHASES] = [2.0, 0.0]
    rows["touched_ms"] = at(0)
    got = of(rows, np.full(2, at(365)), np.zeros(2), np.zeros(2))
    assert got["orders_freshness"] == pytest.approx([0.5, 0.0])


def test_recent_is_what_the_windows_hold():
    """Counts in the bucket of day 0; they are out of 13 buckets of 7 days 91 days later."""
    windows = replace(SETTINGS.windows, bucket_days=7, buckets=13)
    rows = customers([(0, NAN)], [(0, NAN)])
    day0 = at(0) // (7 * 86_400_000)
    rows["bucket"] = day0
    rows["windows"][:, WINDOWED.index("orders"), day0 % 13] = 3
    rows["windows"][:, WINDOWED.index("irritants"), day0 % 13] = 2
    settings = replace(SETTINGS, windows=windows)
    when = np.array([at(0), at(13 * 7)])
    got = of(rows, when, np.zeros(2), np.zeros(2), settings)
    assert got["orders_recent"].tolist() == [3.0, 0.0]
    assert got["irritants_recent"].tolist() == [2.0, 0.0]
