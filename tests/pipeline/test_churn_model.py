"""The churn model, against a second calculation: one customer at a time, `math` alone."""

from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.churn_model import PARTS, Churn
from pipeline.churn_settings import ChurnLabel, ChurnModel, Hinges
from pipeline.inactivity_settings import InactivitySettings
from pipeline.settings import PipelineSettings
from tests.pipeline.customers import NAN, customers, spread, whole_days
from tests.pipeline.harness import at
from tests.pipeline.strategies import examples

NOW = 400.0
CALM = 0.0


def settings(label=ChurnLabel.SILENCE, horizon_days=90.0, **model):
    return PipelineSettings(
        churn_label=label,
        churn_model=ChurnModel(**model),
        inactivity=InactivitySettings(horizon_days=horizon_days),
    )


def chance(config, rows, silence_days, load=CALM, mean=NAN, what="probability"):
    """Ask for rows at day 400; a load is a number, or a function of the days ahead."""
    count = len(rows)
    ahead = load if callable(load) else lambda _: np.full(count, load)
    silent_ms = np.broadcast_to(whole_days(silence_days).ravel(), count).copy()
    ask = getattr(Churn(config), what)
    return ask(rows, silent_ms, np.full(count, at(NOW)), np.full(count, mean), ahead)


def fades(load, half_life_days=30.0):
    return lambda ahead: np.atleast_1d(load) * 0.5 ** (ahead / half_life_days)


def by_hand(x, tx, silence, amounts, mean, load, half_life, horizon):
    """P(no order within the horizon) with the weights that were measured (MODELS, section 3)."""
    log_p, ahead, step = 0.0, 0.0, 28.0
    own = sum(amounts) / len(amounts)
    while ahead < horizon:
        quiet = silence + ahead
        c = 0.23 / (1.83 + x)
        now, later = (
            ((60 + tx) / (60 + tx + days)) ** (0.56 + x) for days in (quiet, quiet + step)
        )
        p = (c + later) / (c + now)
        eta = -0.170 - 1.033 * log(p / (1 - p)) + 0.059 * log(1 + quiet / 60)
        eta += 0.135 * log(1 + x) + (0.178 if x == 0 else 0.0)
        eta += 0.187 * log((own + 1) / (mean + 1)) + 0.033 * log((amounts[-1] + 1) / (own + 1))
        eta -= load * 0.5 ** (ahead / half_life)
        log_p += min(1.0, (horizon - ahead) / step) * log(1 - 1 / (1 + exp(-eta)))
        ahead += step
    return exp(log_p)


@pytest.mark.parametrize("horizon", [28.0, 90.0, 183.0])
@pytest.mark.parametrize(
    ("history", "silence", "load"),
    [
        pytest.param([(0, 30.0)], 12, CALM, id="one order"),
        pytest.param([(0, 10.0), (90, 50.0), (200, 30.0)], 75, CALM, id="three orders"),
        pytest.param([(0, 10.0), (90, 50.0), (200, 30.0)], 75, 0.9, id="three, and trouble"),
        pytest.param(spread(40, 390), 3, 2.0, id="a regular in great trouble"),
    ],
)
def test_the_default_weights(history, silence, load, horizon):
    amounts = [amount for _, amount in history]
    x, tx = len(history) - 1, history[-1][0] - history[0][0]
    expected = by_hand(x, tx, silence, amounts, 25.0, load, 30.0, horizon)
    config = settings(horizon_days=horizon)
    got = chance(config, customers(history), silence, fades(load), mean=25.0)
    assert got == pytest.approx([expected], rel=1e-9)


@pytest.mark.parametrize(
    ("horizon", "expected"),
    [
        pytest.param(90.0, 0.388300, id="one step"),
        pytest.param(45.0, sqrt(0.388300), id="half a step: to the power of its fraction"),
    ],
)
def test_by_lp0_alone_it_is_the_order_model(horizon, expected):
    """With weight -1 on lp0, h = 1 - P: the published .388300 comes out again."""
    config = settings(
        horizon_days=horizon, fitted=True, step_days=90.0, intercept=0.0, weights={"lp0": -1.0}
    )
    got = chance(config, customers(spread(6, 300)), 60)
    assert got == pytest.approx([expected], abs=1e-6)


