"""Activity: one thing that happened to one customer, the record of `customer-activity`.

A closed vocabulary, whatever the source called it. An activity carries the position of the
source record that it came from, by which a copy made by the hop through intake is known.
"""

from enum import IntEnum, unique

from msgspec import Struct


@unique
class Kind(IntEnum):
    """What can happen to a customer. The numbers are on the wire: never reuse one."""

    ORDER_PLACED = 1
    ORDER_DELIVERED = 2
    ORDER_CANCELLED = 3
    ORDER_FAILED = 4  # cancelled by the company
    ORDER_RETURNED = 5
    ORDER_REFUNDED = 6

    TICKET_OPENED = 16
    TICKET_REPLIED = 17
    TICKET_REASSIGNED = 18
    TICKET_REOPENED = 19
    TICKET_ESCALATED = 20
    TICKET_RESOLVED = 21
    TICKET_RATED = 22
    TICKET_ABANDONED = 23

    FOLLOW_UP = 32
    PROMOTED = 33
    OWNER_CHANGED = 34
    PRICE_RAISED = 35
    PROMISE_MADE = 36
    PROMISE_KEPT = 37
    HINDERED = 38
    PAYMENT_OVERDUE = 39
    RENEGOTIATED = 40
    REVIEWED = 41
    SURVEY_ANSWERED = 42
    ACKNOWLEDGED = 43
    SNOOZED = 44
    FEEDBACK = 45
    CLOSED = 46
    FORGET = 47


class Activity(Struct, frozen=True, array_like=True, tag="a", gc=False):
    """One thing that happened to one customer.

    Instants are milliseconds since the epoch, 0 for none. `item` is the order, ticket or promise
    it is about; `rating` is 1 to 5 of a ticket, 0 to 10 of a survey; `note` is the category of a
    ticket, the reason of a touchpoint.
    """

    customer_id: str
    kind: int
    occurred_at: int
    event_id: str
    topic: str
    partition: int
    offset: int
    index: int = 0
    item: str = ""
    amount: float | None = None
    currency: str = ""
    due_at: int = 0
    opened_at: int = 0
    rating: float | None = None
    waited_seconds: float | None = None
    compensation: float | None = None
    owner: str = ""
    segment: str = ""
    channel: str = ""
    note: str = ""
