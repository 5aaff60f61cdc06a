"""How alerts did against what is known to have happened in a simulated shop.

* An alert *stood* when a customer left, if it was raised before and had not ended, or was raised
  after. Ended means resolved, expired or retracted; an alert that turned into `lost` stood.
* A leaver counts if her first missing order was due before the end: until then nobody could
  tell her silence from her rhythm. The others are left out of recall, not of precision.
* Precision is the share of alerts that stood when their customer left, of all raised. An alert
  that ended before, because the company or time put it right, counts as wrong.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from agents.shop.kinds import LEAVERS
from agents.shop.truth import Truth
from schemas.alert import Alert, AlertKind, State

_ENDED = (State.RESOLVED, State.EXPIRED, State.RETRACTED)


@dataclass(frozen=True, slots=True)
class Recall:
    """Of the leavers of one kind: how many count, and how many an alert stood for."""

    leavers: int
    found: int
    before_leaving: int
    before_missed_order: int


@dataclass(frozen=True, slots=True)
class Precision:
    """Of the alerts of one kind: how many were raised, and how many of these stood."""

    raised: int
    right: int
    lead_days: float | None = None  # median of those that stood, to leaving; below 0 is after it


@dataclass(frozen=True, slots=True)
class Score:
    """What alerts are worth, against the truth."""

    recall: dict[str, Recall]  # by kind of leaver
    precision: dict[str, Precision]  # by kind of alert
    lead_days: float | None  # median, first alert that stood to leaving; below 0 is after it
    missed_order_lead_days: float | None  # likewise, to the first order that never came
    customers: int
    leavers: int
    stayers: dict[str, tuple[int, int]]  # by kind: how many, and how many never had an alert
    concessions: dict[str, tuple[int, int]]  # by kind: how many had an alert, and how many marked


@dataclass(slots=True)
class _Span:
    customer_id: str
    kind: AlertKind
    raised: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Find:
    """A leaver that counts, and how long before her leaving an alert stood; None for never."""

    kind: str
    lead_days: float | None = None
    missed_lead_days: float | None = None


def score(alerts: Iterable[Alert], truths: Sequence[Truth], end: datetime) -> Score:
    """Return how alerts did.

    Args:
        alerts: every transition, in event time per customer.
        truths: what happened, of every customer.
        end: when observation ended.
    """
    alerts = list(alerts)
    spans = _spans(alerts)
    of_customer: dict[str, list[_Span]] = {}
    for span in spans:
        of_customer.setdefault(span.customer_id, []).append(span)
    standing = {t.customer_id: _standing(of_customer.get(t.customer_id, []), t) for t in truths}
    finds = [find for truth in truths if (find := _find(truth, standing, end))]
    leads = [find.lead_days for find in finds if find.lead_days is not None]
    missed_leads = [find.missed_lead_days for find in finds if find.missed_lead_days is not None]
    return Score(
        {kind: _recall([find for find in finds if find.kind == kind]) for kind in LEAVERS},
        _precision(spans, standing, truths),
        median(leads) if leads else None,
        median(missed_leads) if missed_leads else None,
        len(truths),
        sum(truth.left_at is not None for truth in truths),
        _stayers(truths, of_customer),
        _concessions(truths, of_customer, alerts),
    )


def _spans(alerts: Iterable[Alert]) -> list[_Span]:
    spans: dict[str, _Span] = {}
    for alert in alerts:
        span = spans.get(alert.alert_id)
        if span is None:
            span = _Span(alert.customer_id, alert.kind, alert.occurred_at)
            spans[alert.alert_id] = span
        if alert.state in _ENDED and alert.outcome is None:  # a closing only says what became
            span.ended = alert.occurred_at
    return list(spans.values())


def _standing(spans: list[_Span], truth: Truth) -> list[_Span]:
    left = _instant(truth.left_at)
    if left is None:
        return []
    return [span for span in spans if span.ended is None or span.ended > left]


def _find(truth: Truth, standing: dict[str, list[_Span]], end: datetime) -> _Find | None:
    left, missed = _instant(truth.left_at), _instant(truth.missed_order_at)
    if left is None or missed is None or missed > end:
        return None
    first = min((span.raised for span in standing[truth.customer_id]), default=None)
    if first is None:
        return _Find(truth.kind)
    return _Find(truth.kind, _days(left, first), _days(missed, first))


def _recall(finds: list[_Find]) -> Recall:
    leads = [find.lead_days for find in finds if find.lead_days is not None]
    missed_leads = [find.missed_lead_days for find in finds if find.missed_lead_days is not None]
    return Recall(
        len(finds), len(leads), sum(d >= 0 for d in leads), sum(d >= 0 for d in missed_leads)
    )


def _precision(
    spans: list[_Span], standing: dict[str, list[_Span]], truths: Sequence[Truth]
) -> dict[str, Precision]:
    raised = Counter(span.kind for span in spans)
    leads: dict[AlertKind, list[float]] = {kind: [] for kind in raised}
    for truth in truths:
        left = _instant(truth.left_at)
        for span in standing[truth.customer_id]:
            assert left is not None  # else nothing stood
            leads[span.kind].append(_days(left, span.raised))
    return {
        str(kind): Precision(
            raised[kind], len(leads[kind]), median(leads[kind]) if leads[kind] else None
        )
        for kind in AlertKind
        if raised[kind]
    }


def _concessions(
    truths: Sequence[Truth], of_customer: dict[str, list[_Span]], alerts: Sequence[Alert]
) -> dict[str, tuple[int, int]]:
    marked = {alert.customer_id for alert in alerts if alert.concessions is not None}
    seekers = {truth.customer_id for truth in truths if truth.kind == "concession_seeker"}
    alarmed = set(of_customer)
    found = {}
    for name, some in (("concession_seeker", alarmed & seekers), ("other", alarmed - seekers)):
        found[name] = (len(some), len(some & marked))
    return found


def _stayers(
    truths: Sequence[Truth], of_customer: dict[str, list[_Span]]
) -> dict[str, tuple[int, int]]:
    kinds = {}
    for kind in ("concession_seeker", "loyal"):
        mine = [truth for truth in truths if truth.kind == kind]
        kinds[kind] = (len(mine), sum(t.customer_id not in of_customer for t in mine))
    return kinds


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _days(later: datetime, earlier: datetime) -> float:
    return (later - earlier).total_seconds() / 86_400
