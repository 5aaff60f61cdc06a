"""A customer's buying, and what becomes of each order.

An order is promised, then comes in time, late, or not at all; some are cancelled or sent back.
The lateness is felt where it can be seen: when the promise is overdue, and at the delivery.
"""

import math
from dataclasses import dataclass
from typing import Any

from agents.shop.agenda import Process
from agents.shop.customers import Customer
from agents.shop.events import DAY_MS, rfc3339
from agents.shop.leavers import drift, feel
from agents.shop.tickets import ticket_life
from agents.shop.world import World

_CHANNELS = ("web", "app", "store")
_PROMISED_DAYS = (2.0, 5.0)
_LATE = 0.12
_LATE_DAYS_MEAN = 4.0
_OVERDUE_FELT_DAYS = 2.0
_LOST = 0.004
_LOST_AFTER_DAYS = 14.0
_CANCELLED_BY_SHOP = 0.006
_CANCELLED_BY_CUSTOMER = 0.02
_RETURNED = 0.04
_COMPLAINS_WHEN_OVERDUE = 0.4
_ASKS = 0.09
_SEEKS = 0.5
_SOUGHT_SHARE = 0.2


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


@dataclass(frozen=True, slots=True)
class _Order:
    """One order on its way; instants in milliseconds since the epoch."""

    world: World
    customer: Customer
    order_id: str
    amount: float
    placed_at: int
    promised_at: int

    def write(self, status: str, **fields: Any) -> None:
        """Write that the order has come to a status now."""
        segment = self.customer.segment
        self.world.write(
            "orders",
            self.customer,
            order_id=self.order_id,
            status=status,
            segment=segment,
            **fields,
        )

    def write_with_amount(self, status: str, **fields: Any) -> None:
        """Write a status that moves money."""
        self.write(status, amount=self.amount, currency=self.customer.currency, **fields)


def _place(world: World, customer: Customer) -> None:
    customer.orders += 1
    fastest, slowest = _PROMISED_DAYS
    order = _Order(
        world,
        customer,
        order_id=f"o-{world.number('order'):07d}",
        amount=round(world.spread(customer.purse, 0.5), 2),
        placed_at=world.now,
        promised_at=world.after(days=fastest + (slowest - fastest) * world.rng.random()),
    )
    promise, channel = rfc3339(order.promised_at), world.pick(_CHANNELS)
    order.write_with_amount("placed", promised_at=promise, channel=channel)
    world.begin(_becoming(order))


def _becoming(order: _Order) -> Process:
    """Decide which way the order goes, and go it."""
    world, customer = order.world, order.customer
    if world.chance(_CANCELLED_BY_CUSTOMER):
        yield world.after(hours=0.2 + 10 * world.rng.random())
        order.write("cancelled", by="customer")
        return
    if world.goes_wrong(customer, _CANCELLED_BY_SHOP):
        yield world.after(days=0.5 + world.rng.random())
        yield from _cancelled_by_shop(order)
        return
    if world.chance(_ASKS):
        world.begin(_question(order))
    if world.goes_wrong(customer, _LOST):
        yield from _overdue(order)
        yield order.promised_at + round(_LOST_AFTER_DAYS * DAY_MS)
        yield from _cancelled_by_shop(order)
        return
    yield from _delivered(order)
    yield from _after_delivery(order)


def _delivered(order: _Order) -> Process:
    world, customer = order.world, order.customer
    if not world.goes_wrong(customer, _LATE):
        share = 0.45 + 0.5 * world.rng.random()
        yield order.placed_at + round(share * (order.promised_at - order.placed_at))
        order.write("delivered")
        customer.patience.good_orders += 1
        return
    late_days = 0.5 + world.rng.exponential(_LATE_DAYS_MEAN)
    if late_days > _OVERDUE_FELT_DAYS:
        yield from _overdue(order)
    yield order.promised_at + round(late_days * DAY_MS)
    order.write("delivered")
    feel(world, customer, "late_delivery", scale=1.5 * -math.expm1(-late_days / 3))


def _overdue(order: _Order) -> Process:
    """Wait in vain past the promise; some write in about it."""
    world, customer = order.world, order.customer
    yield order.promised_at + round(_OVERDUE_FELT_DAYS * DAY_MS)
    feel(world, customer, "long_wait")
    if not customer.is_gone and world.chance(_COMPLAINS_WHEN_OVERDUE):
        world.begin(ticket_life(world, customer, "delivery", priority="high"))


def _cancelled_by_shop(order: _Order) -> Process:
    order.write("cancelled", by="company")
    feel(order.world, order.customer, "cancelled_order")
    yield order.world.after(days=1 + 3 * order.world.rng.random())
    order.write_with_amount("refunded")


def _question(order: _Order) -> Process:
    world, customer = order.world, order.customer
    yield world.now + round((order.promised_at - world.now) * world.rng.random())
    if not customer.is_gone:
        category = world.pick(("question", "invoice", "account"))
        world.begin(ticket_life(world, customer, category, priority="normal"))


def _after_delivery(order: _Order) -> Process:
    world, customer = order.world, order.customer
    if customer.seeks_concessions and world.chance(_SEEKS):
        yield world.after(days=0.5 + 2 * world.rng.random())
        claims = _SOUGHT_SHARE * order.amount
        world.begin(ticket_life(world, customer, "goods", priority="high", claims=claims))
    elif world.chance(_RETURNED):
        yield world.after(days=1 + 9 * world.rng.random())
        order.write_with_amount("returned")
        yield world.after(days=2 + 3 * world.rng.random())
        order.write_with_amount("refunded")
