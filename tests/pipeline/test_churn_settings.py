"""Settings of the churn model: what is refused, in which words."""

import pytest

from pipeline.churn_settings import ChurnModel, Hinges
from pipeline.errors import SettingError

NAN = float("nan")


@pytest.mark.parametrize(
    ("make", "line"),
    [
        pytest.param(
            lambda: ChurnModel(weights={"recency": 1.0}),
            "churn_model.weights is recency; wants one of lp0, silence, count, one_time, "
            "order_value, last_value, trouble, unresolved, unresolved_silence",
            id="no such feature",
        ),
        pytest.param(
            lambda: ChurnModel(weights={"count": NAN}),
            "churn_model.weights.count is nan; wants a finite number",
            id="weight",
        ),
        pytest.param(
            lambda: ChurnModel(hinges={"age": Hinges()}),
            "churn_model.hinges is age; wants one of silence_days, silence_gaps, contact_days, "
            "contact_share, tenure_days, ticketless_days, load, irritants_recent, tickets, orders, "
            "orders_recent, orders_freshness, orders_per_ticket, span_days",
            id="no such variable",
        ),
        pytest.param(
            lambda: ChurnModel(intercept=float("inf")),
            "churn_model.intercept is inf; wants a finite number",
            id="intercept",
        ),
        pytest.param(
            lambda: ChurnModel(step_days=0.0),
            "churn_model.step_days is 0.0; wants a number above 0",
            id="step",
        ),
        pytest.param(
            lambda: Hinges(knots=(1.0, 2.0), weights=(0.5,)),
            "churn_model.hinges is 2 knots, 1 weights; wants a weight for each knot",
            id="lengths",
        ),
    ],
)
def test_what_is_refused(make, line):
    with pytest.raises(SettingError) as caught:
        make()
    assert str(caught.value).replace("`", "") == line
