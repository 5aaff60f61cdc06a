"""From what was found of a customer to an alert that a person can act on.

Every share of a score is named, and the shares sum to the score. Only customers whose episode
moved come here.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline import advice, windows
from pipeline.episodes import Phase
from pipeline.inactivity import Inactivity
from pipeline.interning import Interned
from pipeline.judge import Verdict
from pipeline.kinds import ALERT_KINDS, FRUSTRATION
from pipeline.order_model import expected_orders_if_alive
from pipeline.orders import repeats, span_days
from pipeline.rows import Rows
from pipeline.settings import CAUSES, InactivityRule, PipelineSettings
from pipeline.stages import Stage
from pipeline.units import DAY_MS, Floats, Ints, days
from pipeline.value import shrunk_mean, value_at_risk
from schemas.alert import Alert, Cause, LogPosition, Severity, State
from schemas.base import instant

_NAMESPACE: Final = uuid.UUID("6f0cf5b5-4b0e-5a64-9d56-1a2f6f7f5a3e")
_SHARE_MIN: Final = 1e-12  # less of a load is rounding, not a cause

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


def alert_id(customer_id: str, kind: str, onset_ms: int) -> str:
    """Return the id of an episode: the same wherever and however often the log is folded."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{onset_ms}/{customer_id}"))


@dataclass(slots=True)
class Worth:
    """What the order model says of customers, (n,) each; NaN for who never ordered."""

    probability: Floats
    at_risk: Floats
    currency: list[str]


class Explainer:
    """Turns verdicts into alerts."""

    def __init__(self, settings: PipelineSettings, inactivity: Inactivity, texts: Interned) -> None:
        self._settings = settings
        self._inactivity = inactivity
        self._texts = texts

    def alerts(
        self,
        verdict: Verdict,
        rows: Rows,
        customer_ids: list[str],
        silent_ms: Ints,
        position: list[LogPosition],
    ) -> Iterator[Alert]:
        """Yield the alert of each row of a verdict; all of them have moved."""
        worth = self.worth(rows, silent_ms)
        recent = windows.totals(self._settings.windows, rows, verdict.at_ms)
        kind = ALERT_KINDS[verdict.kind]
        for i, customer_id in enumerate(customer_ids):
            row = rows[i]
            causes = self._causes(verdict, rows, i, int(silent_ms[i]), int(recent[i, 2]))
            state = State(Phase(int(verdict.moves.phase[i])).name.lower())
            at = instant(int(verdict.at_ms[i]))
            yield Alert(
                alert_id=alert_id(customer_id, kind, int(verdict.moves.onset_ms[i])),
                revision=int(verdict.moves.revision[i]),
                customer_id=customer_id,
                kind=kind,
                state=state,
                severity=Severity.CRITICAL if verdict.moves.critical[i] else Severity.WARNING,
                score=float(verdict.signals.score[i]),
                limit=float(verdict.signals.limit[i]),
                churn_probability=_known(worth.probability[i]),
                value_at_risk=_known(worth.at_risk[i]),
                currency=worth.currency[i] or None,
                stage=Stage(int(row["stage"])).name.lower(),
                causes=causes,
                advice=advice.advise(kind, state, causes),
                occurred_at=at,
                detected_at=at,
                source=position[i],
                owner=self._texts.text(int(row["owner"])) or None,
                segment=self._texts.text(int(row["segment"])) or None,
                channel=self._texts.text(int(row["channel"])) or None,
            )

    def worth(self, rows: Rows, silent_ms: Ints) -> Worth:
        """Return what customers are worth, and how likely they are to stay away."""
        x = repeats(rows)
        probability = self._inactivity.probability(rows, silent_ms)
        expected = expected_orders_if_alive(
            self._settings.order_model,
            np.maximum(x, 0),
            np.where(x >= 0, span_days(rows), 0),
            days(silent_ms),
            self._settings.inactivity.horizon_days,
        )
        currency = [self._texts.text(code) for code in rows["currency"].tolist()]
        at_risk = value_at_risk(self._mean_amount(rows, currency), expected, probability)
        return Worth(probability, at_risk, currency)

    def _mean_amount(self, rows: Rows, currency: list[str]) -> Floats:
        count = rows["amounts"].astype(np.float64)
        mean = rows["amount_sum"] / np.maximum(count, 1.0)
        values = self._settings.values
        known = [values.get(name) for name in currency]
        population = np.array([v.mean_amount if v and v.mean_amount else np.nan for v in known])
        kappa = np.array([v.kappa if v else 0.0 for v in known])
        return shrunk_mean(count, mean, population, kappa)

    def _causes(
        self, verdict: Verdict, rows: Rows, i: int, silent_ms: int, recent: int
    ) -> list[Cause]:
        score = float(verdict.signals.score[i])
        if verdict.kind == FRUSTRATION:
            assert verdict.parts is not None
            span_days = self._settings.windows.bucket_days * self._settings.windows.buckets
            return _load_causes(verdict.parts[i], f"{recent} in the last {span_days} days")
        if self._inactivity.settings.rule is InactivityRule.HIATUS:  # it counts days
            return [Cause("silence", score, f"no order for {silent_ms / DAY_MS:.0f} days")]
        base = float(self._inactivity.probability(rows[i : i + 1], np.zeros(1, np.int64))[0])
        return _silence_causes(rows[i], score, base, silent_ms)


def _load_causes(parts: Floats, recent: str) -> list[Cause]:
    ranked = sorted(zip(CAUSES, parts.tolist(), strict=True), key=lambda part: -part[1])
    named = [Cause(c, share, _WORDS[c]) for c, share in ranked if share > _SHARE_MIN]
    if named:
        first = named[0]
        named[0] = Cause(first.cause, first.share, f"{first.detail}; irritants: {recent}")
    return named


def _silence_causes(row: np.void, score: float, base: float, silent_ms: int) -> list[Cause]:
    """Return how much the customer's rhythm explains, and how much her silence adds."""
    silent = f"no order for {silent_ms / DAY_MS:.0f} days"
    occasions = int(row["order_days"])
    if occasions < 1:
        return []
    rhythm = f"{occasions} {'day' if occasions == 1 else 'days'} with an order before"
    return [Cause("silence", score - base, silent), Cause("rhythm", base, rhythm)]


def _known(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
