"""Order: what a shop says about one order, on the topic `orders`."""

from enum import StrEnum

from msgspec import Struct

from schemas.base import Amount, Currency, Id, Instant, Label


class OrderStatus(StrEnum):
    """What happened to the order."""

    PLACED = "placed"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    REFUNDED = "refunded"


class Canceller(StrEnum):
    """Who cancelled."""

    CUSTOMER = "customer"
    COMPANY = "company"


class Order(Struct, frozen=True, gc=False):
    """One change of one order.

    Only `placed` is a purchase; `cancelled` takes it back while the order is known. `promised_at`
    is when delivery was promised for; without it an order is never late.
    """

    event_id: Id
    order_id: Id
    customer_id: Id
    status: OrderStatus
    occurred_at: Instant
    amount: Amount | None = None
    currency: Currency | None = None
    promised_at: Instant | None = None
    by: Canceller | None = None
    owner: Label | None = None
    segment: Label | None = None
    channel: Label | None = None
