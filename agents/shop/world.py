"""What every process of the shop shares: chance, time, and the book its events are written to."""

from itertools import count
from typing import Any

import numpy as np

from agents.shop.agenda import Agenda, Process
from agents.shop.customers import Customer
from agents.shop.events import DAY_MS, HOUR_MS, SECOND_MS, Event, Source, rfc3339
from agents.shop.settings import ShopSettings
from agents.shop.week import Week


class World:
    """The state of a simulation that is under way."""

    def __init__(self, settings: ShopSettings) -> None:
        self.settings = settings
        self.rng = np.random.default_rng(settings.seed)
        self.week = Week()
        self.agenda = Agenda(settings.start_ms)
        self.customers: list[Customer] = []
        self._numbers = {kind: count(1) for kind in ("event", "order", "ticket", "promise")}
        self._written: list[Event] = []

    @property
    def now(self) -> int:
        """Simulated time, milliseconds since the epoch."""
        return self.agenda.now

    def begin(self, process: Process) -> None:
        """Start a process now."""
        self.agenda.begin(process)

    def after(self, *, days: float = 0.0, hours: float = 0.0, seconds: float = 0.0) -> int:
        """Return the instant some time from now, at least a millisecond on."""
        return self.now + max(1, round(days * DAY_MS + hours * HOUR_MS + seconds * SECOND_MS))

    def chance(self, probability: float) -> bool:
        """Throw a coin."""
        return bool(self.rng.random() < probability)

    def goes_wrong(self, customer: Customer, probability: float) -> bool:
        """Throw a coin weighted with the shop's quality and the customer's luck."""
        return self.chance(min(0.9, probability * self.settings.trouble * customer.luck))

    def spread(self, median: float, sigma: float) -> float:
        """Draw from a log-normal of this median."""
        return median * float(self.rng.lognormal(0, sigma))

    def pick(self, options: tuple[str, ...]) -> str:
        """Draw one of a few options, the first ones more often."""
        return options[int(len(options) * self.rng.random() ** 1.5)]

    def number(self, kind: str) -> int:
        """Return the next number of a kind of thing."""
        return next(self._numbers[kind])

    def write(self, source: Source, customer: Customer, **fields: Any) -> None:
        """Write an event of now; fields that are None are left out.

        Who has said farewell hears no more from the shop: no touchpoint is written.
        """
        if customer.has_closed and source == "touchpoints":
            return
        record = {
            "event_id": f"e-{self.number('event'):08d}",
            "customer_id": customer.customer_id,
            "occurred_at": rfc3339(self.now),
            **{name: value for name, value in fields.items() if value is not None},
        }
        if customer.owner is not None:
            record["owner"] = customer.owner
        self._written.append(Event(source, self.now, self.now, record))

    def read(self) -> list[Event]:
        """Hand over what was written since the last reading."""
        written, self._written = self._written, []
        return written
