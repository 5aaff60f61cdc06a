"""What a scenario is, and what it finds."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.stock.scene import Scene


@dataclass(frozen=True)
class Finding:
    """Whether what must hold did, and what was seen, with figures."""

    holds: bool
    seen: str

    @property
    def verdict(self) -> str:
        return "holds this time" if self.holds else "fails"


@dataclass(frozen=True)
class Scenario:
    """One thing that must hold, and how stock Faust is tried."""

    name: str  # its number, and a letter where there are several
    must_hold: str
    play: Callable[[Scene], Finding]


SCENARIOS: list[Scenario] = []


def scenario(
    name: str, must_hold: str
) -> Callable[[Callable[[Scene], Finding]], Callable[[Scene], Finding]]:
    """Add a function to the scenarios."""

    def add(play: Callable[[Scene], Finding]) -> Callable[[Scene], Finding]:
        SCENARIOS.append(Scenario(name, must_hold, play))
        return play

    return add
