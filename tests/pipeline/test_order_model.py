"""The order model against published values, its own definition, and what must hold."""

from functools import lru_cache
from math import exp, inf, lgamma, log, log1p

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.order_model import (
    DAY_MS,
    NEVER,
    SILENCE_MS_MAX,
    OrderModel,
    alive_probability,
    expected_orders_if_alive,
    log_likelihood,
    silence_probability,
    silence_reaching,
)

# A tenth of the CDNOW customers, in weeks: Fader, Hardie & Lee (2005); MBG fitted to the same.
BG = OrderModel(r=0.243, alpha_days=4.414, a=0.793, b=2.426, dropout="BG/NBD")
MBG = OrderModel(r=0.525, alpha_days=6.183, a=0.891, b=1.614)
ERLANG_3 = OrderModel(r=0.85, alpha_days=1.45, a=0.79, b=2.42, k=3)
DEFAULT = OrderModel()

PRINTED = 5.1e-7  # half of the last of six digits


@pytest.mark.parametrize(
    ("model", "history", "horizon", "alive", "no_order", "orders", "likelihood"),
    [
        pytest.param(
            BG, (2, 30.43, 38.86), 39, 0.726579, 0.445373, 1.226028, -9.458606, id="BG repeat"
        ),
        pytest.param(BG, (0, 0, 38.86), 39, 1, 0.855449, 0.195098, -0.554713, id="BG one-time"),
        pytest.param(
            MBG, (2, 30.43, 38.86), 39, 0.706202, 0.440006, 1.262961, -9.485551, id="MBG repeat"
        ),
        pytest.param(
            MBG, (0, 0, 38.86), 39, 0.389735, 0.891171, 0.154013, -0.539837, id="MBG one-time"
        ),
        pytest.param(
            DEFAULT, (5, 300, 360), 90, 0.926486, 0.388300, 1.083178, None, id="defaults, days"
        ),
        pytest.param(ERLANG_3, (4, 10, 14), 8, 0.640228, 0.368786, None, None, id="Erlang-3 gaps"),
    ],
)
def test_known_values(*, model, history, horizon, alive, no_order, orders, likelihood):
    """E of the first row is published (Fader & Hardie); the rest was checked by simulation."""
    x, tx, observed = history
    state = ([x], [tx], [observed - tx])
    got_alive = alive_probability(model, *state)
    assert got_alive == pytest.approx([alive], abs=PRINTED)
    assert silence_probability(model, *state, horizon) == pytest.approx([no_order], abs=PRINTED)
    if orders is not None:
        got = got_alive * expected_orders_if_alive(model, *state, horizon)
        assert got == pytest.approx([orders], abs=PRINTED)
    if likelihood is not None:
        got = log_likelihood(model, [x], [tx], [observed])
        assert got == pytest.approx([likelihood], abs=PRINTED)


