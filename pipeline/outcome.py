"""What folding some records came to: what there is to tell, and counts."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final

from schemas.alert import Alert, AlertKind, Digest

_PLACE: Final = attrgetter("source.offset", "occurred_at", "customer_id", "kind", "revision")


@dataclass(frozen=True, slots=True)
class Voided:
    """An episode stood open when its customer was forgotten: its alerts are void.

    `alert_id` is that of its alerts, `offset` the place in the log at which it vanished.
    """

    customer_id: str
    kind: AlertKind
    alert_id: str
    offset: int


@dataclass(slots=True)
class Outcome:
    """What folding some records came to."""

    alerts: list[Alert] = field(default_factory=list)  # by offset, then time, customer and kind
    voided: list[Voided] = field(default_factory=list)  # by offset, then customer and kind
    digests: list[Digest] = field(default_factory=list)  # by offset
    first: set[str] = field(default_factory=set)  # ids of alerts told for the first time
    held: set[str] = field(default_factory=set)  # and of those held back before
    applied: int = 0
    duplicates_by_position: int = 0
    duplicates_by_event: int = 0
    refused: int = 0  # activities of customers who are not taken in, the table being full
    evicted: int = 0  # customers untouched for longer than rows are kept

    def sort(self) -> None:
        """Put alerts and voided ones into their order."""
        self.alerts.sort(key=_PLACE)
        self.voided.sort(key=lambda v: (v.offset, v.customer_id, v.kind))

    def in_order(self) -> list[Alert | Voided | Digest]:
        """Return everything as it is to be told, by offset.

        Alerts of two lives may have one offset, so what is void stands behind its own last alert.
        """
        offsets = [alert.source.offset for alert in self.alerts]
        places = defaultdict(list)
        if self.voided:
            for place, alert in enumerate(self.alerts):
                places[alert.alert_id].append(place)
        told: list[tuple[int, int, Alert | Voided | Digest]]
        told = [(place, 0, alert) for place, alert in enumerate(self.alerts)]
        for void in self.voided:
            before = bisect_left(offsets, void.offset) - 1
            own = [place for place in places[void.alert_id] if offsets[place] <= void.offset]
            told.append((max([before, *own]), 1, void))
        for digest in self.digests:
            told.append((bisect_left(offsets, digest.source.offset) - 1, 2, digest))
        return [each for *_, each in sorted(told, key=lambda entry: entry[:2])]
