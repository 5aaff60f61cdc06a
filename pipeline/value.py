"""Value at risk: what it would cost, over the horizon, if this customer left.

The mean amount of an order, times the orders expected of the customer if she is still active,
times the probability that she leaves. (With orders not conditional on being active the leaving
would be counted twice, and the surest leaver would be worth nothing.) Values of different
currencies are never added.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def shrunk_mean(
    count: npt.ArrayLike,
    mean: npt.ArrayLike,
    population_mean: npt.ArrayLike,
    kappa: npt.ArrayLike,
) -> Floats:
    """Return the expected amount of a customer's next order: (n mean + kappa mu) / (n + kappa).

    Few orders say little about a customer, so her mean is drawn towards that of her currency, as
    if `kappa` orders of the population's mean had come before.

    Args:
        count: (customers,) orders whose amount is known, n >= 0.
        mean: (customers,) mean amount of these; not read where n is 0.
        population_mean: mu of the customer's currency, one or (customers,); NaN where unknown.
        kappa: variance within over variance between customers of that currency, finite, >= 0,
            one or (customers,); 0 keeps the customer's own mean.

    Returns:
        (customers,) amounts; NaN where neither the customer nor her currency is known.
    """
    n, own, mu, weight = np.broadcast_arrays(*np.atleast_1d(count, mean, population_mean, kappa))
    drawn = np.where(np.isnan(mu), 0.0, weight)
    total = n + drawn
    amounts = np.where(n > 0, n * own, 0.0) + np.where(drawn > 0, drawn * mu, 0.0)
    shrunk = amounts / np.where(total > 0, total, 1.0)
    # Unseen is not zero: without orders the currency's mean is all there is, known or not.
    return np.asarray(np.where(n > 0, shrunk, mu), dtype=np.float64)


def value_at_risk(
    mean_amount: npt.ArrayLike,
    orders_if_alive: npt.ArrayLike,
    churn_probability: npt.ArrayLike,
) -> Floats:
    """Return the amount that leaving would cost over the horizon, in the customer's currency.

    Args:
        mean_amount: (customers,) amount of an order, as from `shrunk_mean`.
        orders_if_alive: (customers,) E[orders within the horizon | active now], >= 0.
        churn_probability: (customers,) in [0, 1], of the same horizon.

    Returns:
        (customers,) amounts; NaN where the amount is unknown.
    """
    return np.asarray(
        np.asarray(mean_amount, dtype=np.float64)
        * np.asarray(orders_if_alive, dtype=np.float64)
        * np.asarray(churn_probability, dtype=np.float64)
    )
