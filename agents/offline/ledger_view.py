"""What a report on the ledger is made of, and how it shows a share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agents.offline.ledger import Entry, entries, firsts, judged
from agents.offline.tally import Tally
from pipeline.churn_settings import ChurnLabel
from pipeline.proportions import wilson
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS
from schemas.alert import Alert
from schemas.base import instant

WIDTH: Final = 21
Span = tuple[int, int]  # first and last instant of a history


@dataclass(frozen=True, slots=True)
class Ledger:
    """All that a report is made of."""

    entries: Sequence[Entry]  # by when they were raised
    tally: Tally
    label: ChurnLabel
    horizon_days: float
    first_ms: int
    now_ms: int

    @classmethod
    def of(
        cls,
        alerts: Sequence[Alert],
        tally: Tally,
        settings: PipelineSettings,
        span: tuple[int, int],
    ) -> "Ledger":
        """Return the ledger of a replay; `span` is its first instant and its last."""
        found = entries(alerts, tally.forgotten)
        horizon_days = settings.inactivity.horizon_days
        return cls(found, tally, settings.churn_label, horizon_days, *span)

    @property
    def now(self) -> datetime:
        """Return the instant that all of it is as of."""
        return instant(self.now_ms)

    @property
    def middle(self) -> datetime:
        """Return the instant between the first and the last."""
        return instant((self.first_ms + self.now_ms) // 2)

    @property
    def days(self) -> float:
        """Return how long the history is, at least a day."""
        return max((self.now_ms - self.first_ms) / DAY_MS, 1.0)

    def early_days(self, entry: Entry) -> float | None:
        """Return the lead to the farewell, or, where churn is silence, how long it was quiet."""
        if self.label is ChurnLabel.CLOSED:
            return entry.known_days if entry.has_left else None
        return self.tally.silence_days(entry)

    def counted(self, some: Iterable[Entry]) -> list[Entry]:
        """Return the alerts that a share may be told of: first ones, decided, of whole weeks."""
        first = list(firsts(some, self.horizon_days))
        return [e for e in judged(first, self.now, self.horizon_days) if e.is_decided]


def share(some: Sequence[Entry]) -> str:
    """Return the share of decided alerts that left, with its interval."""
    if not some:
        return "not known yet"
    left = sum(entry.has_left for entry in some)
    low, high = wilson(left, len(some))
    return f"{left / len(some):.0%} ({low:.0%} to {high:.0%}) of {len(some):,}"


def untouched(some: Iterable[Entry]) -> list[Entry]:
    """Return the alerts that the company did not act on: what became of them is the model's."""
    return [entry for entry in some if entry.acted_at is None]


def row(name: str, cells: Sequence[str]) -> str:
    """Return a row of a table."""
    return f"  {name:<{WIDTH}}" + "".join(f"{cell:>12}" for cell in cells)
