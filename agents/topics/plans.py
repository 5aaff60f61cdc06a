"""What every topic must be, and how far one that is there differs from it. Pure: no Kafka.

The sources belong to the user: they are made when missing, and never altered. What is written for
them, the dead letters, has to have room for the largest record that they take.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from agents.live.dead_letters import ROOM_BYTES
from agents.live_settings import ALERTS, CHANGELOG, DEAD_LETTERS, LOG, TopicSettings
from agents.settings import Settings
from pipeline.units import DAY_MS

INSYNC: Final = 2  # with three replicas: one may be away, and what is acknowledged stays
_UNLIMITED: Final = -1
_DIRTY_RATIO: Final = 0.1  # a restore reads little more than what is there
_SEGMENT_BYTES: Final = 128 << 20  # only what is no longer written to is compacted


class Rule(StrEnum):
    """How a value has to compare with the one wanted."""

    EXACTLY = ""
    AT_LEAST = "at least "
    AT_MOST = "at most "
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value and its rule; -1 stands for no limit."""

    value: str
    rule: Rule = Rule.EXACTLY

    def __str__(self) -> str:
        return f"{self.rule}{self.value}" if self.rule is not Rule.ANY else "any"

    def fits(self, found: str | None) -> bool:
        """Say whether what is there will do."""
        if self.rule is Rule.ANY:
            return True
        if found is None or self.rule is Rule.EXACTLY:
            return found == self.value
        wanted, is_there = (_number(text) for text in (self.value, found))
        return is_there >= wanted if self.rule is Rule.AT_LEAST else is_there <= wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPlan:
    """One topic: what is made if it is missing, and what must hold if it is there.

    Attributes:
        name: with the prefix.
        partitions: how many.
        replication: how many copies.
        configs: of the topic, by Kafka's names.
        is_source: it belongs to the user.
    """

    name: str
    partitions: Wanted
    replication: Wanted
    configs: Mapping[str, Wanted] = field(default_factory=dict)
    is_source: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A topic as it is."""

    partitions: int
    replication: int
    configs: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it must be."""

    topic: str
    what: str
    wanted: str
    found: str


def plans(settings: Settings, replication: int | None = None) -> list[TopicPlan]:
    """Return what every topic must be.

    Args:
        settings: all of them.
        replication: instead of `topics.replication_factor`.
    """
    s = settings.topics
    copies = replication or s.replication_factor
    name = settings.kafka.topic
    log = Wanted(str(s.log_partitions))
    some = Wanted(str(s.alert_partitions), Rule.AT_LEAST)
    return [
        *(_source(name(topic), s, copies) for topic in settings.sources),
        _own(name(LOG), log, copies, _kept(s.log_retention_days)),
        _own(name(ALERTS), some, copies, _kept(s.alert_retention_days)),
        _own(
            name(DEAD_LETTERS),
            some,
            copies,
            {
                **_kept(s.dead_letter_retention_days),
                "max.message.bytes": Wanted(str(s.source_bytes_max + ROOM_BYTES), Rule.AT_LEAST),
            },
        ),
        _own(name(CHANGELOG), log, copies, _COMPACTED),
    ]


_COMPACTED: Final = {
    "cleanup.policy": Wanted("compact"),
    "min.cleanable.dirty.ratio": Wanted(str(_DIRTY_RATIO), Rule.AT_MOST),
    "segment.bytes": Wanted(str(_SEGMENT_BYTES), Rule.AT_MOST),
    # What is deleted is gone from the disk two days later, at the latest.
    "max.compaction.lag.ms": Wanted(str(DAY_MS), Rule.AT_MOST),
    "delete.retention.ms": Wanted(str(DAY_MS), Rule.AT_MOST),
}


def differences(plan: TopicPlan, found: Found | None) -> list[Difference]:
    """Return in what a topic differs from its plan."""
    if found is None:
        return [Difference(plan.name, "topic", "there", "missing")]
    compared = {
        "partitions": (plan.partitions, str(found.partitions)),
        "replication factor": (plan.replication, str(found.replication)),
        **{key: (wanted, found.configs.get(key)) for key, wanted in plan.configs.items()},
    }
    return [
        Difference(plan.name, what, str(wanted), "not set" if value is None else value)
        for what, (wanted, value) in compared.items()
        if not wanted.fits(value)
    ]


def _source(name: str, settings: TopicSettings, copies: int) -> TopicPlan:
    return TopicPlan(
        name=name,
        partitions=Wanted(str(settings.source_partitions), Rule.ANY),
        replication=Wanted(str(copies), Rule.ANY),
        configs={"max.message.bytes": Wanted(str(settings.source_bytes_max), Rule.AT_MOST)},
        is_source=True,
    )


def _own(
    name: str,
    partitions: Wanted,
    copies: int,
    configs: Mapping[str, Wanted],
) -> TopicPlan:
    insync = Wanted(str(min(INSYNC, max(copies - 1, 1))), Rule.AT_LEAST)
    return TopicPlan(
        name=name,
        partitions=partitions,
        replication=Wanted(str(copies), Rule.AT_LEAST),
        configs={**configs, "min.insync.replicas": insync},
    )


def _kept(days: int) -> dict[str, Wanted]:
    """Return the settings of a topic whose records are kept for so long, all of them."""
    return {
        "cleanup.policy": Wanted("delete"),
        "retention.ms": Wanted(str(days * DAY_MS), Rule.AT_LEAST),
        "retention.bytes": Wanted(str(_UNLIMITED), Rule.AT_LEAST),
    }


def _number(text: str) -> float:
    number = float(text)
    return float("inf") if number == _UNLIMITED else number
