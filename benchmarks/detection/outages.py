"""Alerts in an outage of a feed of the simulated shop: `python -m benchmarks.detection.outages`.

The same shop, with all its feeds and with one of them silent for six days, what it missed coming
afterwards (`delayed`) or never (`lost`). Counted are alerts raised while it is silent, and in as
many days after it, live: each record is heard when it is sent.
"""

from collections import Counter
from dataclasses import replace

import msgspec

from agents.offline.history import History
from agents.offline.intake_replay import Intake
from agents.offline.replay import Replay, numbered
from agents.shop.outages import KINDS, Outage
from agents.shop.settings import ShopSettings
from agents.shop.shop import Shop
from agents.sources import SOURCES
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS
from schemas.alert import AlertKind, State
from schemas.base import milliseconds

SHOP = ShopSettings(customers=1_000, days=100)
BEGINS_DAY, ENDS_DAY, LATER_DAY = 70.0, 76.0, 82.0
TOPICS = tuple(source.topic for source in SOURCES)
SETTINGS = PipelineSettings(sources=TOPICS, live_clock=False)


def heard(shop: ShopSettings) -> History:
    """Return what a shop sends, in the order in which it is heard."""
    of_topic = {source.topic: source for source in SOURCES}
    count, activities = Counter(), []
    for event in Shop(shop).events():
        source = of_topic[event.source]
        record = msgspec.convert(event.record, source.form)
        offset = count[event.source]
        activity = source.to_activity(record, event.occurred_at, event.source, 0, offset)
        count[event.source] += 1
        activities.append(activity)
    return History(activities, tuple(of_topic))


def raised(outages: tuple[Outage, ...]) -> tuple[Counter, Counter]:
    """Return how many alerts of each kind are raised in the outage, and after it."""
    shop = replace(SHOP, outages=outages)
    history = heard(shop)
    replay, within, after = Replay.of(SETTINGS), Counter(), Counter()
    for records, offsets in numbered(Intake(history, SETTINGS).batches()):
        for alert in replay.fold(records, offsets):
            if alert.state is State.RAISED and alert.outcome is None:
                day = (milliseconds(alert.occurred_at) - shop.start_ms) / DAY_MS
                within[alert.kind] += BEGINS_DAY <= day < ENDS_DAY
                after[alert.kind] += ENDS_DAY <= day < LATER_DAY
    return within, after


def main() -> None:
    """Print alerts by kind, within an outage and after it."""
    cases = [("none", ())]
    for source in TOPICS:
        for kind in KINDS:
            outage = Outage(source=source, begins_day=BEGINS_DAY, ends_day=ENDS_DAY, kind=kind)
            cases.append((f"{source}, {kind}", (outage,)))
    kinds = [kind for kind in AlertKind if kind is not AlertKind.SECOND_ORDER]
    print("| outage | " + " | ".join(kinds) + " |")
    print("| --- |" + " ---: |" * len(kinds))
    for name, outages in cases:
        within, after = raised(outages)
        counts = [f"{within[kind]}, {after[kind]}" for kind in kinds]
        print(f"| {name} | " + " | ".join(counts) + " |", flush=True)


main()
