"""What a live pipeline says, beside a replay of the same events and a fold of its own log."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec
import pytest

from agents.offline.history import read_history
from agents.offline.intake_replay import Intake
from agents.offline.replay import Replay, numbered
from agents.settings import load_settings
from agents.sources import Source
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS
from schemas.alert import Alert, AlertKind
from schemas.base import instant
from tests.live.shop_floor import Floor, Sent

Transitions: TypeAlias = "dict[tuple[object, ...], Alert]"

FOLDED_SECONDS_MAX = 400.0  # event by event, on a machine that does other things too
_LATEST_MS = 4_000_000_000_000
_SAME = (
    *("customer_id", "kind", "state", "severity", "occurred_at", "stage", "currency"),
    *("owner", "segment", "channel", "category", "folded", "advice", "counterfactual"),
)
# A silence is judged when the orders feed has come so far: what other feeds have told by then of
# the same customer is a matter of which was read further, and weighs a little.
_NEARLY = {"score": 1e-6, "limit": 1e-6, "churn_probability": 1e-3, "value_at_risk": 1e-3}


@dataclass(frozen=True)
class Said:
    """What was said of the same events, by transition; as far as time came in all partitions."""

    live: Transitions
    offline: Transitions

    @property
    def kinds(self) -> set[AlertKind]:
        """Return the kinds of what was said live."""
        return {alert.kind for alert in self.live.values()}


def said(floor: Floor, files: Mapping[Source, Path], *, daily: bool = False) -> Said:
    """Say it both ways, and check that a fold of the log gives what was sent, each time.

    Args:
        floor: a pipeline that nothing was sent to; its settings hold for both.
        files: JSON Lines by source, each in the order in which they are sent.
        daily: whether the replay is told what time it is at the end of each day at the latest.
    """
    settings = load_settings(floor.write_settings("core", floor.settings)).pipeline()
    for source, path in files.items():
        floor.send(
            Sent(source.topic, json.loads(line)["customer_id"].encode(), line)
            for line in path.read_bytes().splitlines()
        )
    with floor.worker() as worker:
        worker.folded(FOLDED_SECONDS_MAX)
        assert worker.stop() == 0
    sent = floor.alerts()
    end_ms = _check_log(floor, settings, sent)
    live, offline = by_transition(sent), by_transition(replayed(files, settings, daily))
    # Where the last events of the partitions differ, the clock ends at the earliest of them.
    return Said(_until(live, end_ms), _until(offline, end_ms))


def replayed(
    files: Mapping[Source, Path], settings: PipelineSettings, daily: bool = False
) -> list[Alert]:
    """Return what a replay of files says."""
    history = read_history({source: [path] for source, path in files.items()}, _LATEST_MS)
    times_ms = [activity.occurred_at for activity in history.activities]
    days_ms = range(times_ms[0], times_ms[-1], DAY_MS) if daily else ()
    replay = Replay.of(settings)
    for records, offsets in numbered(Intake(history, settings).batches(cuts_ms=days_ms)):
        replay.fold(records, offsets)
    return replay.alerts


def by_transition(alerts: list[Alert]) -> Transitions:
    """By what happened and when; of a closing by what came of it.

    At one instant an alert may escalate twice: as nobody has reacted, and as it gets critical.
    A closing falls due by the orders feed and not by the clock, so for an episode that outlives its
    horizon its place among the revisions is a matter of which of them was read further.
    """
    found: Transitions = {
        (alert.alert_id, alert.state, alert.severity, alert.occurred_at)
        if alert.outcome is None
        else (alert.alert_id, alert.outcome): alert
        for alert in alerts
    }
    assert len(found) == len(alerts), "each transition once"
    return found


def assert_agree(both: Said) -> None:
    """Live and offline said the same, with the same ids and dates."""
    differ = sorted(map(str, both.live.keys() ^ both.offline.keys()))
    assert not differ, f"{len(differ)} of {len(both.live)}: {differ[:10]}"
    for transition, alert in both.live.items():
        same = both.offline[transition]
        if alert.outcome is not None:
            continue
        for field in _SAME:
            assert getattr(alert, field) == getattr(same, field), field
        for field, apart in _NEARLY.items():
            expected = getattr(same, field)
            nearly = None if expected is None else pytest.approx(expected, rel=apart)
            assert getattr(alert, field) == nearly, field
        assert [cause.detail for cause in alert.causes] == [cause.detail for cause in same.causes]


def _check_log(floor: Floor, settings: PipelineSettings, sent: list[Alert]) -> int:
    """Fold the log twice: the alerts sent, `detected_at` aside; return how far its time came."""
    bare = [msgspec.structs.replace(alert, detected_at=alert.occurred_at) for alert in sent]
    for _ in range(2):
        alerts, tables = floor.refold(settings)
        assert sorted(alerts, key=_place) == sorted(bare, key=_place)
    return min(table.clock.now_ms for table in tables)


def _place(alert: Alert) -> tuple[str, int]:
    return alert.alert_id, alert.revision


def _until(transitions: Transitions, end_ms: int) -> Transitions:
    end = instant(end_ms)
    return {key: alert for key, alert in transitions.items() if alert.occurred_at <= end}
