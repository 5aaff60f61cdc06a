"""The three sources: the topic of each, the form of its records, and how it maps to activities."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pipeline import mapping
from schemas.activity import Activity
from schemas.order import Order
from schemas.rejection import Rejection
from schemas.ticket import Ticket
from schemas.touchpoint import Touchpoint


@dataclass(frozen=True, slots=True)
class Source:
    """One source. `to_activity` takes a record, when it occurred, topic, partition and offset."""

    topic: str
    form: type[Any]
    to_activity: Callable[[Any, int, str, int, int], Activity | Rejection]


ORDERS: Final = Source("orders", Order, mapping.from_order)
TICKETS: Final = Source("support-tickets", Ticket, mapping.from_ticket)
TOUCHPOINTS: Final = Source("touchpoints", Touchpoint, mapping.from_touchpoint)
SOURCES: Final = (ORDERS, TICKETS, TOUCHPOINTS)
