"""What people do with alerts, heard of through touchpoints: acknowledged, snoozed, judged.

`ref` names an alert by its id, or all of one kind by the kind's name; without it all that stand
open are meant. `feedback` says by its score whether an alert was right: 5 of 10 or more is right.
There are few of these, so they are taken one by one.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from pipeline.alert_ids import alert_id
from pipeline.events import Events
from pipeline.kinds import ALERT_KINDS
from pipeline.phases import OPEN
from pipeline.plain import plain
from pipeline.pools import Pools
from pipeline.rows import Rows
from pipeline.settings import EpisodeSettings
from pipeline.units import DAY_MS, Bools
from schemas.activity import Kind
from schemas.hashing import NO_ID, id_hash

_KIND: Final = plain(Kind)

RIGHT, WRONG = 1, 2
RIGHT_FROM: Final = 5.0  # of 10
_KINDS: Final = (Kind.ACKNOWLEDGED, Kind.SNOOZED, Kind.FEEDBACK)
_NAMES: Final = {kind: id_hash(str(name)) for kind, name in ALERT_KINDS.items()}


def are_responses(events: Events) -> Bools:
    """Return which events are about alerts."""
    return np.isin(events.kind, _KINDS)


def respond(
    settings: EpisodeSettings, pools: Pools, customer_id: str, row: Rows, event: Events
) -> None:
    """Let what people did with the alerts of one customer take effect.

    Args:
        settings: of episodes.
        pools: whose episodes and ledger are changed.
        customer_id: whose.
        row: (1,) the customer's row.
        event: one event.
    """
    at_ms, due_ms, ref = int(event.at_ms[0]), int(event.due_ms[0]), int(event.item[0])
    kind, score = int(event.kind[0]), float(event.rating[0])
    is_meant = _meant(customer_id, ref)
    episodes = pools.episodes.records
    for _, [slot] in pools.episodes.each(row["episodes"]):
        found = episodes[slot]
        onset_ms = int(found["onset_ms"])
        if found["phase"] in OPEN and onset_ms <= at_ms and is_meant(int(found["key"]), onset_ms):
            if kind == _KIND.SNOOZED:
                until_ms = due_ms or at_ms + round(settings.snooze_days * DAY_MS)
                episodes["snoozed_ms"][slot] = max(int(found["snoozed_ms"]), until_ms)
            episodes["reacted"][slot] = 1
    ledger = pools.ledger.records
    for _, [slot] in pools.ledger.each(row["ledger"]):
        entry = ledger[slot]
        onset_ms = int(entry["onset_ms"])
        if onset_ms > at_ms or not is_meant(int(entry["kind"]), onset_ms):
            continue
        if kind == _KIND.FEEDBACK and not np.isnan(score):
            ledger["feedback"][slot] = RIGHT if score >= RIGHT_FROM else WRONG
        elif entry["acted_ms"] == 0:
            ledger["acted_ms"][slot] = at_ms


def _meant(customer_id: str, ref: int) -> Callable[[int, int], bool]:
    def is_meant(kind: int, onset_ms: int) -> bool:
        if ref in (NO_ID, _NAMES[kind]):
            return True
        return ref == id_hash(alert_id(customer_id, ALERT_KINDS[kind], onset_ms))

    return is_meant