@lru_cache
def population(model: OrderModel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rates (column), dropout probabilities (row), and ln of the mass on each pair.

    Trapezoids over ln(rate) and logit(dropout), where both densities die off smoothly at both
    ends, so the sum converges faster than any power of the step.
    """
    u = np.linspace(-140, 12, 1500)[:, None]
    v = np.linspace(-60, 60, 1200)[None, :]
    stay, drop = -np.logaddexp(0, v), -np.logaddexp(0, -v)  # ln(1 - p), ln(p)
    r, alpha, a, b = model.r, model.alpha_days, model.a, model.b
    mass = r * log(alpha) - lgamma(r) + r * u - alpha * np.exp(u)
    mass = mass + lgamma(a + b) - lgamma(a) - lgamma(b) + a * drop + b * stay
    return np.exp(u), drop, mass + log(u[1, 0] - u[0, 0]) + log(v[0, 1] - v[0, 0])


def by_integration(model: OrderModel, x: int, tx: float, observed: float, horizon: float):
    """(P(alive), P(no order), E[orders | alive], ln L) from the definition, by quadrature.

    Given rate and p: x orders at their times, x chances to drop out not taken (one fewer under
    BG/NBD, whose first order offers none), then either dropped out at the last order, or not
    and silent. Whoever is active orders at the rate until an order is the last: exp(-rate p s).
    """
    rate, log_p, mass = population(model)
    log_stay = np.log(-np.expm1(log_p))
    chances = x if model.dropout == "MBG" else max(x - 1, 0)
    may_drop = model.dropout == "MBG" or x > 0
    past = mass + x * np.log(rate) - rate * tx + chances * log_stay
    active = past + (log_stay if may_drop else 0)
    dropped = np.exp(past + log_p).sum() if may_drop else 0.0
    now, later = (
        np.exp(active - rate * silence).sum()
        for silence in (observed - tx, observed - tx + horizon)
    )
    p = np.exp(log_p)
    to_come = -np.expm1(-rate * p * horizon) / p
    orders = (np.exp(active - rate * (observed - tx)) * to_come).sum() / now
    return now / (now + dropped), (later + dropped) / (now + dropped), orders, log(now + dropped)


@pytest.mark.parametrize("model", [BG, MBG], ids=["BG/NBD", "MBG"])
@pytest.mark.parametrize(
    ("x", "tx", "observed", "horizon"),
    [(0, 0.0, 0.0, 4.0), (0, 0.0, 60.0, 26.0), (1, 2.0, 10.0, 13.0), (6, 40.0, 44.0, 300.0)],
)
def test_formulas_are_the_integrals_they_stand_for(model, x, tx, observed, horizon):
    """Rate and dropout integrated out numerically, with no closed form of the model."""
    alive, no_order, orders, likelihood = by_integration(model, x, tx, observed, horizon)
    state = ([x], [tx], [observed - tx])
    assert alive_probability(model, *state) == pytest.approx([alive], rel=1e-9)
    assert silence_probability(model, *state, horizon) == pytest.approx([no_order], rel=1e-9)
    assert expected_orders_if_alive(model, *state, horizon) == pytest.approx([orders], rel=1e-9)
    assert log_likelihood(model, [x], [tx], [observed]) == pytest.approx([likelihood], rel=1e-9)


def orders_by_tail_sums(model: OrderModel, x: int, observed: float, horizon: float) -> float:
    """E[orders | alive] as the sum over m of P(not dropped out before the m-th) P(NegBin >= m)."""
    shape, beta = model.r + x, model.alpha_days + observed
    log_y, log_rest = -log1p(beta / horizon), -log1p(horizon / beta)
    stays = model.b + x + (1 if model.dropout == "MBG" else 0)
    orders, reach, m = 0.0, 0.0, 0
    # Summed by parts: P(NegBin = m) times the sum of the first m chances.
    chance = 1.0
    while True:
        m += 1
        reach += chance
        chance *= (stays + m - 1) / (model.a + stays + m - 1)
        mass = lgamma(shape + m) - lgamma(shape) - lgamma(m + 1) + shape * log_rest + m * log_y
        orders += exp(mass) * reach
        if m > 2 * shape * horizon / beta and exp(mass) * reach < 1e-18 * orders:
            return orders


@pytest.mark.parametrize("dropout", ["MBG", "BG/NBD"])
@pytest.mark.parametrize("a", [0.05, 0.23, 1 - 1e-9, 1.0, 1 + 1e-12, 1.5, 7.0])
@pytest.mark.parametrize(
    ("x", "observed", "horizon"),
    [
        pytest.param(0, 0.0, 90.0, id="just arrived"),
        pytest.param(0, 0.0, 1800.0, id="horizon 30 times alpha"),
        pytest.param(5, 360.0, 90.0, id="a regular"),
        pytest.param(10_000, 3650.0, 365.0, id="a robot"),
        pytest.param(10_000, 0.01, 30.0, id="a robot on its first day"),
    ],
)
def test_expected_orders_equal_the_tail_sums(dropout, a, x, observed, horizon):
    """The second form has positive terms only and nothing special at a = 1."""
    model = OrderModel(a=a, dropout=dropout)
    expected = orders_by_tail_sums(model, x, observed, horizon)
    got = expected_orders_if_alive(model, [x], [observed], [0.0], horizon)
    assert got == pytest.approx([expected], rel=1e-9)  # lgamma near 10,000 keeps 1e-11


parameters = st.floats(0.05, 20)
models = st.builds(
    OrderModel,
    r=parameters,
    alpha_days=st.floats(0.5, 400),
    a=parameters,
    b=parameters,
    dropout=st.sampled_from(["MBG", "BG/NBD"]),
)
days = st.floats(0, 4000)
horizons = st.floats(0.1, 400)
customers = st.tuples(st.integers(0, 10_000), days, days)  # x, tx, silence
ROUNDING = 1e-13


@given(models, customers, days, horizons)
def test_silence_only_makes_it_worse(model, customer, more, horizon):
    x, tx, silence = customer
    both = silence_probability(model, [x, x], [tx, tx], [silence, silence + more], horizon)
    assert both[1] >= both[0] - ROUNDING
    alive = alive_probability(model, [x, x], [tx, tx], [silence, silence + more])
    assert alive[1] <= alive[0] + ROUNDING


@given(models, customers, st.floats(0, 400), st.floats(0, 400))
def test_a_longer_horizon_has_more_room_for_an_order(model, customer, horizon, more):
    x, tx, silence = customer
    short = silence_probability(model, [x], [tx], [silence], horizon)
    long = silence_probability(model, [x], [tx], [silence], horizon + more)
    assert 0 <= long[0] <= short[0] + ROUNDING
    assert short[0] <= 1
    few = expected_orders_if_alive(model, [x], [tx], [silence], horizon)
    many = expected_orders_if_alive(model, [x], [tx], [silence], horizon + more)
    assert many[0] >= few[0] * (1 - 1e-9)


@given(models, customers, st.floats(0, 1), horizons)
def test_of_two_as_old_the_later_seen_is_safer(model, customer, part, horizon):
    x, tx, silence = customer
    observed = tx + silence
    later = tx + part * silence
    both = silence_probability(model, [x, x], [tx, later], [silence, observed - later], horizon)
    assert both[1] <= both[0] + ROUNDING


@given(models, customers, horizons)
def test_only_the_active_may_order(model, customer, horizon):
    """For k = 1 also 1 - P(alive) (1 - ((alpha + T) / (alpha + T + t))^(r + x))."""
    x, tx, silence = customer
    alive = alive_probability(model, [x], [tx], [silence])[0]
    elapsed = model.alpha_days + tx + silence
    expected = 1 - alive * (1 - (elapsed / (elapsed + horizon)) ** (model.r + x))
    got = silence_probability(model, [x], [tx], [silence], horizon)
    assert got == pytest.approx([expected], abs=1e-9)


def test_the_busier_may_be_the_surer_gone():
    """Weekly for a year, then silent for 60 days: worse than once a quarter and as silent."""
    weekly, quarterly = silence_probability(DEFAULT, [52, 4], [364, 364], [60, 60], 90)
    assert weekly > quarterly


def test_limits():
    """By hand from (c + G(T + t)) / (c + G(T)) and G / (G + c)."""
    # x = 0, T = 0: G(T) = 1, c = a/b.
    c = 0.23 / 1.83
    arrival = silence_probability(DEFAULT, [0], [0], [0], 60)
    assert arrival == pytest.approx([(c + 0.5**0.56) / (c + 1)], rel=1e-14)
    assert alive_probability(DEFAULT, [0], [0], [0]) == pytest.approx([1 / (1 + c)], rel=1e-14)
    # No horizon, no chance to order; long gone, surely gone (G ~ 1e-35000 for the busiest).
    assert silence_probability(DEFAULT, [0, 5], [0, 300], [0, 60], 0).tolist() == [1, 1]
    assert silence_probability(DEFAULT, [10_000], [3000], [1e7], 90).tolist() == [1]
    assert alive_probability(DEFAULT, [10_000], [3000], [1e7]).tolist() == [0]
    assert expected_orders_if_alive(DEFAULT, [0, 5], [0, 300], [0, 60], 0).tolist() == [0, 0]
    # A robot that orders three times a day: gone with the odds of one dropout, c = a/(b + x).
    robot = silence_probability(DEFAULT, [10_000], [3333], [0], 90)
    assert robot == pytest.approx([0.23 / 10001.83 / (1 + 0.23 / 10001.83)], rel=1e-6)
    # An order ahead of the clock is as good as one now.
    assert silence_probability(DEFAULT, [3], [50], [-2], 90) == silence_probability(
        DEFAULT, [3], [50], [0], 90
    )


def test_bg_nbd_never_doubts_a_one_time_buyer():
    """A published fault of P(alive), even where b < 1 makes the odds formula negative."""
    model = OrderModel(b=0.5, dropout="BG/NBD")
    assert alive_probability(model, [0, 0], [0, 0], [0, 5000]).tolist() == [1, 1]


def test_no_row_feels_its_neighbours(subtests):
    """Alone, in any slice, backwards: the same bits, so a batch equals a loop."""
    rng = np.random.default_rng(11)
    x = rng.integers(0, 60, 1000)
    tx, silence = rng.uniform(0, 900, 1000) * (x > 0), rng.uniform(0, 900, 1000)
    functions = {
        "silence": lambda i: silence_probability(DEFAULT, x[i], tx[i], silence[i], 90),
        "alive": lambda i: alive_probability(DEFAULT, x[i], tx[i], silence[i]),
        "orders": lambda i: expected_orders_if_alive(DEFAULT, x[i], tx[i], silence[i], 90),
        "likelihood": lambda i: log_likelihood(DEFAULT, x[i], tx[i], tx[i] + silence[i]),
        "reaching": lambda i: silence_reaching(
            DEFAULT, x[i], tx[i], level=0.6, horizon_days=90, silence_ms_min=0
        ),
    }
    for name, rows in functions.items():
        with subtests.test(name):
            whole = rows(slice(None))
            alone = np.concatenate([rows(slice(i, i + 1)) for i in range(1000)])
            assert np.array_equal(alone, whole)
            assert np.array_equal(rows(slice(3, None, 7)), whole[3::7])
            assert np.array_equal(rows(slice(None, None, -1))[::-1], whole)


def test_no_customers():
    empty = np.zeros(0)
    assert silence_probability(DEFAULT, empty, empty, empty, 90).shape == (0,)
    assert expected_orders_if_alive(DEFAULT, empty, empty, empty, 90).shape == (0,)
    assert log_likelihood(DEFAULT, empty, empty, empty).shape == (0,)
    got = silence_reaching(DEFAULT, empty, empty, level=0.5, horizon_days=90, silence_ms_min=0)
    assert got.shape == (0,)


def test_silence_reaching_by_hand():
    """With x = 0, alpha = 1 day, r = 1, c = 1, t = 1 day: P = (1 + 1/(2+s)) / (1 + 1/(1+s)).

    That is (s+3)(s+1)/(s+2)^2 = 1 - 1/(s+2)^2, so P = .99 at s = 8 days and .9975 at s = 18.
    """
    model = OrderModel(r=1, alpha_days=1, a=2, b=2)
    got = silence_reaching(
        model, [0, 0, 0], [0, 0, 0], level=[0.99, 0.9975, 0.5], horizon_days=1, silence_ms_min=0
    )
    assert got[:2] == pytest.approx([8 * DAY_MS, 18 * DAY_MS], abs=1)
    assert got[2] == 0  # 1 - 1/4 at once


@given(models, customers, st.floats(0.01, 1), st.integers(0, 400 * DAY_MS), horizons)
def test_silence_reaching_keeps_its_word(model, customer, level, minimum, horizon):
    """At the answer the level is reached as evaluated; a millisecond before, it is not."""
    x, tx, _ = customer
    got = silence_reaching(
        model, [x], [tx], level=level, horizon_days=horizon, silence_ms_min=minimum
    )[0]

    def at(ms: int) -> float:
        return silence_probability(model, [x], [tx], [ms / DAY_MS], horizon)[0]

    if got == NEVER:
        assert at(SILENCE_MS_MAX) < level
    else:
        assert minimum <= got <= SILENCE_MS_MAX
        assert at(got) >= level
        assert got == minimum or at(got - 1) < level


def test_silence_reaching_gives_up_after_twenty_years():
    got = silence_reaching(
        OrderModel(alpha_days=1e6), [0], [0], level=0.99999, horizon_days=400, silence_ms_min=5
    )
    assert got.tolist() == [NEVER]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"r": 0.0}, "order model: r is 0.0; it must be a number above 0"),
        ({"alpha_days": -1.0}, "order model: alpha_days is -1.0; it must be a number above 0"),
        ({"b": inf}, "order model: b is inf; it must be a number above 0"),
        ({"k": 0}, "order model: k is 0; it must be a whole number from 1"),
        ({"dropout": "NBD"}, "order model: dropout is 'NBD'; use 'MBG' or 'BG/NBD'"),
    ],
)
def test_refused_parameters(wrong, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole text is compared
        OrderModel(**wrong)
    assert str(caught.value) == message


def test_erlang_gaps_have_neither_expected_orders_nor_a_crossing():
    """For k > 1 the probability falls while the next order comes due: bisection would miss."""
    with pytest.raises(ValueError, match="k is 3; only k = 1"):
        expected_orders_if_alive(ERLANG_3, [1], [1], [1], 8)
    with pytest.raises(ValueError, match="k is 3; only k = 1"):
        silence_reaching(ERLANG_3, [1], [1], level=0.5, horizon_days=8, silence_ms_min=0)
    with pytest.raises(ValueError, match="k is 3; only k = 1"):
        log_likelihood(ERLANG_3, [1], [1], [1])
