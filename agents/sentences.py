"""An alert as a sentence that a person can act on: who, why, what it would cost, what to do."""

from typing import Final

from schemas.alert import Alert, AlertKind, Arm, State

_NEWS: Final = {
    State.RAISED: {
        AlertKind.FRUSTRATION: "has had enough",
        AlertKind.INACTIVITY: "has gone quiet",
        AlertKind.SECOND_ORDER: "has not come back",
        AlertKind.QUIET_AFTER_TROUBLE: "has gone quiet after trouble",
        AlertKind.REMORSE: "regrets the first order",
        AlertKind.STALLED: "does not get on",
        AlertKind.NEGLECT: "waits for a word",
        AlertKind.HANDOVER: "may be lost between two owners",
    },
    State.ESCALATED: {
        AlertKind.FRUSTRATION: "is past all endurance",
        AlertKind.INACTIVITY: "is as good as gone",
        AlertKind.SECOND_ORDER: "will hardly come back",
        AlertKind.QUIET_AFTER_TROUBLE: "has given up complaining",
        AlertKind.REMORSE: "is about to turn away",
        AlertKind.STALLED: "is stuck",
        AlertKind.NEGLECT: "has been left alone",
        AlertKind.HANDOVER: "is being lost between two owners",
    },
    State.EASED: dict.fromkeys(AlertKind, "is calming down"),
    State.RESOLVED: dict.fromkeys(AlertKind, "is content again")
    | {
        AlertKind.INACTIVITY: "is back",
        AlertKind.SECOND_ORDER: "is back",
        AlertKind.QUIET_AFTER_TROUBLE: "speaks again",
        AlertKind.STALLED: "gets on again",
    },
    State.LOST: dict.fromkeys(AlertKind, "counts as lost"),
    State.EXPIRED: dict.fromkeys(AlertKind, "has cooled down"),
    State.RETRACTED: dict.fromkeys(AlertKind, "was never in trouble"),
}
_OVER: Final = (State.RESOLVED, State.RETRACTED)  # why is no question any more
_CAUSES_MAX: Final = 3
_SHARE_MIN: Final = 0.05


def money(alert: Alert) -> str:
    """Return the value at risk with its currency, or that it is not known."""
    if alert.value_at_risk is None:
        return "value not known"
    return f"{alert.value_at_risk:,.0f} {alert.currency or ''}".rstrip()


def _worth(alert: Alert) -> str:
    return money(alert) if alert.value_at_risk is None else f"{money(alert)} at risk"


def why(alert: Alert) -> str:
    """Return the causes in words, each with its share of the score, the smallest left out."""
    whole = sum(cause.share for cause in alert.causes)
    if whole <= 0 and alert.causes:
        return alert.causes[0].detail
    told = [
        (cause.share / whole, cause.detail)
        for cause in alert.causes[:_CAUSES_MAX]
        if whole > 0 and cause.share / whole >= _SHARE_MIN
    ]
    if len(told) == 1:
        return told[0][1]
    return " + ".join(f"{share:.0%} {detail}" for share, detail in told) or "no single cause"


def sentence(alert: Alert) -> str:
    """Return an alert as one sentence, its advice after it."""
    words = _NEWS[alert.state][alert.kind]
    who = alert.customer_id if not alert.segment else f"{alert.customer_id} ({alert.segment})"
    at = alert.occurred_at.strftime("%Y-%m-%d %H:%M")
    if alert.state in _OVER:
        return f"{at}  {who} {words}. {alert.advice}"
    told = f"{at}  {who} {words}: {why(alert)}; {_worth(alert)}."
    notes = (alert.counterfactual, alert.concessions, alert.unprofitable)
    said = " ".join(f"{note[0].upper()}{note[1:]}." for note in notes if note)
    what = "Control group: leave alone." if alert.arm is Arm.CONTROL else alert.advice
    return " ".join(part for part in (told, said, what) if part)
