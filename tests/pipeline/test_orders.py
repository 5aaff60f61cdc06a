"""Order facts, against lists and sets; within 64 days, and fewer than three orders a day."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import orders
from pipeline.rows import row_dtype
from pipeline.settings import WindowSettings
from pipeline.units import DAY_MS
from tests.pipeline.harness import at
from tests.pipeline.strategies import examples

NAN = float("nan")
EUR, USD = 2, 3


def blank(count=1):
    return np.zeros(count, row_dtype(WindowSettings()))


def place(rows, when_ms, amount=NAN, currency=0):
    return orders.place(rows, np.array([when_ms]), np.array([amount]), np.array([currency]))[0]


def take_back(rows, when_ms, amount=NAN):
    orders.take_back(rows, np.array([0]), np.array([when_ms]), np.array([amount]))


class Naive:
    """What is known of a list of orders, from the list."""

    def __init__(self):
        self.placed = []

    def days(self):
        return sorted({when // DAY_MS for when, _ in self.placed})


moves = st.lists(
    st.tuples(st.booleans(), st.integers(0, 60), st.integers(0, 23), st.sampled_from([NAN, 5, 70])),
    max_size=30,
)


@examples(300)
@given(moves)
def test_against_a_list_of_orders(moves):
    rows, naive = blank(), Naive()
    newest_ever = 0
    for takes_back, day, hour, amount in moves:
        when = at(day, hour)
        per_day = Counter(other // DAY_MS for other, _ in naive.placed)
        if takes_back and naive.placed:
            take_back(rows, *naive.placed.pop(day % len(naive.placed)))
        elif per_day[when // DAY_MS] < 2:
            naive.placed.append((when, amount))
            newest_ever = max(newest_ever, when)
            assert place(rows, when, amount, EUR) == (not np.isnan(amount))
        days = naive.days()
        assert orders.repeats(rows).tolist() == [len(days) - 1]
        assert rows["orders"].tolist() == [len(naive.placed)]
        amounts = [amount for _, amount in naive.placed if not np.isnan(amount)]
        assert rows["amounts"].tolist() == [len(amounts)]
        assert rows["amount_sum"][0] == pytest.approx(sum(amounts))
        assert rows["amount_squares"][0] == pytest.approx(sum(a * a for a in amounts))
        if days:
            assert orders.first_day(rows).tolist() == [days[0]]
            assert orders.last_day(rows).tolist() == [days[-1]]
            assert orders.span_days(rows).tolist() == [days[-1] - days[0]]
            last = newest_ever if newest_ever // DAY_MS == days[-1] else (days[-1] + 1) * DAY_MS - 1
            assert orders.last_ms(rows).tolist() == [last]
        else:
            assert orders.last_ms(rows).tolist() == [0]


@examples(150)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=40))
def test_years_of_orders_in_order_of_time(days):
    """However far apart: occasions, first and last are those of the set of days."""
    rows = blank()
    for day in sorted(days):
        place(rows, at(day, 12))
    assert orders.repeats(rows).tolist() == [len(set(days)) - 1]
    assert orders.span_days(rows).tolist() == [max(days) - min(days)]
    assert orders.last_ms(rows).tolist() == [at(max(days), 12)]


def test_a_last_order_taken_back_leaves_the_one_before_however_long_ago():
    """The one before has left the 64 days: its day is known still, as is the first."""
    rows = blank()
    for day in (0, 10, 300):
        place(rows, at(day))
    take_back(rows, at(300))
    assert orders.repeats(rows).tolist() == [1]
    assert orders.last_day(rows)[0] - orders.first_day(rows)[0] == 10


def test_three_orders_of_a_day_stay_an_occasion():
    """Two bits a day count to three: what is known of it is 'three or more'."""
    rows = blank()
    for _ in range(4):
        place(rows, at(1))
    for _ in range(3):
        take_back(rows, at(1))
    assert orders.repeats(rows).tolist() == [0]


def test_another_currency_is_counted_not_summed():
    rows = blank()
    assert place(rows, at(0), 10.0, EUR)
    assert not place(rows, at(1), 99.0, USD)
    assert not place(rows, at(2), NAN, EUR)
    assert (rows["amount_sum"][0], rows["amounts"][0], rows["foreign_orders"][0]) == (10.0, 1, 1)
    assert (rows["last_amount"][0], rows["last_amount_ms"][0]) == (10.0, at(0))
