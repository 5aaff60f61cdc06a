"""A customer's buying, and what becomes of each order.

An order is promised, then comes in time, late, or not at all; some are cancelled or sent back.
The lateness is felt where it can be seen: when the promise is overdue, and at the delivery.
"""

import math

from agents.shop.agenda import Process
from agents.shop.customers import Customer
from agents.shop.events import DAY_MS, rfc3339
from agents.shop.leavers import drift, feel
from agents.shop.tickets import ticket_life
from agents.shop.world import World

_CHANNELS = ("web", "app", "store")
_LATE = 0.12
_LATE_DAYS_MEAN = 4.0
_OVERDUE_FELT_DAYS = 2.0
_LOST = 0.004
_LOST_AFTER_DAYS = 14.0
_CANCELLED_BY_SHOP = 0.006
_CANCELLED_BY_CUSTOMER = 0.02
_RETURNED = 0.04
_COMPLAINS_WHEN_LATE = 0.4
_ASKS = 0.09
_SEEKS = 0.5


def buying(world: World, customer: Customer) -> Process:
    """Order after order at the customer's own rate, until she leaves."""
    if customer.is_new:
        _place(world, customer)
    while not customer.is_gone:
        gap_days = world.rng.exponential(1 / customer.orders_per_day)
        customer.next_order_at = world.week.later(world.now, gap_days * DAY_MS)
        while not customer.is_gone and customer.drifts_at < customer.next_order_at:
            yield math.ceil(customer.drifts_at)
            if not customer.is_gone:
                drift(world, customer)
        if not customer.is_gone:
            yield customer.next_order_at
        if not customer.is_gone:
            _place(world, customer)


def _place(world: World, customer: Customer) -> None:
    customer.orders += 1
    world.begin(_order_life(world, customer, f"o-{world.number('order'):07d}"))


def _order_life(world: World, customer: Customer, order_id: str) -> Process:
    placed_at = world.now
    promised_at = world.after(days=2 + 3 * world.rng.random())
    amount = round(world.spread(customer.purse, 0.5), 2)
    money = {"amount": amount, "currency": customer.currency}
    promise = {"promised_at": rfc3339(promised_at), "channel": world.pick(_CHANNELS)}
    facts = {"order_id": order_id, "segment": customer.segment}
    world.write("orders", customer, status="placed", **facts, **money, **promise)

    if world.chance(_CANCELLED_BY_CUSTOMER):
        yield world.after(hours=0.2 + 10 * world.rng.random())
        world.write("orders", customer, status="cancelled", by="customer", **facts)
        return
    if world.goes_wrong(customer, _CANCELLED_BY_SHOP):
        yield world.after(days=0.5 + world.rng.random())
        yield from _cancelled_by_shop(world, customer, facts, money)
        return
    if world.chance(_ASKS):
        world.begin(_question(world, customer, promised_at))

    if world.goes_wrong(customer, _LOST):
        yield from _overdue(world, customer, promised_at)
        yield promised_at + round(_LOST_AFTER_DAYS * DAY_MS)
        yield from _cancelled_by_shop(world, customer, facts, money)
        return
    if world.goes_wrong(customer, _LATE):
        late_days = 0.5 + world.rng.exponential(_LATE_DAYS_MEAN)
        if late_days > _OVERDUE_FELT_DAYS:
            yield from _overdue(world, customer, promised_at)
        yield promised_at + round(late_days * DAY_MS)
        world.write("orders", customer, status="delivered", **facts)
        feel(world, customer, "late_delivery", scale=1.5 * -math.expm1(-late_days / 3))
    else:
        early = 0.05 + 0.5 * world.rng.random()
        yield placed_at + round((1 - early) * (promised_at - placed_at))
        world.write("orders", customer, status="delivered", **facts)
        customer.patience.good_orders += 1
    yield from _after_delivery(world, customer, facts, money)


def _cancelled_by_shop(
    world: World, customer: Customer, facts: dict[str, str], money: dict[str, object]
) -> Process:
    world.write("orders", customer, status="cancelled", by="company", **facts)
    feel(world, customer, "cancelled_order")
    yield world.after(days=1 + 3 * world.rng.random())
    world.write("orders", customer, status="refunded", **facts, **money)


def _overdue(world: World, customer: Customer, promised_at: int) -> Process:
    """Wait in vain past the promise; some write in about it."""
    yield promised_at + round(_OVERDUE_FELT_DAYS * DAY_MS)
    feel(world, customer, "long_wait")
    if not customer.is_gone and world.chance(_COMPLAINS_WHEN_LATE):
        world.begin(ticket_life(world, customer, "delivery", priority="high"))


def _question(world: World, customer: Customer, until: int) -> Process:
    yield world.now + round((until - world.now) * world.rng.random())
    if not customer.is_gone:
        category = world.pick(("question", "invoice", "account"))
        world.begin(ticket_life(world, customer, category, priority="normal"))


def _after_delivery(
    world: World, customer: Customer, facts: dict[str, str], money: dict[str, object]
) -> Process:
    if customer.seeks_concessions and world.chance(_SEEKS):
        yield world.after(days=0.5 + 2 * world.rng.random())
        amount = float(str(money["amount"]))
        world.begin(ticket_life(world, customer, "goods", priority="high", claims=0.2 * amount))
    elif world.chance(_RETURNED):
        yield world.after(days=1 + 9 * world.rng.random())
        world.write("orders", customer, status="returned", **facts, **money)
        yield world.after(days=2 + 3 * world.rng.random())
        world.write("orders", customer, status="refunded", **facts, **money)