@pytest.mark.parametrize(
    ("horizon", "expected"),
    [
        pytest.param(28.0, 0.75, id="odds of ordering cut to a third: h = 1/4"),
        pytest.param(56.0, 0.75 * 0.5, id="then the load is gone: h = 1/2"),
        pytest.param(42.0, 0.75 * sqrt(0.5), id="and of the second step only half"),
    ],
)
def test_the_load_is_that_of_each_step(horizon, expected):
    config = settings(horizon_days=horizon, fitted=True, intercept=0.0, weights={"trouble": 1.0})
    got = chance(config, customers([(0, NAN)]), 10, lambda ahead: np.array([log(3) * (ahead < 1)]))
    assert got == pytest.approx([expected])


@pytest.mark.parametrize(
    ("hinges", "silence", "load", "eta"),
    [
        pytest.param({"silence_days": ((10.0, 20.0), (0.1, -0.1))}, 30, 0.0, 1.0, id="2 - 1"),
        pytest.param({"silence_days": ((10.0, 20.0), (0.1, -0.1))}, 10, 0.0, 0.0, id="at a knot"),
        pytest.param({"tenure_days": ((390.0,), (0.2,))}, 30, 0.0, 2.0, id="10 days beyond"),
        pytest.param({"load": ((0.5,), (4.0,))}, 30, 0.75, 1.0, id="a quarter beyond"),
        pytest.param(
            {"load": ((0.5,), (4.0,)), "tenure_days": ((390.0,), (0.2,))}, 30, 0.75, 3.0, id="sum"
        ),
    ],
)
def test_hinges_of_closing(hinges, silence, load, eta):
    terms = {name: Hinges(knots=knots, weights=own) for name, (knots, own) in hinges.items()}
    config = settings(ChurnLabel.CLOSED, fitted=True, intercept=0.0, hinges=terms)
    got = chance(config, customers([(0, NAN)]), silence, load)
    assert got == pytest.approx([1 / (1 + exp(-eta))])


def test_hinges_move_on_with_the_steps():
    """30 days of silence are below the knot at 40; a step later 58 are 18 above: eta 1.8."""
    config = settings(
        horizon_days=56.0,
        fitted=True,
        intercept=0.0,
        hinges={"silence_days": Hinges(knots=(40.0,), weights=(0.1,))},
    )
    got = chance(config, customers([(0, NAN)]), 30)
    assert got == pytest.approx([0.5 / (1 + exp(1.8))])


def test_tenure_moves_on_with_the_steps():
    """400 days today, 428 a step later: 28 beyond the knot, eta 2.8."""
    config = settings(
        horizon_days=56.0,
        fitted=True,
        intercept=0.0,
        hinges={"tenure_days": Hinges(knots=(400.0,), weights=(0.1,))},
    )
    got = chance(config, customers([(0, NAN)]), 30)
    assert got == pytest.approx([0.5 / (1 + exp(2.8))])


def test_closing_asks_the_order_model_about_the_whole_horizon():
    """With weight 1 on lp0 alone: the published .388300 within 90 days, not within a step."""
    config = settings(ChurnLabel.CLOSED, fitted=True, intercept=0.0, weights={"lp0": 1.0})
    got = chance(config, customers(spread(6, 300)), 60)
    assert got == pytest.approx([0.388300], abs=1e-6)


def test_closing_without_a_fit():
    """Odds e^-2.5, tripled by a load of ln 3, whether or not somebody ever ordered."""
    config = settings(ChurnLabel.CLOSED)
    odds = 3 * exp(-2.5)
    got = chance(config, customers([(0, NAN)], []), 10, log(3))
    assert got == pytest.approx([odds / (1 + odds)] * 2)


def test_who_never_ordered():
    """No order model, so no P(no order); closing is asked by the days since the first activity."""
    nobody = customers([])
    assert np.isnan(chance(settings(), nobody, 10)).all()
    assert np.isnan(chance(settings(), nobody, 10, what="parts")).all()
    config = settings(
        ChurnLabel.CLOSED,
        fitted=True,
        intercept=0.0,
        hinges={"silence_days": Hinges(knots=(398.0,), weights=(1.0,))},
    )
    assert chance(config, nobody, 10) == pytest.approx([1 / (1 + exp(-2.0))])


