"""What irritated a customer, event by event and matter by matter: words, and what each weighs."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.dates import plain_date, plain_days
from pipeline.frustration_settings import CAUSES, FrustrationSettings
from pipeline.pool import Chains
from pipeline.units import DAY_MS, NAME_BYTES, Ints, nonzero
from pipeline.vocabulary import Matter
from pipeline.waiting import CAUSE_WHILE_OPEN, lateness
from schemas.activity import Kind
from schemas.alert import Cause

_NAMED_MAX: Final = 2  # of one cause
_SHARE_MIN: Final = 1e-12  # less of a load is rounding, not a cause
_TRIED_MAX: Final = 6

_MATTERS: Final[dict[int, str]] = {
    Matter.ORDER: "order",
    Matter.TICKET: "ticket",
    Matter.PROMISE: "promise",
}

_EVENTS: Final[dict[int, str]] = {
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
    remembered: Chains, waiting: Chains, when_ms: Ints, at_ms: Ints
) -> list[str | None]:
    """Return what went wrong at instants, in words as of later ones; None if not remembered.

    Args:
        remembered: records of the memory, of each.
        waiting: open matters past their promise, of each.
        when_ms: (n,) when it went wrong.
        at_ms: (n,) when it is told.
    """
    words: list[str | None] = [None] * len(when_ms)
    where, records = _first_of(waiting, "promised_ms", when_ms)
    told = zip(where.tolist(), records, records["promised_ms"].tolist(), strict=True)
    for place, record, due_ms in told:
        due = plain_date(due_ms, int(at_ms[place]))
        words[place] = f"{matter_words(record)} fell overdue on {due}"
    where, records = _first_of(remembered, "at_ms", when_ms)
    for place, event in zip(where.tolist(), _events_words(records, at_ms[where]), strict=True):
        words[place] = event
    return words


def _first_of(chains: Chains, name: str, when_ms: Ints) -> tuple[Ints, NDArray[Any]]:
    """Return the first record of each chain that is of an instant, and whose they are."""
    where = chains.where
    of_then = nonzero(chains.records[name] == when_ms[where])
    where, first = np.unique(where[of_then], return_index=True)
    return where, chains.records[of_then[first]]


def _listed(words: list[str], otherwise: str) -> str:
    named, more = words[:_NAMED_MAX], len(words) - _NAMED_MAX
    if not named:
        return otherwise
    return ", ".join(named) + (f", and {more} more" if more > 0 else "")


def _events(
    settings: FrustrationSettings, remembered: NDArray[Any], at_ms: int
) -> Iterable[Irritant]:
    columns = (remembered[name].tolist() for name in ("cause", "at_ms", "severity"))
    words = _events_words(remembered, np.full(len(remembered), at_ms))
    for code, then_ms, severity, told in zip(*columns, words, strict=True):
        cause = CAUSES[code]
        age_days = max(at_ms - then_ms, 0) / DAY_MS
        fade = 2.0 ** (-age_days / getattr(settings.half_lives_days, cause))
        yield Irritant(cause, getattr(settings.weights, cause) * severity * fade, told)


def _events_words(records: NDArray[Any], seen_from_ms: Ints) -> list[str]:
    columns = (records[name].tolist() for name in ("kind", "name", "late_days", "at_ms"))
    told = zip(*columns, seen_from_ms.tolist(), strict=True)
    return [_event_words(*each) for each in told]


def _event_words(kind: int, name: bytes, late_days: float, at_ms: int, seen_from_ms: int) -> str:
    pattern = _EVENTS.get(kind, "something on {date}")
    if not late_days:
        pattern = pattern.replace(" {late} late", ", after a queue,")
    date, late = plain_date(at_ms, seen_from_ms), plain_days(late_days)
    words = pattern.format(name=plain_name(name), late=late, date=date)
    return words if name else words.replace("  ", " ")


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
    return f"{_MATTERS[int(record['matter'])]} {plain_name(bytes(record['name']))}".rstrip()


def plain_name(kept: bytes) -> str:
    """Return the name of an order, ticket or promise from what is kept of it; if cut, with dots."""
    text = kept[:NAME_BYTES].decode(errors="ignore")
    return text if len(kept) <= NAME_BYTES else f"{text}…"
