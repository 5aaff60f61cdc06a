"""A log as intake would write it, and what can be compared of a table that folded it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from pipeline.feed import Feed
from pipeline.loads import decayed
from pipeline.outcome import Outcome, Voided
from pipeline.pools import POOLS
from pipeline.settings import PipelineSettings
from pipeline.table import ActivityTable
from pipeline.units import DAY_MS, HOUR_MS
from pipeline.windows import totals
from schemas.activity import Activity
from schemas.alert import Alert
from schemas.log import Record
from schemas.progress import Progress, SourceProgress
from schemas.reset import Reset

START_MS = 1_704_067_200_000  # 2024-01-01T00:00:00Z
LOG = "customer-activity"


def at(day: float, hours: float = 0.0) -> int:
    """Return the instant so many days after the start of 2024."""
    return START_MS + round(day * DAY_MS + hours * HOUR_MS)


def day(instant: datetime) -> float:
    """Return the days from the start of 2024 to an instant."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    return (instant - start).total_seconds() / 86_400


@dataclass
class Intake:
    """Stands in for the intake agents: appends activities, and reports where a feed must."""

    settings: PipelineSettings
    partitions: dict[str, int] = field(default_factory=dict)  # by topic; 1 unless named
    live_at: int = 0

    def __post_init__(self):
        self.log: list[Record] = []
        self._offsets = {}
        self._feeds = {}
        for topic in self.settings.sources:
            for partition in range(self.partitions.get(topic, 1)):
                self._feeds[topic, partition] = Feed(self.settings.feed(topic))
                self._offsets[topic, partition] = 0

    def send(self, activity: Activity) -> None:
        """Append an activity, after the report that has to precede it."""
        source = activity.topic, activity.partition
        feed = self._feeds[source]
        stops = 0
        while not feed.read([activity.customer_id], [activity.occurred_at]):
            self.tick()
            stops += 1
            assert stops < 4, "a feed asks for report after report"
        self.log.append(replace_position(activity, self._offsets[source]))
        self._offsets[source] += 1

    def tick(self) -> None:
        """Append the progress of all source partitions."""
        self.log.append(Progress([self.progress(*source) for source in self._feeds]))

    def reset(self, topic: str) -> None:
        """Append that a source was made anew, and read it from its beginning."""
        self.log.append(Reset(topic))
        for source in self._feeds:
            if source[0] == topic:
                self._feeds[source] = Feed(self.settings.feed(topic))
                self._offsets[source] = 0

    def progress(self, topic: str, partition: int) -> SourceProgress:
        """Return what one feed reports."""
        count = self.partitions.get(topic, 1)
        offset = self._offsets[topic, partition]
        return self._feeds[topic, partition].report(topic, partition, count, offset, self.live_at)


def replace_position(activity: Activity, offset: int, **changes) -> Activity:
    """Return an activity at another place in its source."""
    names = Activity.__struct_fields__
    values = {name: getattr(activity, name) for name in names} | changes | {"offset": offset}
    return Activity(**values)


def fold(
    settings: PipelineSettings, log: Sequence[Record], splits: Iterable[int] = ()
) -> tuple[ActivityTable, list[Alert]]:
    """Fold a log in batches that begin at `splits`; return the table and its alerts."""
    table, outcomes = outcomes_of(settings, log, splits)
    return table, [alert for outcome in outcomes for alert in outcome.alerts]


def outcomes_of(settings, log, splits=()) -> tuple[ActivityTable, list[Outcome]]:
    """Fold a log in batches that begin at `splits`; return the table and what each came to."""
    table = ActivityTable(settings, LOG, 0)
    cuts = sorted({0, len(log), *(cut for cut in splits if cut < len(log))})
    outcomes = [table.step(log[begin:end], range(begin, end)) for begin, end in pairwise(cuts)]
    return table, outcomes


COUNTS = ("applied", "duplicates_by_position", "duplicates_by_event", "refused", "evicted")


