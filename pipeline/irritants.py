"""What irritated a customer, event by event and matter by matter: words, and what each weighs."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.dates import plain_date, plain_days
from pipeline.frustration_settings import CAUSES, FrustrationSettings
from pipeline.units import DAY_MS, NAME_BYTES, Ints
from pipeline.vocabulary import Matter
from pipeline.waiting import CAUSE_WHILE_OPEN, lateness
from schemas.activity import Kind
from schemas.alert import Cause

_NAMED_MAX: Final = 2  # of one cause
_SHARE_MIN: Final = 1e-12  # less of a load is rounding, not a cause
_TRIED_MAX: Final = 6

_MATTERS: Final = {Matter.ORDER: "order", Matter.TICKET: "ticket", Matter.PROMISE: "promise"}

_EVENTS: Final = {
    Kind.ORDER_DELIVERED: "order {name} delivered {late} late on {date}",
    Kind.ORDER_CANCELLED: "order {name} cancelled on {date}",
    Kind.ORDER_FAILED: "order {name} cancelled by the company on {date}",
    Kind.ORDER_RETURNED: "order {name} returned on {date}",
    Kind.ORDER_REFUNDED: "order {name} refunded on {date}",
    Kind.TICKET_OPENED: "a queue before ticket {name} on {date}",
    Kind.TICKET_REPLIED: "a queue before an answer to ticket {name} on {date}",
    Kind.TICKET_REASSIGNED: "ticket {name} passed on to another on {date}",
    Kind.TICKET_REOPENED: "ticket {name} reopened on {date}",
    Kind.TICKET_ESCALATED: "ticket {name} escalated on {date}",
    Kind.TICKET_RESOLVED: "ticket {name} resolved {late} late on {date}",
    Kind.TICKET_RATED: "ticket {name} rated poorly on {date}",
    Kind.TICKET_ABANDONED: "ticket {name} given up by the customer on {date}",
    Kind.OWNER_CHANGED: "another owner since {date}",
    Kind.PRICE_RAISED: "a price raised on {date}",
    Kind.PROMISE_KEPT: "promise {name} kept {late} late on {date}",
    Kind.HINDERED: "kept from buying on {date}",
    Kind.SURVEY_ANSWERED: "a poor answer to a survey on {date}",
}
_WORDS: Final = {
    "delivery": "orders that came late or not at all",
    "waiting": "waiting beyond what was promised",
    "service": "cases that failed: late, reopened, or rated poorly",
    "contact": "contact given up, or hindered",
    "order": "orders returned, refunded or cancelled",
    "price": "prices raised",
    "handover": "being handed from one to another",
    "promise": "promises not kept, or kept late",
}


@dataclass(frozen=True, slots=True)
class Irritant:
    """One event, or one matter that waits: what it adds to the load at an instant."""

    cause: str
    weight: float  # log-odds
    words: str


def irritants(
    settings: FrustrationSettings,
    remembered: NDArray[Any],
    waiting: NDArray[Any],
    at_ms: int,
    known_ms: Ints,
) -> list[Irritant]:
    """Return what irritates at an instant, the heaviest first.

    Args:
        settings: for weights, half-lives, scale and step.
        remembered: records of the memory.
        waiting: records of open matters past their promise.
        at_ms: the instant.
        known_ms: (matters,) how far what waits is known.
    """
    found = [*_events(settings, remembered, at_ms), *_matters(settings, waiting, known_ms)]
    heavy = [irritant for irritant in found if irritant.weight > _SHARE_MIN]
    return sorted(heavy, key=lambda irritant: (-irritant.weight, irritant.words))


def load_causes(parts: NDArray[np.float64], found: Iterable[Irritant]) -> list[Cause]:
    """Return what the load comes from, the heaviest first, with the events behind it."""
    of_cause: dict[str, list[str]] = {}
    for irritant in found:
        of_cause.setdefault(irritant.cause, []).append(irritant.words)
    ranked = sorted(zip(CAUSES, parts.tolist(), strict=True), key=lambda part: -part[1])
    return [
        Cause(cause, share, _listed(of_cause.get(cause, []), _WORDS[cause]))
        for cause, share in ranked
        if share > _SHARE_MIN
    ]


def counterfactual(found: list[Irritant], load: float, limit: float) -> str | None:
    """Return without what the load would not have reached its limit: the least that suffices."""
    missing = load - limit
    enough = [irritant for irritant in found if irritant.weight > missing]
    if enough:
        return f"without {enough[-1].words} it would not have been raised"
    pairs = [
        (one.weight + other.weight, one, other)
        for one, other in combinations(found[:_TRIED_MAX], 2)
        if one.weight + other.weight > missing
    ]
    if not pairs:
        return None
    _, one, other = min(pairs, key=lambda pair: pair[0])
    return f"without {one.words}, and {other.words}, it would not have been raised"


def what_happened(
    remembered: NDArray[Any], waiting: NDArray[Any], when_ms: int, at_ms: int
) -> str | None:
    """Return what went wrong at an instant, in words as of a later one, if it is remembered."""
    for record in remembered[remembered["at_ms"] == when_ms]:
        return _event_words(record, at_ms)
    for record in waiting[waiting["promised_ms"] == when_ms]:
        return f"{matter_words(record)} fell overdue on {plain_date(when_ms, at_ms)}"
    return None


def _listed(words: list[str], otherwise: str) -> str:
    named, more = words[:_NAMED_MAX], len(words) - _NAMED_MAX
    if not named:
        return otherwise
    return ", ".join(named) + (f", and {more} more" if more > 0 else "")


def _events(
    settings: FrustrationSettings, remembered: NDArray[Any], at_ms: int
) -> Iterable[Irritant]:
    for record in remembered:
        cause = CAUSES[record["cause"]]
        age_days = max(at_ms - int(record["at_ms"]), 0) / DAY_MS
        fade = 2.0 ** (-age_days / getattr(settings.half_lives_days, cause))
        weight = getattr(settings.weights, cause) * float(record["severity"]) * fade
        yield Irritant(cause, weight, _event_words(record, at_ms))


def _event_words(record: NDArray[Any], at_ms: int) -> str:
    late_days = float(record["late_days"])
    pattern = _EVENTS.get(Kind(int(record["kind"])), "something on {date}")
    if not late_days:
        pattern = pattern.replace(" {late} late", ", after a queue,")
    date = plain_date(int(record["at_ms"]), at_ms)
    words = pattern.format(name=plain_name(record), late=plain_days(late_days), date=date)
    return words.replace("  ", " ")


def _matters(
    settings: FrustrationSettings, waiting: NDArray[Any], known_ms: Ints
) -> Iterable[Irritant]:
    step_ms = round(settings.step_hours * 3_600_000)
    for record in waiting:
        late_ms = int(known_ms[record["matter"]]) - int(record["promised_ms"])
        steps = max(late_ms // step_ms, 0)
        late_days = steps * step_ms / DAY_MS
        cause = CAUSES[CAUSE_WHILE_OPEN[record["matter"]]]
        severity = float(lateness(np.array([late_days]), settings.late_days_scale)[0])
        words = f"{matter_words(record)} being {plain_days(late_days)} overdue"
        yield Irritant(cause, getattr(settings.weights, cause) * severity, words)


def matter_words(record: NDArray[Any]) -> str:
    """Return what an open matter is called: its sort and its name."""
    return f"{_MATTERS[Matter(int(record['matter']))]} {plain_name(record)}".rstrip()


def plain_name(record: NDArray[Any]) -> str:
    """Return the name kept of an order, ticket or promise; a cut one ends in dots."""
    kept = bytes(record["name"])
    text = kept[:NAME_BYTES].decode(errors="ignore")
    return text if len(kept) <= NAME_BYTES else f"{text}…"
