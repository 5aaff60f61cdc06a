"""Customers gained and lost, and why, in plain lines."""

from collections.abc import Iterator
from typing import Final

from agents.offline.ledger_view import Ledger, row
from pipeline.churn_settings import ChurnLabel

_MONTHS_MAX: Final = 12
_REASONS_MAX: Final = 8


def months_lines(ledger: Ledger) -> Iterator[str]:
    """Yield how many customers each of the last months gained and lost."""
    months = ledger.tally.months(ledger.label, ledger.horizon_days, ledger.now_ms)
    if not months:
        return
    what = "a farewell"
    if ledger.label is ChurnLabel.SILENCE:
        what = f"a farewell, or {ledger.horizon_days:g} days without an order"
    yield f"Customers gained and lost (lost: {what})"
    yield row("", ("gained", "won back", "lost", "net"))
    for name, month in list(months.items())[-_MONTHS_MAX:]:
        cells = (month.gained, month.won_back, month.lost)
        yield row(name, (*(f"{cell:,}" for cell in cells), f"{month.net:+,}"))


def exits_lines(ledger: Ledger) -> Iterator[str]:
    """Yield the reasons of those who said farewell, and how many of them no alert saw."""
    blind = ledger.tally.blind_spots(ledger.entries, ledger.horizon_days)
    if not blind:
        return
    yield ""
    yield f"Reasons of those who left; unseen: no alert in the {ledger.horizon_days:g} days before"
    yield row("", ("left", "unseen"))
    for spot in blind[:_REASONS_MAX]:
        yield row(spot.reason, (f"{spot.leavers:,}", f"{spot.unseen:,}"))
