"""From what was found of a customer to an alert that a person can act on.

Every share of a score is named, and the shares sum to the score. Only customers whose episode
moved come here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from pipeline import advice, concessions
from pipeline.alert_ids import alert_id
from pipeline.causes import explained
from pipeline.experiment import in_control
from pipeline.interning import Interned
from pipeline.kinds import ALERT_KINDS, LEADERS
from pipeline.ledger import OUTCOMES, Closings
from pipeline.order_model import expected_orders_if_alive
from pipeline.orders import repeats, span_days
from pipeline.phases import Phase
from pipeline.profit import unprofitable
from pipeline.prospects import Prospects
from pipeline.rows import LABELS, Rows
from pipeline.settings import PipelineSettings
from pipeline.stages import Stage
from pipeline.units import Floats, Ints, days
from pipeline.value import shrunk_mean, value_at_risk
from pipeline.verdicts import Verdict
from schemas.alert import Alert, AlertKind, Arm, LogPosition, Severity, State
from schemas.base import instant

_STATES: Final = {int(p): State(p.name.lower()) for p in Phase if p is not Phase.NONE}
_FEEDBACK: Final = (None, True, False)
_STAGES: Final = ["assess", *(stage.name.lower() for stage in Stage)]


@dataclass(slots=True)
class Worth:
    """What the order model says of customers, (n,) each; NaN for who never ordered."""

    probability: Floats
    at_risk: Floats
    currency: list[str]

    def part(self, some: slice) -> "Worth":
        """Return some of them."""
        return Worth(self.probability[some], self.at_risk[some], self.currency[some])


class Explainer:
    """Turns verdicts into alerts."""

    def __init__(self, settings: PipelineSettings, prospects: Prospects, texts: Interned) -> None:
        self._settings = settings
        self._prospects = prospects
        self._texts = texts
        advice.check(settings.advice)

    def alerts(
        self,
        verdict: Verdict,
        worth: Worth,
        rows: Rows,
        customer_ids: list[str],
        silent_ms: Ints,
        position: list[LogPosition],
    ) -> Iterator[Alert]:
        """Yield the alert of each row of a verdict; all of them have moved."""
        seeks = concessions.pattern(self._settings.concessions, rows, verdict.at_ms)
        arms = self._arms(customer_ids)
        labels = self._labels(rows)
        stage = [_STAGES[code] for code in rows["stage"].tolist()]
        kind = ALERT_KINDS[verdict.kind]
        snoozed_ms = verdict.moves.snoozed_ms.tolist()
        why = explained(self._settings, self._prospects, verdict, rows, silent_ms, stage)
        found = zip(
            verdict.at_ms.tolist(),
            verdict.signals.score.tolist(),
            verdict.signals.limit.tolist(),
            verdict.moves.phase.tolist(),
            verdict.moves.critical.tolist(),
            verdict.moves.revision.tolist(),
            verdict.moves.onset_ms.tolist(),
            strict=True,
        )
        for i, (at_ms, score, limit, phase, critical, revision, onset_ms) in enumerate(found):
            causes, prevented = next(why)
            state, at = _STATES[phase], instant(at_ms)
            owner, segment, channel, category = labels[i]
            yield Alert(
                alert_id=alert_id(customer_ids[i], kind, onset_ms),
                revision=revision,
                customer_id=customer_ids[i],
                kind=kind,
                state=state,
                severity=Severity.CRITICAL if critical else Severity.WARNING,
                score=score,
                limit=limit,
                churn_probability=_known(worth.probability[i]),
                value_at_risk=_known(worth.at_risk[i]),
                currency=worth.currency[i] or None,
                stage=stage[i],
                causes=causes,
                advice=advice.advise(self._settings.advice, kind, state, causes, stage[i]),
                occurred_at=at,
                detected_at=at,
                source=position[i],
                owner=owner,
                segment=segment,
                channel=channel,
                category=category,
                calibrated=self._prospects.is_calibrated,
                counterfactual=prevented,
                concessions=concessions.evidence(rows, i, at_ms) if seeks[i] else None,
                unprofitable=unprofitable(self._settings.values.get(worth.currency[i]), rows, i),
                arm=arms[i],
                folded=_kinds(int(verdict.moves.standing[i])),
                snoozed_until=instant(snoozed) if (snoozed := snoozed_ms[i]) else None,
            )

    def closings(
        self,
        closings: Closings,
        worth: Worth,
        rows: Rows,
        customer_ids: list[str],
        position: list[LogPosition],
    ) -> Iterator[Alert]:
        """Yield the closing record of each alert whose outcome has become known, if it was told."""
        arms, labels = self._arms(customer_ids), self._labels(rows)
        for i in np.flatnonzero(closings.entry["told"]).tolist():
            entry, at = closings.entry[i], instant(int(closings.at_ms[i]))
            kind = ALERT_KINDS[int(entry["kind"])]
            owner, segment, channel, category = labels[i]
            acted_ms = int(entry["acted_ms"])
            yield Alert(
                alert_id=alert_id(customer_ids[i], kind, int(entry["onset_ms"])),
                revision=int(entry["revision"]) + 1,
                customer_id=customer_ids[i],
                kind=kind,
                state=_STATES[int(entry["phase"])],
                severity=Severity.CRITICAL if entry["critical"] else Severity.WARNING,
                score=float(entry["score"]),
                limit=float(entry["limit"]),
                churn_probability=_known(worth.probability[i]),
                value_at_risk=_known(worth.at_risk[i]),
                currency=worth.currency[i] or None,
                stage=_STAGES[int(rows["stage"][i])],
                causes=[],
                advice="",
                occurred_at=at,
                detected_at=at,
                source=position[i],
                owner=owner,
                segment=segment,
                channel=channel,
                category=category,
                arm=arms[i],
                outcome=OUTCOMES[int(closings.outcome[i])],
                acted_at=instant(acted_ms) if acted_ms else None,
                feedback=_FEEDBACK[int(entry["feedback"])],
            )

    def _labels(self, rows: Rows) -> list[list[str | None]]:
        """Return the `LABELS` of customers; None for what was never named."""
        codes = np.stack([rows[name] for name in LABELS]).T.tolist()
        return [[self._texts.text(code) or None for code in of_row] for of_row in codes]

    def _arms(self, customer_ids: list[str]) -> list[Arm | None]:
        """Return who is in which arm, drawn before any alert; None without a control group."""
        control = self._settings.control
        if not control.share:
            return [None] * len(customer_ids)
        drawn = in_control(customer_ids, control).tolist()
        return [Arm.CONTROL if is_control else Arm.TREATED for is_control in drawn]

    def worth(self, rows: Rows, silent_ms: Ints, at_ms: Ints, open_now: Floats) -> Worth:
        """Return what customers are worth, and how likely they are to leave."""
        x = repeats(rows)
        probability = self._prospects.probability(rows, silent_ms, at_ms, open_now)
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


def _kinds(standing: int) -> list[AlertKind]:
    return [ALERT_KINDS[kind] for kind in LEADERS if standing >> kind & 1]


def _known(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)
