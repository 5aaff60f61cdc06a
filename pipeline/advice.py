"""What to do: a table by kind of alert and leading cause, for a company to edit, as a judgement."""

from typing import Final

from schemas.alert import AlertKind, Cause, State

_OVER: Final = {
    State.EASED: "It has eased: a word of thanks now, and nothing to sell.",
    State.RESOLVED: "Nothing to do: the customer came back.",
    State.LOST: "The customer is lost: ask why, once, and keep the answer.",
    State.EXPIRED: "It faded by itself: nothing was put right, so expect it again.",
    State.RETRACTED: "Nothing to do: late data shows there was no trouble.",
}

_BY_CAUSE: Final = {
    (AlertKind.FRUSTRATION, "delivery"): "Say when it comes, who sees to it, and make it good.",
    (AlertKind.FRUSTRATION, "waiting"): "Answer today, and name a date that will be kept.",
    (AlertKind.FRUSTRATION, "service"): "One person takes the case and calls; no new ticket.",
    (AlertKind.FRUSTRATION, "contact"): "Call back: the attempt to reach you was given up.",
    (AlertKind.FRUSTRATION, "order"): "Ask what was wrong with the order before the next offer.",
    (AlertKind.FRUSTRATION, "price"): "Explain the price, or offer a term; no discount unasked.",
    (AlertKind.FRUSTRATION, "handover"): "The new owner calls, knowing the story.",
    (AlertKind.FRUSTRATION, "promise"): "Keep the promise now, or say when, and who.",
    (AlertKind.INACTIVITY, "silence"): "Ask, in person, whether something went wrong.",
    (AlertKind.INACTIVITY, "rhythm"): "A reminder will do: this customer buys seldom.",
}


def advise(kind: AlertKind, state: State, causes: list[Cause]) -> str:
    """Return what to do about an alert."""
    if state in _OVER:
        return _OVER[state]
    leading = max(causes, key=lambda cause: cause.share).cause if causes else ""
    return _BY_CAUSE.get((kind, leading), "Look at the customer's history before you call.")
