"""Why customers leave: a trouble stings, patience ends, and after a moment's thought they go."""

from typing import Literal, TypeAlias, get_args

from agents.shop.agenda import Process
from agents.shop.customers import Customer
from agents.shop.events import DAY_MS
from agents.shop.kinds import Kind
from agents.shop.world import World

Trouble: TypeAlias = Literal[
    "late_delivery",
    "long_wait",
    "cancelled_order",
    "queue",
    "abandoned_contact",
    "slow_answer",
    "forgotten_ticket",
    "reopened_ticket",
    "price_rise",
    "hindered",
    "handover",
    "broken_promise",
    "dropped_promise",
]

TROUBLES: tuple[Trouble, ...] = get_args(Trouble)

_STINGS: dict[Trouble, float] = {
    "late_delivery": 1.15,
    "long_wait": 1.0,
    "cancelled_order": 1.2,
    "queue": 0.9,
    "abandoned_contact": 0.9,
    "slow_answer": 0.8,
    "forgotten_ticket": 1.5,
    "reopened_ticket": 1.2,
    "price_rise": 0.8,
    "hindered": 0.4,
    "handover": 0.4,
    "broken_promise": 1.6,
    "dropped_promise": 8.0,
}
_FIRST_ORDER_FACTOR = 4.5  # a newcomer has nothing else to judge the shop by
_STING_SIGMA = 0.3
_DAYS_TO_DECIDE = 2.0
_DAYS_TO_DECIDE_MAX = 7.0
_DRIFT_REASONS = ("moved away", "found another shop", "no need any more")
_UNTROUBLED_DAYS = 30.0
_UNTROUBLED_SHARE = 0.3


def feel(world: World, customer: Customer, trouble: Trouble, scale: float = 1.0) -> None:
    """Let a trouble be felt now; `scale` (>= 0) says how bad it was for its kind."""
    if customer.is_gone:
        return
    customer.troubles += 1
    if customer.first_trouble_at is None:
        customer.first_trouble_at = world.now
    if customer.seeks_concessions:
        return
    first = customer.is_new and customer.orders <= 1
    sting = _STINGS[trouble] * scale * (_FIRST_ORDER_FACTOR if first else 1.0)
    customer.patience.suffer(world.now, world.spread(sting, _STING_SIGMA))
    if customer.patience.is_over(world.now) and not customer.is_wavering:
        world.begin(_waver(world, customer, trouble))


def soothe(world: World, customer: Customer, share: float) -> None:
    """Take away a share, in [0, 1], of what the customer feels."""
    customer.patience.soothe(world.now, share)


def drift(world: World, customer: Customer) -> None:
    """Let a customer go quiet; not one in trouble, whose leaving would have another cause."""
    since = world.now - _UNTROUBLED_DAYS * DAY_MS
    ticket_at = customer.last_ticket_at
    complained = ticket_at is not None and ticket_at > since
    felt = customer.patience.felt(world.now)
    if complained or customer.is_wavering or felt > _UNTROUBLED_SHARE * customer.patience.limit:
        customer.drifts_at = world.after(days=_UNTROUBLED_DAYS * (0.5 + world.rng.random()))
        return
    _leave(world, customer, "silent", world.pick(_DRIFT_REASONS))


def _waver(world: World, customer: Customer, last_straw: Trouble) -> Process:
    """Think it over: what was made good, or has faded by then, is forgiven."""
    customer.is_wavering = True
    days = min(_DAYS_TO_DECIDE_MAX, world.rng.exponential(_DAYS_TO_DECIDE))
    yield world.after(days=days)
    customer.is_wavering = False
    if customer.patience.is_over(world.now):
        _leave(world, customer, _kind_of(customer, last_straw), last_straw)


def _kind_of(customer: Customer, last_straw: Trouble) -> Kind:
    if customer.is_new and customer.orders <= 1:
        return "remorseful"
    return "mishandled" if last_straw == "dropped_promise" else "worn_out"


def _leave(world: World, customer: Customer, kind: Kind, reason: str) -> None:
    customer.left_at, customer.kind, customer.reason = world.now, kind, reason
    if world.chance(world.settings.closes_share):
        world.write("touchpoints", customer, kind="closed", reason=reason)
        customer.has_closed = True
