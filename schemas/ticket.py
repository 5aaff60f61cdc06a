"""Ticket: what a support desk says about one case, on the topic `support-tickets`."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from schemas.base import Amount, Id, Instant, Label, Seconds


class TicketStatus(StrEnum):
    """What happened to the ticket."""

    OPENED = "opened"
    REPLIED = "replied"
    REASSIGNED = "reassigned"
    REOPENED = "reopened"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    RATED = "rated"
    ABANDONED = "abandoned"


class Priority(StrEnum):
    """How urgent the desk holds it to be."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Ticket(Struct, frozen=True, gc=False):
    """One change of one support ticket.

    `opened_at` is given for a ticket whose opening was not seen; `waited_seconds` is the time
    spent in a queue before this event; `rating` is the customer's, 1 (worst) to 5.
    """

    event_id: Id
    ticket_id: Id
    customer_id: Id
    status: TicketStatus
    occurred_at: Instant
    opened_at: Instant | None = None
    promised_at: Instant | None = None
    channel: Label | None = None
    category: Label | None = None
    priority: Priority | None = None
    waited_seconds: Seconds | None = None
    rating: Annotated[int, Meta(ge=1, le=5)] | None = None
    compensation: Amount | None = None
    owner: Label | None = None
    segment: Label | None = None
