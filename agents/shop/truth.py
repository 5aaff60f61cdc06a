"""What really happened to each customer: the side file no detector may read.

`missed_order_at` is when the customer would have ordered next, had she not left: before it nobody
can tell her silence from her rhythm, and one beyond the end was not to be seen at all.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agents.shop.customers import Customer
from agents.shop.events import Record, rfc3339
from agents.shop.kinds import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """One row of the side file; times are RFC 3339, or None for what did not happen.

    Attributes:
        customer_id: as in the records.
        kind: one of `agents.shop.kinds.KINDS`.
        left_at: when the customer left.
        reason: the last straw, or what a silent leaver would say if asked.
        first_trouble_at: the first trouble met.
        troubles: how many were met.
        orders: orders placed in the simulation.
        missed_order_at: of a leaver, when the first order that never came was due.
    """

    customer_id: str
    kind: Kind
    left_at: str | None
    reason: str | None
    first_trouble_at: str | None
    troubles: int
    orders: int
    missed_order_at: str | None

    def record(self) -> Record:
        """Return the row as a JSON-able dict."""
        return {name: getattr(self, name) for name in self.__slots__}


def truths(customers: Iterable[Customer]) -> Iterator[Truth]:
    """Tell of each customer what is true so far."""
    for customer in customers:
        stays: Kind = "concession_seeker" if customer.seeks_concessions else "loyal"
        yield Truth(
            customer_id=customer.customer_id,
            kind=customer.kind or stays,
            left_at=_time(customer.left_at),
            reason=customer.reason,
            first_trouble_at=_time(customer.first_trouble_at),
            troubles=customer.troubles,
            orders=customer.orders,
            missed_order_at=_time(customer.next_order_at) if customer.is_gone else None,
        )


def _time(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)
