"""What detectors found of the rows judged, on its way to whoever tells it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from pipeline.episodes import Moves
from pipeline.ledger import Closings
from pipeline.pool import Chains
from pipeline.signals import Signals
from pipeline.units import NEVER, Bools, Floats, Ints
from pipeline.waiting import Overdue


@dataclass(slots=True)
class Verdict:
    """What a detector found of some of the rows judged, (n, ...) each."""

    kind: int
    where: Ints  # which of the rows judged
    at_ms: Ints
    signals: Signals
    moves: Moves
    open_now: Floats  # (n, causes) of what waits
    known_ms: Ints  # (n, matters) how far what waits is known
    remembered: Chains  # of each, records of the memory
    waiting: Chains  # and of matters past their promise

    @classmethod
    def all_of(cls, verdicts: Sequence["Verdict"]) -> "Verdict":
        """Return verdicts of one detector as one."""
        joined: Verdict = _joined(verdicts)
        return joined

    @property
    def parts(self) -> Floats | None:
        """The load by cause, (n, causes), of kinds that are about loads."""
        return self.signals.details.get("parts")


@dataclass(slots=True)
class Judged:
    """What the detectors of one watch found, and when to look again, (n,) each."""

    verdicts: list[Verdict]  # only of what is to be told
    closings: Closings
    open_now: Floats  # (closings, causes) of what waits
    due_ms: Ints
    ledger_ms: Ints  # when an alert raised now is to be looked at by the silence watch
    wake: Bools  # what stood before other troubles does so no longer: all watches have to look
    waits: Overdue | None = None  # what is open, of the load watch

    @classmethod
    def nothing(cls, count: int) -> "Judged":
        """Return that nothing was found."""
        never = np.full(count, NEVER)
        no = np.zeros(count, np.bool_)
        return cls([], Closings.none(), np.zeros((0, 0)), never, never.copy(), no)


def _joined(parts: Sequence[Any]) -> Any:
    """Return arrays one behind the other; of records of arrays, each field so."""
    first: Any = parts[0]
    if isinstance(first, np.ndarray):
        return np.concatenate(parts)
    if isinstance(first, dict):
        return {name: _joined([part[name] for part in parts]) for name in first}
    if not is_dataclass(first):
        return first  # the kind
    names, record = [field.name for field in fields(first)], first.__class__
    return record(*(_joined([getattr(part, name) for part in parts]) for name in names))
