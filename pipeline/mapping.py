"""From what a source says to what can happen to a customer: one function per source.

Whatever is mapped has a value or is rejected with its reason; nothing is guessed.
"""

from datetime import datetime
from typing import Final

from schemas.activity import Activity, Kind
from schemas.base import INSTANT_MS_MAX, INSTANT_MS_MIN, milliseconds
from schemas.order import Canceller, Order, OrderStatus
from schemas.rejection import Reason, Rejection
from schemas.ticket import Ticket, TicketStatus
from schemas.touchpoint import Touchpoint, TouchpointKind

ORDER_KINDS: Final = {
    OrderStatus.PLACED: int(Kind.ORDER_PLACED),
    OrderStatus.DELIVERED: int(Kind.ORDER_DELIVERED),
    OrderStatus.CANCELLED: int(Kind.ORDER_CANCELLED),
    OrderStatus.RETURNED: int(Kind.ORDER_RETURNED),
    OrderStatus.REFUNDED: int(Kind.ORDER_REFUNDED),
}
TICKET_KINDS: Final = {s: int(Kind[f"TICKET_{s.name}"]) for s in TicketStatus}
TOUCHPOINT_KINDS: Final = {k: int(Kind[k.name]) for k in TouchpointKind}


class _BadInstantError(Exception):
    """An instant outside what is accepted."""


def from_order(
    order: Order, at_ms: int, topic: str, partition: int, offset: int
) -> Activity | Rejection:
    """Return the activity that an order record tells of; `at_ms` is when it occurred."""
    kind = ORDER_KINDS[order.status]
    if kind == Kind.ORDER_CANCELLED and order.by is Canceller.COMPANY:
        kind = int(Kind.ORDER_FAILED)
    try:
        due_at = _ms("promised_at", order.promised_at) if order.promised_at is not None else 0
    except _BadInstantError as error:
        return Rejection.of(Reason.BAD_TIME, str(error))
    return Activity(
        order.customer_id,
        kind,
        at_ms,
        order.event_id,
        topic,
        partition,
        offset,
        0,
        order.order_id,
        order.amount,
        order.currency or "",
        due_at,
        owner=order.owner or "",
        segment=order.segment or "",
        channel=order.channel or "",
    )


def from_ticket(
    ticket: Ticket, at_ms: int, topic: str, partition: int, offset: int
) -> Activity | Rejection:
    """Return the activity that a ticket record tells of; `at_ms` is when it occurred."""
    try:
        due_at = _ms("promised_at", ticket.promised_at) if ticket.promised_at is not None else 0
        opened_at = _ms("opened_at", ticket.opened_at) if ticket.opened_at is not None else 0
    except _BadInstantError as error:
        return Rejection.of(Reason.BAD_TIME, str(error))
    return Activity(
        ticket.customer_id,
        TICKET_KINDS[ticket.status],
        at_ms,
        ticket.event_id,
        topic,
        partition,
        offset,
        item=ticket.ticket_id,
        due_at=due_at,
        opened_at=opened_at,
        rating=ticket.rating,
        waited_seconds=ticket.waited_seconds,
        compensation=ticket.compensation,
        owner=ticket.owner or "",
        segment=ticket.segment or "",
        channel=ticket.channel or "",
        note=ticket.category or "",
    )


def from_touchpoint(
    touchpoint: Touchpoint, at_ms: int, topic: str, partition: int, offset: int
) -> Activity | Rejection:
    """Return the activity that a touchpoint tells of; `at_ms` is when it occurred."""
    try:
        due_at = _ms("due_at", touchpoint.due_at) if touchpoint.due_at is not None else 0
    except _BadInstantError as error:
        return Rejection.of(Reason.BAD_TIME, str(error))
    return Activity(
        touchpoint.customer_id,
        TOUCHPOINT_KINDS[touchpoint.kind],
        at_ms,
        touchpoint.event_id,
        topic,
        partition,
        offset,
        item=touchpoint.ref or "",
        due_at=due_at,
        rating=touchpoint.score,
        owner=touchpoint.owner or "",
        segment=touchpoint.segment or "",
        channel=touchpoint.channel or "",
        note=touchpoint.reason or "",
    )


def _ms(name: str, instant: datetime | int) -> int:
    at_ms = milliseconds(instant)
    if not INSTANT_MS_MIN <= at_ms <= INSTANT_MS_MAX:
        raise _BadInstantError(
            f"`{name}` is {at_ms}; {INSTANT_MS_MIN} (1980) to {INSTANT_MS_MAX} is accepted"
        )
    return at_ms
