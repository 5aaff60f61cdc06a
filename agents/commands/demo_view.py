"""What the demo shows: alerts as they come, and how the pipeline is doing.

On a terminal a view that stays; elsewhere lines, with a line of figures every few seconds.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from agents.sentences import sentence
from schemas.alert import Alert, Severity, State
from schemas.base import rfc3339

ALARMED: Final = (State.RAISED, State.ESCALATED)
_GRAVEST: Final = 5
_FIGURES_EVERY_SECONDS: Final = 5.0


@dataclass(slots=True)
class Figures:
    """How the pipeline is doing, from its metrics."""

    at: float = field(default_factory=time.monotonic)
    read: int = 0
    per_second: float = 0.0
    lag: int = 0
    clock_ms: int = 0
    rejected: int = 0

    def __str__(self) -> str:
        clock = rfc3339(self.clock_ms)[:16].replace("T", " ") if self.clock_ms else "not yet"
        letters = f", {self.rejected:,} dead letters" if self.rejected else ""
        return (
            f"{self.read:,} records read ({self.per_second:,.0f}/s), lag {self.lag:,}, "
            f"clock {clock}{letters}"
        )


@dataclass(slots=True)
class Story:
    """What has come so far."""

    began: float = field(default_factory=time.monotonic)
    live_from_ms: int = 0
    figures: Figures = field(default_factory=Figures)
    states: Counter[tuple[str, str]] = field(default_factory=Counter)  # of kind and state
    standing: dict[str, Alert] = field(default_factory=dict)  # from the history, by customer
    alarms: int = 0
    first_alert_seconds: float | None = None

    @property
    def seconds(self) -> float:
        """Return how long the demo has run."""
        return time.monotonic() - self.began

    def hear(self, alert: Alert) -> bool:
        """Take in an alert; return whether it is an alarm of the live shop."""
        if alert.outcome is not None:
            return False  # what became of it is no news of today
        if self.first_alert_seconds is None:
            self.first_alert_seconds = self.seconds
        self.states[str(alert.kind), str(alert.state)] += 1
        if alert.state not in ALARMED:
            self.standing.pop(alert.alert_id, None)
            return False
        self.alarms += 1
        if alert.occurred_at.timestamp() * 1000 <= self.live_from_ms:
            self.standing[alert.alert_id] = alert
            return False
        return True

    @property
    def counts(self) -> str:
        """Return how many alarms there were of each kind and state."""
        alarmed = sorted(kind for kind in self.states if kind[1] in ALARMED)
        return ", ".join(f"{' '.join(kind)} {self.states[kind]:,}" for kind in alarmed) or "none"

    def gravest(self) -> list[Alert]:
        """Return the gravest of those that stood when the history had been read."""
        alerts = self.standing.values()
        ranked = sorted(
            alerts, key=lambda a: (a.severity is not Severity.CRITICAL, -(a.value_at_risk or 0))
        )
        return ranked[:_GRAVEST]

    def summary(self) -> Iterator[str]:
        """Yield what there is to tell in the end."""
        yield f"In {self.seconds:.0f} s: {self.figures}"
        if self.first_alert_seconds is None:
            yield "No alert came yet: the first takes half a minute, or longer on a busy machine."
            return
        yield f"First alert after {self.first_alert_seconds:.1f} s; alerts by kind and state:"
        for (kind, state), count in sorted(self.states.items()):
            yield f"  {kind:<20} {state:<10} {count:>6,}"


class Lines:
    """Plain lines, for pipes and files."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._stood = 0
        self._has_told = False
        self._next_figures = _FIGURES_EVERY_SECONDS

    def say(self, line: str, style: str = "") -> None:  # noqa: ARG002 - for terminals
        """Print a line."""
        print(line, flush=True)  # noqa: T201 - this is what a command prints

    def alarm(self, alert: Alert) -> None:
        """Print the sentence of an alarm of the live shop."""
        self.say(sentence(alert), "red" if alert.severity is Severity.CRITICAL else "yellow")

    def refresh(self) -> None:
        """Show what has changed; called about once a second."""
        self._tell_standing()
        self._tell_figures()

    def stop(self) -> None:
        """Give the terminal back."""

    def _tell_figures(self) -> None:
        if self._story.seconds >= self._next_figures:
            self._next_figures = self._story.seconds + _FIGURES_EVERY_SECONDS
            self.say(f"[{self._story.seconds:.0f} s] {self._story.figures}")

    def _tell_standing(self) -> None:
        """Tell of the gravest of the history, once all of them have come."""
        before, self._stood = self._stood, len(self._story.standing)
        if self._has_told or not before or before != self._stood:
            return
        self._has_told = True
        self.say(f"{self._stood:,} alarms stand at the end of the history; the gravest:", "bold")
        for alert in self._story.gravest():
            self.alarm(alert)
        self.say("Live from here on:", "bold")


class Screen(Lines):
    """Lines that scroll by, and under them figures that stay."""

    def __init__(self, story: Story, console: Console) -> None:
        super().__init__(story)
        self._live = Live(console=console, refresh_per_second=4, get_renderable=self._render)
        self._live.start()

    def say(self, line: str, style: str = "") -> None:
        """Print a line above the figures."""
        self._live.console.print(Text(line, style))

    def stop(self) -> None:
        """Leave the last figures where they are."""
        self._live.stop()

    def _tell_figures(self) -> None:
        """Do nothing: they are always there."""

    def _render(self) -> Panel:
        story = self._story
        lines = f"{story.seconds:.0f} s: {story.figures}\n{story.alarms:,} alarms: {story.counts}"
        return Panel(Text(lines), title="churnwatch demo", subtitle="Ctrl-C ends it")


def view_of(story: Story) -> Lines:
    """Return the view that suits standard output."""
    console = Console()
    return Screen(story, console) if console.is_terminal else Lines(story)
