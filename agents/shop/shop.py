"""The shop: people come in, buy, are served well or badly, and some stop coming.

One event at a time in event-time order, made as it is asked for: a file takes all at once, and a
live caller waits until each event's `sent_at`. Memory grows with the customers, not with the days.
"""

import math
from collections.abc import Iterator

from agents.shop.agenda import Process
from agents.shop.care import caring, price_rises
from agents.shop.customers import draw_customer
from agents.shop.events import DAY_MS, Event
from agents.shop.orders import buying
from agents.shop.outages import through_outages
from agents.shop.settings import ShopSettings
from agents.shop.truth import Truth, truths
from agents.shop.world import World


class Shop:
    """One run of a simulated shop."""

    def __init__(self, settings: ShopSettings) -> None:
        self.settings = settings
        self._world = World(settings)
        self._events = through_outages(self._simulate(), settings.outages, settings.start_ms)

    def events(self) -> Iterator[Event]:
        """Yield what the shop sends, in the order sent; going on where an earlier call stopped."""
        return self._events

    def truth(self) -> Iterator[Truth]:
        """Yield, by customer, what is true as of the last event taken."""
        return truths(self._world.customers)

    def _simulate(self) -> Iterator[Event]:
        world = self._world
        for _ in range(self.settings.customers):
            _enter(world, is_new=False)
        if math.isfinite(self.settings.price_rise_every_days):
            world.begin(price_rises(world))
        world.begin(_newcomers(world))
        for _ in world.agenda.run(self.settings.end_ms):
            yield from world.read()


def _enter(world: World, *, is_new: bool) -> None:
    number = len(world.customers) + 1
    customer = draw_customer(world.rng, world.settings, number, world.now, is_new=is_new)
    world.customers.append(customer)
    world.begin(caring(world, customer))
    world.begin(buying(world, customer))


def _newcomers(world: World) -> Process:
    """Let people come in for the first time, as a Poisson process in the shop's busy time."""
    per_day = world.settings.newcomers_share_per_day * world.settings.customers
    while per_day:
        yield world.week.later(world.now, world.rng.exponential(1 / per_day) * DAY_MS)
        _enter(world, is_new=True)
