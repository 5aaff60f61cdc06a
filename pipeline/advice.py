"""What to do: a table by kind of alert, leading cause and stage, which a company can edit.

A key is `kind/cause/stage`, each of them a name or `*`; the most exact one counts. Whatever the
company says comes before all of the defaults. All of it is judgement.
"""

from collections.abc import Mapping
from itertools import product
from typing import Final

from pipeline.checks import require
from pipeline.stages import Stage
from schemas.alert import AlertKind, Cause, State

_OVER: Final = {
    State.EASED: "A word of thanks now, and nothing to sell.",
    State.RESOLVED: "Nothing more to do.",
    State.LOST: "Ask why, once, and keep the answer.",
    State.EXPIRED: "It faded, and no good sign came: look in once, and expect it again.",
    State.RETRACTED: "Nothing to do: late data shows there was no trouble.",
}

_DEFAULTS: Final = {
    "*/*/*": "Look at the customer's history before you call.",
    "frustration/delivery/*": "Say when it comes, who sees to it, and make it good.",
    "frustration/waiting/*": "Answer today, and name a date that will be kept.",
    "frustration/service/*": "One person takes the case and calls; no new ticket.",
    "frustration/contact/*": "Call back: the attempt to reach you was given up.",
    "frustration/order/*": "Ask what was wrong with the order before the next offer.",
    "frustration/price/*": "Explain the price, or offer a term; no discount unasked.",
    "frustration/handover/*": "One person calls, knowing the story, and keeps the case.",
    "frustration/promise/*": "Keep the promise now, or say when, and who.",
    "inactivity/silence/*": "Ask, in person, whether something went wrong.",
    "inactivity/trouble/*": "Say that you know what went wrong, and what was done about it.",
    "inactivity/rhythm/*": "A reminder will do: it is not long for so slow a rhythm.",
    "second_order/*/*": "Ask how the first order was; offer nothing yet.",
    "quiet_after_trouble/*/*": "Call with the matter solved, not with a question about it.",
    "remorse/*/*": "Write today who sees to the first order, and when it comes.",
    "remorse/delivery/*": "Say when the first order comes, and make up for the delay.",
    "stalled/*/*": "Help with the next step; one call, by whoever knows the order.",
    "stalled/*/affirm": "Find out where the first order is, and tell the customer first.",
    "neglect/word/*": "Ask how it went. It is no sales call.",
    "neglect/promise/*": "Keep the promise now, or say when, and who.",
    "handover/*/*": "The new owner calls, knowing what is open, and takes it over by name.",
}

_CAUSES: Final = (
    "delivery",
    "waiting",
    "service",
    "contact",
    "order",
    "price",
    "handover",
    "promise",
    "silence",
    "rhythm",
    "trouble",
    "stage",
    "word",
)
_SILENCE_LEADS: Final = 0.25  # of the score; on real orders, silence beyond 1.4 usual gaps


def check(table: Mapping[str, str]) -> None:
    """Raise a SettingError for a key that names no kind, cause or stage, or says nothing."""
    known = (list(map(str, AlertKind)), _CAUSES, [stage.name.lower() for stage in Stage])
    for key, text in table.items():
        parts = key.split("/")
        require(len(parts) == 3, "advice", key, "wants kind/cause/stage, each a name or *")
        for part, names in zip(parts, known, strict=True):
            wants = f"wants *, or one of {', '.join(names)}"
            require(part == "*" or part in names, f"advice.{key}", part, wants)
        require(bool(text.strip()), f"advice.{key}", repr(text), "wants what to do, in words")


class Advice:
    """The company's own table before the defaults; each answer is looked for once."""

    def __init__(self, table: Mapping[str, str]) -> None:
        """Take a table.

        Raises:
            SettingError: a key names no kind, cause or stage, or its text says nothing.
        """
        check(table)
        self._tables = table, _DEFAULTS
        self._found: dict[tuple[AlertKind, str, str], str] = {}

    def on(self, kind: AlertKind, state: State, causes: list[Cause], stage: str) -> str:
        """Return what to do about an alert."""
        if state in _OVER:
            return _OVER[state]
        leading = _silence_leads(causes) if kind is AlertKind.INACTIVITY else _heaviest(causes)
        asked = kind, leading, stage
        if asked not in self._found:
            self._found[asked] = self._find(*asked)
        return self._found[asked]

    def _find(self, kind: AlertKind, cause: str, stage: str) -> str:
        """Return the text of the most exact key: a kind counts most, then a cause."""
        keys = ["/".join(of) for of in product((str(kind), "*"), (cause, "*"), (stage, "*"))]
        return next(texts[key] for texts in self._tables for key in keys if key in texts)


def _heaviest(causes: list[Cause]) -> str:
    if len(causes) == 1:
        return causes[0].cause
    return max(causes, key=lambda cause: cause.share).cause if causes else "*"


def _silence_leads(causes: list[Cause]) -> str:
    """Return what to go by: of a slow rhythm nearly all of the score is the rhythm."""
    shares = {cause.cause: cause.share for cause in causes}
    whole = sum(shares.values())
    if shares.get("trouble", 0.0) >= _SILENCE_LEADS * whole:
        return "trouble"
    return "silence" if shares.get("silence", 0.0) >= _SILENCE_LEADS * whole else "rhythm"
