"""The plan of a seed: which faults, when, and on whom. Pure: the same seed, the same plan."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tests.faults.chaos.scenario import Scenario


class Kind(StrEnum):
    """What can happen."""

    KILL = "kill -9"
    KILL_RESTORING = "kill -9 in restore"
    TERM = "SIGTERM"
    FREEZE = "SIGSTOP, SIGCONT"
    BROKER_RESTART = "broker restart"
    BROKER_AWAY = "broker away"
    REBALANCE = "rebalance"


SHORT_FAULTS: Final = 4
LONG_FAULTS: Final = 14
FIRST, LAST = 0.1, 0.95  # of the time of sending: what is there before, and what comes after


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault.

    Attributes:
        at_seconds: since the first event was sent.
        kind: of it.
        worker: whom it meets, by number from 0 on; no matter for the broker.
        seconds: how long it lasts.
        is_hard: the broker is killed: restarted so rather than stopped, away so rather than
            frozen.
    """

    at_seconds: float
    kind: Kind
    worker: int
    seconds: float
    is_hard: bool

    def __str__(self) -> str:
        """Say it in a few words."""
        about = self.kind.value
        if self.kind in (Kind.BROKER_RESTART, Kind.BROKER_AWAY):
            soft = "stopped" if self.kind is Kind.BROKER_RESTART else "frozen"
            about += f", {'killed' if self.is_hard else soft}"
        elif self.kind is not Kind.REBALANCE:
            about += f" of w{self.worker + 1}"
        return about + (f", for {self.seconds:g} s" if self.seconds else "")


def plan(scenario: Scenario) -> list[Fault]:
    """Return the faults of a scenario, in their order in time.

    Each kind comes once, in a short run some of the kinds; a longer run has more of any.
    """
    draw = random.Random(f"plan {scenario.seed}")
    kinds = list(_kinds(draw, scenario.is_short))
    lasting = [_seconds(draw, kind, scenario) for kind in kinds]
    moments = _moments(draw, lasting, FIRST * scenario.seconds, LAST * scenario.seconds)
    return [
        Fault(
            at_seconds=round(moment, 1),
            kind=kind,
            worker=draw.randrange(scenario.workers),
            seconds=seconds,
            is_hard=draw.random() < 0.5,
        )
        for kind, seconds, moment in zip(kinds, lasting, moments, strict=True)
    ]


def _moments(
    draw: random.Random, lasting: Sequence[float], first: float, last: float
) -> Iterator[float]:
    """Yield when each begins: at any moment of a stretch of its own.

    The stretch of one that lasts is longer by half of that, so some overlap.
    """
    stretch = max((last - first - sum(lasting) / 2) / len(lasting), 1.0)
    for seconds in lasting:
        yield first + draw.random() * stretch
        first += stretch + seconds / 2


def _kinds(draw: random.Random, is_short: bool) -> Iterator[Kind]:
    every = draw.sample(list(Kind), k=len(Kind))
    if is_short:
        yield from every[:SHORT_FAULTS]
        return
    # A broker away for a minute takes the time of several others: once is enough.
    more = [kind for kind in Kind if kind is not Kind.BROKER_AWAY]
    every += draw.choices(more, k=LONG_FAULTS - len(every))
    yield from draw.sample(every, k=len(every))


def _seconds(draw: random.Random, kind: Kind, scenario: Scenario) -> float:
    if kind is Kind.BROKER_AWAY:
        return scenario.away_seconds
    if kind is Kind.FREEZE:
        longer = draw.uniform(1.5, 3.0 if scenario.is_short else 9.0)
        return round(scenario.session_seconds + longer, 1)
    if kind is Kind.REBALANCE:
        return round(draw.uniform(1.0, 5.0), 1)
    return 0.0
