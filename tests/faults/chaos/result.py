"""What a run came to, and a table of many."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from agents.commands.columns import columns
from tests.faults.chaos.plan import Kind


@dataclass(slots=True)
class Result:
    """One run.

    `exits` counts the workers that ended by themselves, with a word on why, by their code: work
    or be gone is what they promise.
    """

    seed: int
    events: int = 0
    faults: Counter[Kind] = field(default_factory=Counter)
    restarts: int = 0
    exits: Counter[int] = field(default_factory=Counter)
    duplicates: int = 0
    alerts: int = 0
    customers: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """Say whether all held."""
        return "FAILED" if self.failures else "holds"


HEAD = (
    *("seed", "events", "faults", "restarts", "ended themselves", "duplicates", "customers"),
    *("alerts", "seconds", "verdict"),
)


def table(results: Iterable[Result]) -> Iterator[str]:
    """Yield a line for each run, under a head."""
    yield from columns([HEAD, *(_cells(result) for result in results)])


def _cells(result: Result) -> tuple[str, ...]:
    faults = ", ".join(f"{count} {kind}" for kind, count in sorted(result.faults.items()))
    exits = ", ".join(f"{count} with {code}" for code, count in sorted(result.exits.items()))
    return (
        str(result.seed),
        f"{result.events:,}",
        faults or "-",
        str(result.restarts),
        exits or "-",
        f"{result.duplicates:,}",
        f"{result.customers:,}",
        f"{result.alerts:,}",
        f"{result.seconds:.0f}",
        result.verdict,
    )
