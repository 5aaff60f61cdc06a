"""The alert budget: a digest instead of a storm.

One partition tells so many new alerts in an hour of its clock, while it is live. What comes on top
is held back: the episode goes on and is followed as any other, but it is not told, unless it
escalates in a later hour. When the hour is over a digest counts what was held back and lists the
gravest. Of those found at one place of the log, by a tick, the highest value at risk goes first.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final, NamedTuple

from msgspec import to_builtins

from pipeline.detector_settings import BudgetSettings
from pipeline.units import HOUR_MS
from schemas.alert import Alert, AlertKind, Digest, Held, LogPosition, State
from schemas.base import instant

_OPENING: Final = (State.RAISED, State.ESCALATED)


class Tick(NamedTuple):
    """How far the clock had come at a place of the log."""

    offset: int
    now_ms: int
    is_live: bool


@dataclass(slots=True)
class Sifted:
    """What is told of the alerts of some records, and what became of the others."""

    told: list[Alert] = field(default_factory=list)
    digests: list[Digest] = field(default_factory=list)
    held: dict[str, tuple[Alert, bool]] = field(default_factory=dict)  # by id: is it held now?
    opened: set[str] = field(default_factory=set)  # ids told, or held, for the first time


class Budget:
    """How many alerts of one partition were told in the hour, and what was held back."""

    def __init__(self, settings: BudgetSettings, topic: str, partition: int) -> None:
        self._settings = settings
        self._topic, self._partition = topic, partition
        self._hour = 0
        self._is_live = False
        self._told = 0
        self._by_kind: Counter[AlertKind] = Counter()
        self._gravest: list[Held] = []

    def sift(
        self, alerts: Sequence[Alert], ticks: Iterable[Tick], first: set[str], held: set[str]
    ) -> Sifted:
        """Return what is told of alerts, in the order of the log.

        Args:
            alerts: by offset.
            ticks: reports of time among the records, by offset.
            first: ids of the alerts that are told for the first time.
            held: ids of those that were held back before.
        """
        sifted, waiting = Sifted(), list(ticks)
        for offset, group in groupby(alerts, lambda alert: alert.source.offset):
            while waiting and waiting[0].offset <= offset:
                self._tick(waiting.pop(0), sifted)
            self._at(list(group), first, held, sifted)
        for tick in waiting:
            self._tick(tick, sifted)
        return sifted

    def state(self) -> dict[str, Any]:
        """Return what `restore` takes: plain values."""
        return {
            "hour": self._hour,
            "live": self._is_live,
            "told": self._told,
            "by_kind": dict(sorted(self._by_kind.items())),
            "gravest": to_builtins(self._gravest),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self._hour, self._is_live, self._told = state["hour"], state["live"], state["told"]
        self._by_kind = Counter({AlertKind(kind): n for kind, n in state["by_kind"].items()})
        self._gravest = [Held(**held) for held in state["gravest"]]

    def _tick(self, tick: Tick, sifted: Sifted) -> None:
        hour = tick.now_ms // HOUR_MS
        self._is_live = tick.is_live
        if hour <= self._hour:
            return
        if self._by_kind:
            place = LogPosition(self._topic, self._partition, tick.offset)
            total = self._by_kind.total()
            sifted.digests.append(
                Digest(
                    instant(self._hour * HOUR_MS), total, dict(self._by_kind), self._gravest, place
                )
            )
        self._hour, self._told, self._by_kind, self._gravest = hour, 0, Counter(), []

    def _at(self, alerts: list[Alert], first: set[str], held: set[str], sifted: Sifted) -> None:
        """Decide on the alerts found at one place of the log."""
        refused: set[int] = set()
        for place in _gravest_first(alerts):
            alert = alerts[place]
            was_held = sifted.held.get(alert.alert_id, (alert, alert.alert_id in held))[1]
            opens = alert.alert_id in first and alert.alert_id not in sifted.opened
            again = was_held and alert.state is State.ESCALATED
            if alert.outcome is not None:
                continue  # what became of it is told in any case
            if (opens or again) and alert.state in _OPENING:
                is_held = self._is_full()
                sifted.opened.add(alert.alert_id)
                if is_held or was_held:
                    sifted.held[alert.alert_id] = alert, is_held
                if is_held:
                    self._hold(alert)
                    refused.add(place)
                else:
                    self._told += 1
            elif was_held:
                refused.add(place)
        sifted.told += [alert for place, alert in enumerate(alerts) if place not in refused]

    def _is_full(self) -> bool:
        limit = self._settings.alerts_per_hour
        return self._is_live and 0 < limit <= self._told

    def _hold(self, alert: Alert) -> None:
        self._by_kind[alert.kind] += 1
        held = Held(
            alert.alert_id, alert.customer_id, alert.kind, alert.value_at_risk, alert.currency
        )
        self._gravest.append(held)
        self._gravest.sort(key=lambda each: (each.currency or "", -(each.value_at_risk or 0.0)))
        while len(self._gravest) > self._settings.listed_max:
            self._gravest.pop(_least(self._gravest))


def _gravest_first(alerts: list[Alert]) -> Sequence[int]:
    if len(alerts) == 1:
        return (0,)
    return sorted(range(len(alerts)), key=lambda i: (-_value(alerts[i]), i))


def _least(listed: Sequence[Held]) -> int:
    """Return the place of who goes: the last of the currency that most are listed of."""
    currencies = [held.currency or "" for held in listed]
    often = Counter(currencies)
    crowded = max(often, key=lambda currency: (often[currency], currency))
    return len(currencies) - 1 - currencies[::-1].index(crowded)


def _value(alert: Alert) -> float:
    return alert.value_at_risk or 0.0
