"""One shop with the default settings, simulated once for all the facts told of it."""

from dataclasses import dataclass

import pytest

from agents.shop.events import Event
from agents.shop.settings import ShopSettings
from agents.shop.shop import Shop
from agents.shop.truth import Truth


@dataclass(frozen=True)
class Run:
    settings: ShopSettings
    events: list[Event]
    truths: dict[str, Truth]

    def of(self, source):
        return [event for event in self.events if event.source == source]


def simulate(settings):
    shop = Shop(settings)
    events = list(shop.events())
    return Run(settings, events, {truth.customer_id: truth for truth in shop.truth()})


@pytest.fixture(scope="session")
def run():
    return simulate(ShopSettings())


@pytest.fixture(scope="session", name="simulate")
def simulate_fixture():
    return simulate
