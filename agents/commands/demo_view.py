"""What the demo shows: alerts as they come, and how the pipeline is doing.

On a terminal a view that stays; elsewhere lines, with a line of figures every few seconds.
"""

import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from agents.sentences import sentence
from schemas.alert import Alert, Severity, State
from schemas.base import rfc3339

ALARMED: Final = (State.RAISED, State.ESCALATED)
_LATEST: Final = 10
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
    latest: deque[Alert] = field(default_factory=lambda: deque(maxlen=_LATEST))
    alarms: int = 0
    live_alarms: int = 0
    first_alert_seconds: float | None = None

    @property
    def seconds(self) -> float:
        """Return how long the demo has run."""
        return time.monotonic() - self.began

    def hear(self, alert: Alert) -> bool:
        """Take in an alert; return whether it is an alarm of the live shop."""
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
        self.live_alarms += 1
        self.latest.append(alert)
        return True

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
            yield "No alert came; give it more --seconds."
            return
        yield f"First alert after {self.first_alert_seconds:.1f} s; alerts by kind and state:"
        for (kind, state), count in sorted(self.states.items()):
            yield f"  {kind:<12} {state:<10} {count:>6,}"


class View(Protocol):
    """Shows a story."""

    def say(self, line: str) -> None:
        """Show a line of the demo itself."""

    def alarm(self, alert: Alert) -> None:
        """Show an alarm of the live shop."""

    def refresh(self) -> None:
        """Show what has changed; called about once a second."""

    def stop(self) -> None:
        """Give the terminal back."""


class Lines:
    """Plain lines, for pipes and files."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._stood = 0
        self._has_told = False
        self._next_figures = _FIGURES_EVERY_SECONDS

    def say(self, line: str) -> None:
        """Print a line."""
        print(line, flush=True)  # noqa: T201 - this is what a command prints

    def alarm(self, alert: Alert) -> None:
        """Print a sentence."""
        self.say(sentence(alert))

    def refresh(self) -> None:
        """Print figures now and then."""
        self._tell_standing()
        if self._story.seconds >= self._next_figures:
            self._next_figures = self._story.seconds + _FIGURES_EVERY_SECONDS
            self.say(f"[{self._story.seconds:.0f} s] {self._story.figures}")

    def stop(self) -> None:
        """Do nothing."""

    def _tell_standing(self) -> None:
        """Print the gravest of the history, once all of them have come."""
        before, self._stood = self._stood, len(self._story.standing)
        if self._has_told or not before or before != self._stood:
            return
        self._has_told = True
        self.say(f"{_standing(self._story)}:")
        for alert in self._story.gravest():
            self.say(f"  {sentence(alert)}")


class Screen:
    """A view that stays, on a terminal."""

    def __init__(self, story: Story, console: Console) -> None:
        self._story = story
        self._said: list[str] = []
        self._live = Live(console=console, refresh_per_second=4, get_renderable=self._render)
        self._live.start()

    def say(self, line: str) -> None:
        """Keep a line at the top."""
        self._said.append(line)

    def alarm(self, alert: Alert) -> None:
        """Do nothing: the story keeps the latest, and the view shows them."""

    def refresh(self) -> None:
        """Do nothing: the view refreshes itself."""

    def stop(self) -> None:
        """Leave the last view where it is."""
        self._live.stop()

    def _render(self) -> Group:
        story = self._story
        head = Text("\n".join([*self._said, f"{story.seconds:.0f} s: {story.figures}"]))
        panels = [Panel(head, title="churnwatch demo", subtitle="Ctrl-C ends it")]
        if story.standing:
            panels.append(Panel(_sentences(story.gravest()), title=_standing(story)))
        title = f"Live: {story.live_alarms:,} alarms, the latest last"
        panels.append(Panel(_sentences(list(story.latest)) or Text("none yet"), title=title))
        return Group(*panels)


def _sentences(alerts: list[Alert]) -> Text:
    text = Text()
    for alert in alerts:
        style = "red" if alert.severity is Severity.CRITICAL else "yellow"
        text.append(f"{sentence(alert)}\n", style=style)
    text.rstrip()
    return text


def _standing(story: Story) -> str:
    count = len(story.standing)
    return f"{count:,} alarms stand at the end of the history; the gravest"


def view_of(story: Story) -> View:
    """Return the view that suits standard output."""
    console = Console()
    return Screen(story, console) if console.is_terminal else Lines(story)
