"""Who buys here: a personal rate (Gamma-Poisson), a purse, a temper, and luck with the shop."""

import math
from dataclasses import dataclass

from numpy.random import Generator

from agents.shop.events import DAY_MS
from agents.shop.kinds import Kind
from agents.shop.patience import Patience
from agents.shop.settings import ShopSettings

OWNERS = tuple(f"owner-{number:02d}" for number in range(1, 13))

_RATE_SHAPE = 3.0  # of the Gamma: a coefficient of variation of 0.58
_GAP_DAYS_FACTOR_MAX = 3.0  # nobody buys so seldom that leaving could not be told from waiting
_LUCK_SHAPE = 1.5
_ENDURANCE_MEDIAN = 3.3
_MEMORY_DAYS_MEDIAN = 25.0
_PURSE_MEDIAN = {"consumer": 45.0, "business": 240.0}


@dataclass(slots=True)
class Customer:
    """One simulated customer: fixed traits first, then what has happened so far.

    Instants are milliseconds since the epoch.

    Attributes:
        customer_id: like `c-000123`.
        is_new: whether the first order is in the simulation, not before it.
        segment: `consumer` or `business`.
        currency: of every order.
        purse: median order value.
        orders_per_day: rate while a customer, in busy time.
        luck: multiplies the chance of trouble: mean 1, some have far more than others.
        patience: what is borne, and how much of it there is now.
        seeks_concessions: complains for compensation, and never leaves.
        drifts_at: when she would go quiet untroubled; infinite for most.
        owner: who looks after a business customer.
        handed_over_at: last change of owner.
        orders: orders placed.
        next_order_at: when the next order is due by her rhythm.
        last_ticket_at: when a ticket was last opened.
        troubles: how many were met, and `first_trouble_at` the first.
        is_wavering: patience is over, and she thinks it over.
        left_at: when she left; with `kind` and `reason`.
        has_closed: she said so, and hears no more from the shop.
    """

    customer_id: str
    is_new: bool
    segment: str
    currency: str
    purse: float
    orders_per_day: float
    luck: float
    patience: Patience
    seeks_concessions: bool
    drifts_at: float
    owner: str | None
    handed_over_at: int | None = None
    orders: int = 0
    next_order_at: int = 0
    last_ticket_at: int | None = None
    troubles: int = 0
    first_trouble_at: int | None = None
    is_wavering: bool = False
    left_at: int | None = None
    kind: Kind | None = None
    reason: str | None = None
    has_closed: bool = False

    @property
    def is_gone(self) -> bool:
        """Whether she has left."""
        return self.left_at is not None


def draw_customer(
    rng: Generator, settings: ShopSettings, number: int, now: int, *, is_new: bool
) -> Customer:
    """Draw a customer who joins, or is found at the shop, at `now` (ms since the epoch)."""
    segment = "business" if rng.random() < settings.business_share else "consumer"
    seeks = bool(rng.random() < settings.concession_share)
    rate = rng.gamma(_RATE_SHAPE, 1 / (_RATE_SHAPE * settings.gap_days_mean))
    rate_min = 1 / (_GAP_DAYS_FACTOR_MAX * settings.gap_days_mean)
    return Customer(
        customer_id=f"c-{number:06d}",
        is_new=is_new,
        segment=segment,
        currency=settings.currencies[-1 if segment == "business" else 0],
        purse=_PURSE_MEDIAN[segment] * float(rng.lognormal(0, 0.5)),
        orders_per_day=max(rate, rate_min),
        luck=float(rng.gamma(_LUCK_SHAPE, 1 / _LUCK_SHAPE)),
        patience=Patience(
            endurance=settings.endurance * _ENDURANCE_MEDIAN * float(rng.lognormal(0, 0.4)),
            memory_days=_MEMORY_DAYS_MEDIAN * float(rng.lognormal(0, 0.3)),
            good_orders=0 if is_new else int(rng.poisson(4)),
            as_of=now,
        ),
        seeks_concessions=seeks,
        drifts_at=math.inf if seeks else now + _days_to_drift(rng, settings) * DAY_MS,
        owner=OWNERS[int(rng.integers(len(OWNERS)))] if segment == "business" else None,
    )


def _days_to_drift(rng: Generator, settings: ShopSettings) -> float:
    """Draw the exponential time to leaving with no complaint."""
    drifts_per_day = -math.log1p(-settings.silent_share_per_100_days) / 100
    return float(rng.exponential(1 / drifts_per_day)) if drifts_per_day else math.inf
