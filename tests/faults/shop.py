"""The records of a small simulated shop, as the fault tests send them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from agents.shop.settings import ShopSettings
from agents.shop.shop import Shop
from tests.live.shop_floor import Sent

# Time is the data's own, and every alert is sent: all can be held against the fold of the log.
EVENT_TIME: Final[dict[str, Any]] = {
    "clock": "event",
    "alerts": {"max_age_hours": 0},
}


def shop(customers: int, days: int, seed: int = 5, *, until_now: bool = False) -> list[Sent]:
    """Return a shop's records keyed by customer, in the order of their dates."""
    settings = ShopSettings(customers=customers, days=days, seed=seed)
    if until_now:
        settings = replace(settings, start=datetime.now(UTC) - timedelta(days=days, minutes=5))
    return [
        Sent(event.source, event.record["customer_id"].encode(), json.dumps(event.record).encode())
        for event in Shop(settings).events()
    ]


def parts(records: Sequence[Sent], count: int) -> Iterator[Sequence[Sent]]:
    """Yield records in so many parts."""
    size = -(-len(records) // count)
    for begin in range(0, len(records), size):
        yield records[begin : begin + size]