def summed(outcomes: Sequence[Outcome]) -> tuple[list[Alert | Voided], list[int]]:
    """Return all that was told, in its order, and the counts."""
    told = [each for outcome in outcomes for each in outcome.in_order()]
    return told, [sum(getattr(o, name) for o in outcomes) for name in COUNTS]


def fold_one_by_one(settings, log):
    """Fold a log record by record."""
    return fold(settings, log, range(len(log)))


def unplaced(outcomes: Sequence[Outcome]) -> list[tuple]:
    """Return what was told without its place in the log, in an order of its own."""
    values = [
        tuple(
            getattr(told, name)
            for name in (TOLD if isinstance(told, Voided) else Alert.__struct_fields__)
            if name != "source"
        )
        for outcome in outcomes
        for told in outcome.in_order()
    ]
    return sorted(values, key=repr)


TOLD = ("customer_id", "kind", "alert_id")


def chain(pool, head: int) -> list[tuple]:
    """Return the records of a chain without their places in memory."""
    names = [name for name in pool.records.dtype.names if name not in ("row", "next")]
    return [
        tuple(repr(pool.records[name][slot]) for name in names)
        for _, slots in pool.each(np.array([head]))
        for slot in slots.tolist()
    ]


TEXTS = ("currency", "owner", "segment", "channel", "category")


def state(table: ActivityTable) -> dict[str, tuple]:
    """Return all that a table knows, by customer, to the bit."""
    known = {}
    for number in table.store.everyone().tolist():
        words, rows = table.store.gather(np.array([number]))
        chains = [chain(pool, int(rows[name][0])) for name, pool in table.pools.each()]
        texts = [table.texts.text(int(rows[name][0])) for name in TEXTS]
        for name in (*POOLS, *TEXTS):
            rows[name] = 0  # references and codes mean nothing outside their table
        dues = [int(due_ms[number]) for due_ms in table.store.due]
        known[table.store.ids[number]] = (words.tobytes(), texts, chains, dues)
    return known


FACTS = (
    "first_ms",
    "contact_ms",
    "touched_ms",
    "last_order_ms",
    "amount_sum",
    "amount_squares",
    "last_amount_ms",
    "delivered_ms",
    "followed_up_ms",
    "owner_changed_ms",
    "closed_ms",
    "closed",
    "newest_day",
    "first_day",
    "orders_low",
    "orders_high",
    "order_days",
    "orders",
    "amounts",
    "tickets",
    "foreign_orders",
    "rated_well",
    "promoter",
    "items_lost",
    "last_delivered_ms",
    "word_ms",
    "failed_ms",
    "good_ms",
    "compensated_ms",
    "returns",
    "compensations",
)


def facts(table: ActivityTable, at_ms: int) -> dict[str, dict[str, list[float]]]:
    """Return what no order of arrival may change, as numbers, by customer."""
    known = {}
    for number in table.store.everyone().tolist():
        _, rows = table.store.gather(np.array([number]))
        now = np.array([at_ms])
        facts = {name: rows[name].astype(float).tolist() for name in FACTS}
        facts["loads"] = decayed(rows, table.judge.frustration.half_life_days, now)[0].tolist()
        facts["windows"] = totals(table.settings.windows, rows, now)[0].tolist()
        facts["items"] = sorted(chain(table.pools.items, int(rows["items"][0])))
        known[table.store.ids[number]] = facts
    return known


def with_settings(**parts) -> PipelineSettings:
    """Return the default settings with some parts changed: `inactivity={"level": 0.6}`."""
    settings = PipelineSettings()
    changed = {
        name: replace(getattr(settings, name), **value) if isinstance(value, dict) else value
        for name, value in parts.items()
        if name not in ("feeds", "values", "advice")
    }
    changed |= {name: parts[name] for name in ("feeds", "values", "advice") if name in parts}
    return replace(settings, **changed)
