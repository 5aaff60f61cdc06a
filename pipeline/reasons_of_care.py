"""What the scores of care are made of, in words: of each of these kinds it is one thing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from numpy.typing import NDArray

from pipeline.dates import plain_date, plain_days
from pipeline.kinds import HANDOVER, NEGLECT, QUIET_AFTER_TROUBLE, SECOND_ORDER, STALLED
from schemas.alert import Cause

_NAMED_MAX: Final = 2
Names = tuple[str, ...]


@dataclass(slots=True)
class Told:
    """Alerts of one kind in the making, (n,) each."""

    at_ms: list[int]
    score: list[float]
    limit: list[float]
    stage: list[str]
    details: dict[str, NDArray[Any]]
    trouble: Sequence[str | None] = field(default=())  # what went wrong, where it is remembered
    names: Sequence[Names] = field(default=())  # of what waits, the oldest first

    def detail(self, name: str) -> list[int]:
        """Return a detail of each."""
        found: list[int] = self.details[name].tolist()
        return found


def _quiet(told: Told) -> list[Cause]:
    columns = told.at_ms, told.score, told.detail("trouble_ms"), told.trouble
    return [Cause("silence", of[1], _quiet_words(*of)) for of in zip(*columns, strict=True)]


def _quiet_words(at_ms: int, score: float, trouble_ms: int, trouble: str | None) -> str:
    if not trouble_ms:
        return "what had gone wrong was made good"
    trouble = trouble or f"what went wrong on {plain_date(trouble_ms, at_ms)}"
    if score < 1:
        return f"heard from again, after {trouble}"
    return f"no word for {plain_days(score)}, after {trouble}"


def _second_order(told: Told) -> list[Cause]:
    return [Cause("silence", score, _second_order_words(score)) for score in told.score]


def _second_order_words(score: float) -> str:
    return "ordered again" if score < 1 else f"no second order for {plain_days(score)}"


def _stalled(told: Told) -> list[Cause]:
    columns = zip(told.score, told.limit, told.stage, strict=True)
    return [Cause("stage", of[0], _stalled_words(*of)) for of in columns]


def _stalled_words(score: float, limit: float, stage: str) -> str:
    if score < limit:
        return f"the {stage} stage goes on"
    return f"in the {stage} stage for {plain_days(score)}; {plain_days(limit)} are enough"


def _neglect(told: Told) -> list[Cause]:
    promises, deliveries = told.detail("promise_ms"), told.detail("delivered_ms")
    columns = zip(told.at_ms, promises, deliveries, told.names, strict=True)
    causes = ["promise" if promise_ms else "word" for promise_ms in promises]
    words = [_neglect_words(*of) for of in columns]
    return list(map(Cause, causes, told.score, words))


def _neglect_words(at_ms: int, promise_ms: int, delivered_ms: int, names: Names) -> str:
    parts = []
    if promise_ms:
        what = names[0] if names else "what was promised"
        parts.append(f"{what} for {plain_date(promise_ms, at_ms)} is not done")
    if delivered_ms:
        parts.append(f"no word since the delivery on {plain_date(delivered_ms, at_ms)}")
    return " and ".join(parts) or "nothing is owed any more"


def _listed(names: Names) -> str:
    named, more = names[:_NAMED_MAX], len(names) - _NAMED_MAX
    return " and ".join(named) if more <= 0 else f"{', '.join(named)} and {more} more"


def _handover(told: Told) -> list[Cause]:
    changed, overdue = told.detail("changed_ms"), told.detail("overdue")
    columns = told.at_ms, told.score, changed, overdue, told.names
    return [Cause("handover", of[1], _handover_words(*of)) for of in zip(*columns, strict=True)]


def _handover_words(at_ms: int, score: float, changed_ms: int, late: int, names: Names) -> str:
    count = round(score)
    if not count:
        return "nothing is left of what was handed over"
    what = _listed(names) or ("one matter" if count == 1 else f"{count} matters")
    overdue = "" if not late else ", overdue" if count == 1 else f", {late} of them overdue"
    since = plain_date(changed_ms, at_ms)
    return f"the owner changed on {since} with {what} open{overdue}"


CAUSES_OF_CARE: Final[dict[int, Callable[[Told], list[Cause]]]] = {
    QUIET_AFTER_TROUBLE: _quiet,
    SECOND_ORDER: _second_order,
    STALLED: _stalled,
    NEGLECT: _neglect,
    HANDOVER: _handover,
}
