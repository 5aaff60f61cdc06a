"""`churnwatch demo`: a simulated shop, who is about to leave it, and how well that was told."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from agents.commands.replay import Request, replay
from agents.offline.replay import Replay
from agents.offline.score import Score, score
from agents.offline.summary import episodes_of, summary
from agents.sentences import sentence
from agents.settings import load_settings
from agents.shop.settings import ShopSettings
from agents.shop.truth import Truth
from agents.shop.write import TRUTH_FILE, write_shop
from agents.sources import ORDERS, TICKETS, TOUCHPOINTS
from schemas.alert import Alert, Severity, State
from schemas.base import instant

DAYS: Final = 120
CUSTOMERS: Final = 2_000
# The order model was fitted to another such shop (seed 99), not to the one that is shown.
SETTINGS: Final = """\
order_model: {r: 3.8, alpha_days: 39, a: 1.3, b: 58}
inactivity: {horizon_days: 30, floor_prior_gap_days: 20}
"""
_LATEST, _GRAVEST = 12, 5
_WIDTH: Final = 18
_ALARMED: Final = (State.RAISED, State.ESCALATED)


def demo(shop: ShopSettings) -> Iterator[str]:
    """Simulate a shop, replay it, and yield what there is to tell."""
    with tempfile.TemporaryDirectory(prefix="churnwatch-demo-") as name:
        folder = Path(name)
        counts = write_shop(shop, folder)
        truths = _truths(folder / f"{TRUTH_FILE}.jsonl")
        yield (
            f"A shop was simulated: {len(truths):,} customers, "
            f"{sum(counts.events.values()):,} records in {shop.days:g} days."
        )
        yield "Its customers order every ten days or so; churnwatch.yaml is set to that rhythm:"
        yield from (f"  {line}" for line in SETTINGS.splitlines())
        yield ""
        files = {ORDERS: "orders", TICKETS: "tickets", TOUCHPOINTS: "touchpoints"}
        request = Request(
            files={source: [folder / f"{name}.jsonl"] for source, name in files.items()},
            until_ms=round(shop.end_ms),
        )
        path = folder / "churnwatch.yaml"
        path.write_text(SETTINGS, encoding="utf-8")
        began = time.perf_counter()
        result = replay(request, load_settings(path).pipeline())
        seconds = time.perf_counter() - began
    yield from _shown(result)
    yield ""
    yield from summary(result, seconds)
    yield ""
    yield from score_lines(score(result.alerts, truths, instant(round(shop.end_ms))))


def _truths(path: Path) -> list[Truth]:
    decoder = msgspec.json.Decoder(Truth)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()]


def _shown(result: Replay) -> Iterator[str]:
    """Yield the latest alerts, and the gravest that still stand."""
    alarms = [a for a in result.alerts if a.state in _ALARMED and a.outcome is None]
    yield f"The latest {_LATEST} of {len(alarms):,} alarms"
    for alert in sorted(alarms, key=_by_time)[-_LATEST:]:
        yield f"  {sentence(alert)}"
    last = [episode.last for episode in episodes_of(result.alerts)]
    grave = [
        alert
        for alert in last
        if alert.state in _ALARMED
        and alert.severity is Severity.CRITICAL
        and alert.value_at_risk is not None
    ]
    yield ""
    yield f"The gravest {_GRAVEST}: critical, still open, most at risk"
    for alert in sorted(grave, key=lambda a: -(a.value_at_risk or 0.0))[:_GRAVEST]:
        yield f"  {sentence(alert)}"


def _by_time(alert: Alert) -> tuple[float, str]:
    return alert.occurred_at.timestamp(), alert.customer_id


def score_lines(found: Score) -> Iterator[str]:
    """Yield a score in plain words."""
    yield "Against what really happened (the detector never saw it)"
    yield f"  {found.leavers:,} of {found.customers:,} customers left."
    yield (
        "  Counted below: those whose next order was due before the end; of the others nobody "
        "could tell yet."
    )
    yield "  An alert stood: it was open when the customer left, or was raised after."
    yield ""
    head = ("leavers", "counted", "alert stood", "before leaving", "before the missed order")
    yield (
        "  " + head[0].ljust(_WIDTH) + "".join(f"{cell:>16}" for cell in head[1:4]) + f"  {head[4]}"
    )
    for kind, recall in found.recall.items():
        cells = (recall.found, recall.before_leaving, recall.before_missed_order)
        shares = [_share(count, recall.leavers) for count in cells]
        yield (
            f"  {kind:<{_WIDTH}}{recall.leavers:>16,}"
            + "".join(f"{share:>16}" for share in shares[:2])
            + f"{shares[2]:>25}"
        )
    yield ""
    for kind, precision in found.precision.items():
        share = _share(precision.right, precision.raised)
        lead = "" if precision.lead_days is None else f", {_lead(precision.lead_days)} it (median)"
        yield (
            f"  {kind} alerts raised: {precision.raised:,}; "
            f"stood when the customer left: {share}{lead}"
        )
    yield f"  (an alert on a customer picked blindly: {_share(found.leavers, found.customers)})"
    if found.lead_days is not None and found.missed_order_lead_days is not None:
        yield (
            f"  The first alert that stood came {_lead(found.lead_days)} the customer left, and "
            f"{_lead(found.missed_order_lead_days)} the first order that never came (medians)."
        )
    for kind, (count, unbothered) in found.stayers.items():
        who = f"{count:,} {kind.replace('_', ' ')} customers"
        yield f"  Of {who}, who stay, {_share(unbothered, count)} never had an alert."
    for kind, (alarmed, marked) in found.concessions.items():
        who = "concession seekers" if kind == "concession_seeker" else "all others"
        yield f"  Of {alarmed:,} {who} with an alert, {marked:,} were marked as such."


def _share(count: int, whole: int) -> str:
    return f"{count / whole:.0%}" if whole else "-"


def _lead(days: float) -> str:
    return f"{abs(days):.1f} days {'before' if days >= 0 else 'after'}"
