"""What the scores of care are made of, in words: of each of these kinds it is one thing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from numpy.typing import NDArray

from pipeline.dates import plain_date, plain_days
from pipeline.kinds import HANDOVER, NEGLECT, QUIET_AFTER_TROUBLE, SECOND_ORDER, STALLED
from schemas.alert import Cause

_NAMED_MAX: Final = 2


@dataclass(frozen=True, slots=True)
class Told:
    """One alert in the making."""

    at_ms: int
    score: float
    limit: float
    stage: str
    details: dict[str, NDArray[Any]]
    place: int  # in the details
    trouble: str | None = None  # what went wrong, where it is remembered
    names: tuple[str, ...] = ()  # of what waits, the oldest first

    def detail(self, name: str) -> int:
        """Return a detail of this alert."""
        return int(self.details[name][self.place])

    def date(self, name: str) -> str:
        """Return the day of a detail in words."""
        return plain_date(self.detail(name), self.at_ms)


def _quiet(told: Told) -> Cause:
    if not told.detail("trouble_ms"):
        return Cause("silence", told.score, "what had gone wrong was made good")
    trouble = told.trouble or f"what went wrong on {told.date('trouble_ms')}"
    if told.score < 1:
        return Cause("silence", told.score, f"heard from again, after {trouble}")
    return Cause("silence", told.score, f"no word for {plain_days(told.score)}, after {trouble}")


def _second_order(told: Told) -> Cause:
    if told.score < 1:
        return Cause("silence", told.score, "ordered again")
    return Cause("silence", told.score, f"no second order for {plain_days(told.score)}")


def _stalled(told: Told) -> Cause:
    if told.score < told.limit:
        return Cause("stage", told.score, f"the {told.stage} stage goes on")
    taken, usual = plain_days(told.score), plain_days(told.limit)
    return Cause("stage", told.score, f"in the {told.stage} stage for {taken}; {usual} are enough")


def _neglect(told: Told) -> Cause:
    parts = []
    if told.detail("promise_ms"):
        what = told.names[0] if told.names else "what was promised"
        parts.append(f"{what} for {told.date('promise_ms')} is not done")
    if told.detail("delivered_ms"):
        parts.append(f"no word since the delivery on {told.date('delivered_ms')}")
    cause = "promise" if told.detail("promise_ms") else "word"
    return Cause(cause, told.score, " and ".join(parts) or "nothing is owed any more")


def _listed(names: tuple[str, ...]) -> str:
    named, more = names[:_NAMED_MAX], len(names) - _NAMED_MAX
    return " and ".join(named) if more <= 0 else f"{', '.join(named)} and {more} more"


def _handover(told: Told) -> Cause:
    count, late = round(told.score), told.detail("overdue")
    if not count:
        return Cause("handover", told.score, "nothing is left of what was handed over")
    what = _listed(told.names) or ("one matter" if count == 1 else f"{count} matters")
    overdue = "" if not late else ", overdue" if count == 1 else f", {late} of them overdue"
    since = told.date("changed_ms")
    return Cause("handover", told.score, f"the owner changed on {since} with {what} open{overdue}")


CAUSE_OF_CARE: Final[dict[int, Callable[[Told], Cause]]] = {
    QUIET_AFTER_TROUBLE: _quiet,
    SECOND_ORDER: _second_order,
    STALLED: _stalled,
    NEGLECT: _neglect,
    HANDOVER: _handover,
}
