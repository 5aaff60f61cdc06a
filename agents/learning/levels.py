"""Levels as a manager chooses them: by how many alerts a day, or by how many of them are right.

Levels of a probability, or days of silence where the hiatus is kept. Each is tried by the pipeline
itself, on the history; what became of its alerts is read off the closing records.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from agents.offline.history import History
from agents.offline.intake_replay import Intake
from agents.offline.replay import Replay, numbered
from agents.problems import UserError
from pipeline.churn_settings import ChurnLabel
from pipeline.inactivity_settings import InactivityRule, InactivitySettings
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS
from schemas.alert import AlertKind, Outcome

# Farewells are rarer than silences: few customers come to a half.
LEVELS: Final = {
    ChurnLabel.SILENCE: (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5, 0.4, 0.3),
    ChurnLabel.CLOSED: (0.8, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03),
}
_HORIZONS: Final = (2.0, 1.5, 1.25, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2)
_ENOUGH: Final = 30  # outcomes to speak of a precision


@dataclass(frozen=True, slots=True)
class Tried:
    """What one level came to, rounded as it is shown: what is shown can be asked for."""

    rule: InactivitySettings
    alerts_per_day: float
    left: int
    known: int  # alerts whose outcome is known, and that nobody acted on

    @property
    def precision(self) -> float:
        """Return the share of customers who left, of alerts that nobody acted on."""
        return round(self.left / self.known, 3) if self.known else float("nan")


def told(rule: InactivitySettings) -> str:
    """Return the level of a rule, or the days of its hiatus."""
    if rule.rule is InactivityRule.HIATUS:
        return f"hiatus of {rule.hiatus_days:g} days"
    return f"level {rule.level:g}"


def with_level(rule: InactivitySettings, level: float) -> InactivitySettings:
    """Return a rule with a level, the critical one at odds three times as high."""
    return replace(rule, level=level, critical_level=round(3 * level / (1 + 2 * level), 3))


def with_hiatus(rule: InactivitySettings, days: float) -> InactivitySettings:
    """Return a rule of so many days of silence, critical from half as many again."""
    critical = round(1.5 * days, 1)
    hiatus = InactivityRule.HIATUS
    return replace(rule, rule=hiatus, hiatus_days=days, hiatus_critical_days=critical)


def candidates(rule: InactivitySettings, label: ChurnLabel) -> list[InactivitySettings]:
    """Return what to try, the quietest first: levels of a probability, or days of a hiatus."""
    if rule.rule is InactivityRule.HIATUS:
        days = (max(round(share * rule.horizon_days), 1) for share in _HORIZONS)
        return [with_hiatus(rule, each) for each in days]
    return [with_level(rule, level) for level in LEVELS[label]]


def tried(
    history: History, settings: PipelineSettings, rule: InactivitySettings, since_ms: int
) -> Tried:
    """Return what a rule comes to, by what was raised since an instant."""
    settings = replace(settings, inactivity=rule)
    last_ms = history.activities[-1].occurred_at
    replay = Replay.of(replace(settings, live_clock=True))
    for records, offsets in numbered(Intake(history, settings).batches()):
        replay.fold(records, offsets)
    mine = [a for a in replay.alerts if a.kind is AlertKind.INACTIVITY]
    raised = {a.alert_id: a.occurred_at.timestamp() * 1000 for a in reversed(mine)}
    counted = {alert_id for alert_id, at_ms in raised.items() if at_ms >= since_ms}
    horizon_ms = rule.horizon_days * DAY_MS
    judged = {i for i in counted if raised[i] + horizon_ms <= last_ms}
    closings = [
        a for a in mine if a.outcome is not None and a.acted_at is None and a.alert_id in judged
    ]
    left = sum(a.outcome is Outcome.LEFT for a in closings)
    days = max((last_ms - since_ms) / DAY_MS, 1.0)
    alerts_per_day = round(len(counted) / days, 3)
    return Tried(rule, alerts_per_day, left, len(closings))


def choose(every: Sequence[Tried], alerts_per_day: float | None, precision: float | None) -> Tried:
    """Return the lowest level, or shortest hiatus, that keeps to what is wanted.

    Raises:
        UserError: no level does.
    """
    if alerts_per_day is not None:
        fitting = [t for t in every if t.alerts_per_day <= alerts_per_day]
        if not fitting:
            least = min(t.alerts_per_day for t in every)
            raise UserError(
                f"--alerts-per-day is {alerts_per_day:g}; accepted is {least:g} or more, "
                "the fewest that any gives"
            )
        return fitting[-1]
    assert precision is not None
    right = [t for t in every if t.known >= _ENOUGH and t.precision >= precision]
    if not right:
        known = [t.precision for t in every if t.known >= _ENOUGH]
        few = f"a history with {_ENOUGH} outcomes or more of alerts that nobody acted on"
        most = f"{max(known):g} or less" if known else few
        raise UserError(f"--precision is {precision:g}; accepted is {most}")
    return right[-1]