def test_a_fit_without_weights_has_none():
    """What was fitted is taken as it is; defaults stand in only where nothing was."""
    config = settings(horizon_days=28.0, fitted=True, intercept=0.0)
    assert chance(config, customers([(0, NAN)]), 10, 5.0) == pytest.approx([0.5])
    assert Churn(config).is_fitted
    assert not Churn(settings()).is_fitted


def test_parts_of_trouble_by_hand():
    """Only the load counts: 1/2 by rhythm, nothing by silence, 1/4 by a load of ln 3."""
    config = settings(horizon_days=28.0, fitted=True, intercept=0.0, weights={"trouble": 1.0})
    got = chance(config, customers([(0, NAN)]), 30, log(3), what="parts")
    assert PARTS == ("rhythm", "silence", "trouble")
    assert got == pytest.approx(np.array([[0.5, 0.0, 0.25]]))


histories = st.lists(
    st.tuples(st.integers(0, 399), st.sampled_from([NAN, 0.0, 7.5, 20.0, 1e6])), max_size=12
).map(sorted)
people = st.lists(
    st.tuples(histories, st.integers(0, 4000), st.floats(0, 6)), min_size=1, max_size=20
)
FITTED = settings(
    ChurnLabel.CLOSED,
    fitted=True,
    intercept=-1.0,
    weights={"lp0": 0.3, "order_value": 0.2, "trouble": -1.0, "unresolved_silence": 0.1},
    hinges={"tenure_days": Hinges(knots=(30.0, 200.0), weights=(0.01, -0.02))},
)
configs = st.sampled_from([settings(), settings(ChurnLabel.CLOSED), FITTED])


def apart(drawn):
    own, silence, load = zip(*drawn, strict=True)
    rows = customers(*own)
    rows["failed_ms"][::2] = at(1)
    return rows, list(silence), np.array(load)


@examples(60)
@given(configs, people)
def test_parts_sum_to_the_probability(config, drawn):
    rows, silence, load = apart(drawn)
    p = chance(config, rows, silence, fades(load), mean=20.0)
    parts = chance(config, rows, silence, fades(load), mean=20.0, what="parts")
    assert parts.sum(axis=1) == pytest.approx(p, abs=1e-15, nan_ok=True)
    never = np.array([not own for own, _, _ in drawn])
    assert (np.isnan(p) == (never & (config.churn_label is ChurnLabel.SILENCE))).all()
    assert ((p >= 0) & (p <= 1) | np.isnan(p)).all()


@examples(60)
@given(configs, people, st.randoms(use_true_random=False))
def test_a_row_knows_nothing_of_its_batch(config, drawn, random):
    """Alone, in another order or among others: the same bits, so batching moves no alert."""
    rows, silence, load = apart(drawn)
    silence = np.array(silence)

    def of(which):
        return chance(config, rows[which], silence[which], fades(load[which]), mean=20.0)

    whole = of(np.arange(len(rows)))
    order = np.array(random.sample(range(len(rows)), len(rows)))
    assert of(order).tobytes() == whole[order].tobytes()
    for which in range(len(rows)):
        assert of(np.array([which])).tobytes() == whole[which : which + 1].tobytes()


@examples(60)
@given(histories.filter(len), st.integers(0, 2000), st.floats(0, 5), st.floats(0, 5))
def test_more_trouble_is_never_safer(own, silence, load, more):
    rows = customers(own, own)
    p = chance(settings(), rows, silence, fades(np.array([load, load + more])), mean=20.0)
    assert p[1] >= p[0] - 1e-13


@examples(60)
@given(histories.filter(len), st.integers(0, 2000), st.floats(7, 400), st.floats(0, 400))
def test_a_longer_horizon_has_more_room_for_an_order(own, silence, horizon, more):
    rows = customers(own)
    short, long = (
        chance(settings(horizon_days=days), rows, silence)[0] for days in (horizon, horizon + more)
    )
    assert long <= short + 1e-13


def test_extremes_stay_probabilities():
    """An overflowing sum would be NaN, and a NaN raises no alert."""
    rows = customers([(0, 1e12)], spread(390, 390))
    for load in (0.0, 1e6):
        p = chance(settings(), rows, [365_000, 0], load, mean=1e-3)
        assert ((p >= 0) & (p <= 1)).all()
