"""From what was found of a customer to an alert that a person can act on.

Every share of a score is named, and the shares sum to the score. Only customers whose episode
moved come here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from math import isnan
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline import concessions
from pipeline.advice import Advice
from pipeline.alert_ids import alert_id
from pipeline.causes import explained
from pipeline.dates import instants
from pipeline.experiment import in_control
from pipeline.interning import Interned
from pipeline.kinds import ALERT_KINDS, LEADERS
from pipeline.ledger import OUTCOMES, Closings
from pipeline.order_model import expected_orders_if_alive
from pipeline.orders import repeats, span_days
from pipeline.phases import Phase
from pipeline.profit import unprofitable
from pipeline.prospects import Prospects
from pipeline.records import take_records
from pipeline.rows import LABELS, Rows
from pipeline.settings import PipelineSettings
from pipeline.stages import Stage
from pipeline.units import Bools, Floats, Ints, days, nonzero
from pipeline.value import shrunk_mean, value_at_risk
from pipeline.verdicts import Verdict
from schemas.alert import Alert, AlertKind, Arm, LogPosition, Severity, State

_STATES: Final = {int(p): State(p.name.lower()) for p in Phase if p is not Phase.NONE}
_FEEDBACK: Final = (None, True, False)
_STAGES: Final = ["assess", *(stage.name.lower() for stage in Stage)]


@dataclass(slots=True)
class Worth:
    """What the order model says of customers, (n,) each; NaN for who never ordered."""

    probability: Floats
    at_risk: Floats
    currency: list[str]

    def take(self, which: Ints) -> "Worth":
        """Return some of them."""
        currency = [self.currency[i] for i in which.tolist()]
        return Worth(self.probability[which], self.at_risk[which], currency)


Columns = dict[str, Iterable[Any]]  # by the names of the fields of an alert, n values each


class Explainer:
    """Turns verdicts into alerts, a column at a time: a thousand of them take milliseconds."""

    def __init__(self, settings: PipelineSettings, prospects: Prospects, texts: Interned) -> None:
        self._settings = settings
        self._prospects = prospects
        self._texts = texts
        self._advice = Advice(settings.advice)

    def alerts(
        self,
        verdict: Verdict,
        worth: Worth,
        rows: Rows,
        customer_ids: list[str],
        silent_ms: Ints,
        position: list[LogPosition],
    ) -> list[Alert]:
        """Return the alert of each row of a verdict; all of them have moved."""
        kind, moves, signals = ALERT_KINDS[verdict.kind], verdict.moves, verdict.signals
        columns = self._common(worth, rows, customer_ids, verdict.at_ms, position)
        stage = list(columns["stage"])
        states = [_STATES[phase] for phase in moves.phase.tolist()]
        why = explained(self._settings, self._prospects, verdict, rows, silent_ms, stage)
        causes, prevented = zip(*why, strict=True)
        ids = map(alert_id, customer_ids, repeat(kind), moves.onset_ms.tolist())
        seeks = concessions.pattern(self._settings.concessions, rows, verdict.at_ms)
        columns |= {
            "alert_id": ids,
            "revision": moves.revision.tolist(),
            "kind": repeat(kind),
            "state": states,
            "severity": _severities(moves.critical),
            "score": signals.score.tolist(),
            "limit": signals.limit.tolist(),
            "causes": causes,
            "advice": map(self._advice.on, repeat(kind), states, causes, stage),
            "folded": map(_kinds, moves.standing.tolist()),
            "counterfactual": prevented,
            "concessions": _evidence(seeks, rows, verdict.at_ms),
            "unprofitable": self._unprofitable(worth, rows),
            "snoozed_until": _instants_or_none(moves.snoozed_ms),
        }
        return _alerts(columns)

    def closings(
        self,
        closings: Closings,
        worth: Worth,
        rows: Rows,
        customer_ids: list[str],
        position: list[LogPosition],
    ) -> list[Alert]:
        """Return the closing record of each alert whose outcome has become known, if it was told.

        Why it was raised has been told: its causes, and what to do.
        """
        told = nonzero(closings.entry["told"])
        entry, worth = closings.entry[told], worth.take(told)
        customer_ids = [customer_ids[i] for i in told.tolist()]
        position = [position[i] for i in told.tolist()]
        kinds = [ALERT_KINDS[kind] for kind in entry["kind"].tolist()]
        columns = self._common(
            worth, take_records(rows, told), customer_ids, closings.at_ms[told], position
        )
        columns |= {
            "alert_id": map(alert_id, customer_ids, kinds, entry["onset_ms"].tolist()),
            "revision": (entry["revision"] + 1).tolist(),
            "kind": kinds,
            "state": [_STATES[phase] for phase in entry["phase"].tolist()],
            "severity": _severities(entry["critical"]),
            "score": entry["score"].tolist(),
            "limit": entry["limit"].tolist(),
            "causes": ([] for _ in kinds),
            "advice": repeat(""),
            "folded": ([] for _ in kinds),
            "calibrated": repeat(False),
            "outcome": [OUTCOMES[code] for code in closings.outcome[told].tolist()],
            "acted_at": _instants_or_none(entry["acted_ms"]),
            "feedback": [_FEEDBACK[code] for code in entry["feedback"].tolist()],
        }
        return _alerts(columns)

    def _common(
        self,
        worth: Worth,
        rows: Rows,
        customer_ids: list[str],
        at_ms: Ints,
        position: list[LogPosition],
    ) -> Columns:
        """Return what alerts and closings say alike; what neither says is None."""
        at = instants(at_ms)
        return {
            **{field: repeat(None) for field in Alert.__struct_fields__},
            "customer_id": customer_ids,
            "churn_probability": _numbers_or_none(worth.probability),
            "value_at_risk": _numbers_or_none(worth.at_risk),
            "currency": [currency or None for currency in worth.currency],
            "stage": [_STAGES[code] for code in rows["stage"].tolist()],
            "occurred_at": at,
            "detected_at": at,
            "source": position,
            **{name: self._texts_or_none(rows[name]) for name in LABELS},
            "calibrated": repeat(self._prospects.is_calibrated),
            "arm": self._arms(customer_ids),
        }

    def _texts_or_none(self, codes: Ints) -> Iterable[str | None]:
        if not codes.any():
            return repeat(None)
        return [self._texts.text(code) or None for code in codes.tolist()]

    def _unprofitable(self, worth: Worth, rows: Rows) -> Iterable[str | None]:
        values = self._settings.values
        if not values:
            return repeat(None)
        return [unprofitable(values.get(name), rows, i) for i, name in enumerate(worth.currency)]

    def _arms(self, customer_ids: list[str]) -> Iterable[Arm | None]:
        """Return who is in which arm, drawn before any alert; None without a control group."""
        control = self._settings.control
        if not control.share or not customer_ids:
            return repeat(None)
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


def _alerts(columns: Columns) -> list[Alert]:
    return list(map(Alert, *(columns[field] for field in Alert.__struct_fields__)))


def _severities(critical: NDArray[Any]) -> list[Severity]:
    return [Severity.CRITICAL if each else Severity.WARNING for each in critical.tolist()]


def _kinds(standing: int) -> list[AlertKind]:
    return [ALERT_KINDS[kind] for kind in LEADERS if standing >> kind & 1] if standing else []


def _evidence(seeks: Bools, rows: Rows, at_ms: Ints) -> list[str | None]:
    found: list[str | None] = [None] * len(rows)
    for i in nonzero(seeks).tolist():
        found[i] = concessions.evidence(rows, i, int(at_ms[i]))
    return found


def _numbers_or_none(values: Floats) -> list[float | None]:
    return [None if isnan(value) else value for value in values.tolist()]


def _instants_or_none(at_ms: Ints) -> Iterable[datetime | None]:
    if not at_ms.any():
        return repeat(None)
    return [at if ms else None for ms, at in zip(at_ms.tolist(), instants(at_ms), strict=True)]
