"""What a scenario is, and what it finds."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.stock.scene import Scene


@dataclass(frozen=True)
class Finding:
    """Whether what must hold did (None: it was not tried to the end), and what was seen."""

    holds: bool | None
    seen: str

    @property
    def verdict(self) -> str:
        if self.holds is None:
            return "not shown"
        return "holds this time" if self.holds else "fails"


@dataclass(frozen=True)
class Scenario:
    """One thing that must hold, and how stock Faust is tried."""

    name: str  # its number, and a letter where there are several
    must_hold: str
    play: Callable[[Scene], Finding]

    @property
    def order(self) -> tuple[int, str]:
        """Numbers in their order, and the letters within."""
        return int(self.name.rstrip("abc")), self.name


SCENARIOS: list[Scenario] = []


def scenario(
    name: str, must_hold: str
) -> Callable[[Callable[[Scene], Finding]], Callable[[Scene], Finding]]:
    """Add a function to the scenarios."""

    def add(play: Callable[[Scene], Finding]) -> Callable[[Scene], Finding]:
        SCENARIOS.append(Scenario(name, must_hold, play))
        return play

    return add


def compare(found: Counter[str], right: Counter[str], when: str) -> Finding:
    """Say how far a table is from the fold of the log."""
    wrong = sum(found[key] != right[key] for key in right)
    over, under = (found - right).total(), (right - found).total()
    seen = f"{wrong} of {len(right)} rows wrong {when}: {over} counts too many, {under} too few"
    return Finding(not wrong, seen)
