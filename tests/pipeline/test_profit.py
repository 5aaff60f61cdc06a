"""Who costs more than she brings in, where the costs are known."""

import numpy as np
import pytest

from pipeline.profit import unprofitable
from pipeline.rows import row_dtype
from pipeline.settings import ValueSettings, WindowSettings

COSTS = ValueSettings(margin_share=0.3, ticket_cost=10.0, return_cost=5.0)


def reason(settings=COSTS, amounts=4, total=100.0, tickets=0, returns=0):
    rows = np.zeros(2, row_dtype(WindowSettings()))
    row = rows[1:]
    row["amounts"], row["amount_sum"] = amounts, total
    row["tickets"], row["returns"] = tickets, returns
    return unprofitable(settings, rows, 1)


@pytest.mark.parametrize(
    ("tickets", "returns", "what"),
    [
        pytest.param(2, 3, "2 tickets and 3 returns cost 35", id="both"),
        pytest.param(4, 0, "4 tickets cost 40", id="tickets alone"),
        pytest.param(0, 7, "7 returns cost 35", id="returns alone"),
        pytest.param(1, 5, "1 ticket and 5 returns cost 35", id="one of a kind"),
    ],
)
def test_of_100_at_a_margin_of_three_tenths_30_may_be_spent(tickets, returns, what):
    assert reason(tickets=tickets, returns=returns) == (
        f"do not chase: {what}, more than the margin of 30 of all orders"
    )


def test_large_sums_are_told_in_thousands():
    assert reason(total=10_000.0, tickets=301) == (
        "do not chase: 301 tickets cost 3,010, more than the margin of 3,000 of all orders"
    )


@pytest.mark.parametrize(
    "case",
    [
        pytest.param({"tickets": 3}, id="what she costs is what she brings in"),
        pytest.param({"amounts": 0, "total": 0.0, "tickets": 9}, id="no amount is known"),
        pytest.param({"settings": None, "tickets": 9}, id="nothing is known of the currency"),
        pytest.param({"settings": ValueSettings(margin_share=0.0), "tickets": 9}, id="no costs"),
        pytest.param(
            {"settings": ValueSettings(margin_share=0.3, return_cost=5.0), "tickets": 9},
            id="a cost that nobody has named",
        ),
        pytest.param({"total": np.inf, "tickets": 9}, id="a sum beyond all numbers"),
    ],
)
def test_who_is_not_called_unprofitable(case):
    assert reason(**case) is None
