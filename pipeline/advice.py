"""What to do: a table by kind of alert and leading cause, for a company to edit, as a judgement."""

from typing import Final

from schemas.alert import AlertKind, Cause, State

_OVER: Final = {
    State.EASED: "A word of thanks now, and nothing to sell.",
    State.RESOLVED: "Nothing more to do.",
    State.LOST: "Ask why, once, and keep the answer.",
    State.EXPIRED: "It faded, and no good sign came: look in once, and expect it again.",
    State.RETRACTED: "Nothing to do: late data shows there was no trouble.",
}

_BY_CAUSE: Final = {
    (AlertKind.FRUSTRATION, "delivery"): "Say when it comes, who sees to it, and make it good.",
    (AlertKind.FRUSTRATION, "waiting"): "Answer today, and name a date that will be kept.",
    (AlertKind.FRUSTRATION, "service"): "One person takes the case and calls; no new ticket.",
    (AlertKind.FRUSTRATION, "contact"): "Call back: the attempt to reach you was given up.",
    (AlertKind.FRUSTRATION, "order"): "Ask what was wrong with the order before the next offer.",
    (AlertKind.FRUSTRATION, "price"): "Explain the price, or offer a term; no discount unasked.",
    (AlertKind.FRUSTRATION, "handover"): "One person calls, knowing the story, and keeps the case.",
    (AlertKind.FRUSTRATION, "promise"): "Keep the promise now, or say when, and who.",
    (AlertKind.INACTIVITY, "silence"): "Ask, in person, whether something went wrong.",
    (
        AlertKind.INACTIVITY,
        "rhythm",
    ): "A reminder will do: it is not long for so slow a rhythm.",
}

_SILENCE_LEADS: Final = 0.25  # of the score; on real orders, silence beyond 1.4 usual gaps


def advise(kind: AlertKind, state: State, causes: list[Cause]) -> str:
    """Return what to do about an alert."""
    if state in _OVER:
        return _OVER[state]
    leading = _silence_leads(causes) if kind is AlertKind.INACTIVITY else _heaviest(causes)
    return _BY_CAUSE.get((kind, leading), "Look at the customer's history before you call.")


def _heaviest(causes: list[Cause]) -> str:
    return max(causes, key=lambda cause: cause.share).cause if causes else ""


def _silence_leads(causes: list[Cause]) -> str:
    """Return what to go by: of a slow rhythm nearly all of the score is the rhythm."""
    silence = sum(cause.share for cause in causes if cause.cause == "silence")
    whole = sum(cause.share for cause in causes)
    return "silence" if silence >= _SILENCE_LEADS * whole else "rhythm"
