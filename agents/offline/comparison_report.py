"""The comparison of two settings in plain lines."""

from collections.abc import Iterator, Sequence
from typing import Final, get_args

from agents.offline.comparison import (
    MATCH_DAYS,
    Change,
    Figure,
    Ratio,
    changes,
    figure,
    ratios,
    second_half,
)
from agents.offline.ledger import Entry
from agents.offline.ledger_view import Ledger
from schemas.alert import AlertKind

_CHANGES: Final = get_args(Change)
_WHOLE_FROM: Final = 1000.0


def comparison_lines(
    a: tuple[Ledger, Ledger],
    b: tuple[Ledger, Ledger],
    hiatus: Ledger | None,
    hiatus_days: float | None,
) -> Iterator[str]:
    """Yield what would change from A to B: of all kinds, then of inactivity beside the hiatus.

    Args:
        a: ledgers of all kinds, and of inactivity alone.
        b: the same under the other settings.
        hiatus: tuned to as many alerts of inactivity as A; None where it cannot be.
        hiatus_days: its days, None likewise.
    """
    yield "Measured on the second half of the history. In brackets 95% intervals, by bootstrap over"
    yield "customers."
    yield ""
    everything = second_half(a[0]), second_half(b[0])
    if not any(everything):
        yield "No alerts under any of them."
        return
    yield from _changes(*everything, a[0].horizon_days)
    yield ""
    yield from _measured({"A": a[0], "B": b[0]})
    yield ""
    if hiatus is None:
        yield "Inactivity alone; no hiatus comes to as many alerts as A, so it is left out."
        yield from _measured({"A": a[1], "B": b[1]})
        return
    yield f"Inactivity alone, beside a hiatus of {hiatus_days:.1f} days, whoever it is: tuned on"
    yield "the first half to as many alerts as A has there."
    yield from _measured({"A": a[1], "B": b[1], "hiatus": hiatus})


def _changes(a: Sequence[Entry], b: Sequence[Entry], horizon_days: float) -> Iterator[str]:
    yield f"What becomes of alerts: the same within {MATCH_DAYS:g} days, moved within a horizon"
    found = changes(a, b, horizon_days)
    rows = []
    for kind in AlertKind:
        counts = [sum(entry.kind is kind for entry in some) for some in (a, b)]
        if any(counts):
            counts += [found[kind][change] for change in _CHANGES]
            rows.append([kind, *(f"{count:,}" for count in counts)])
    yield from _table(["", "A", "B", *_CHANGES], rows)


def _measured(ledgers: dict[str, Ledger]) -> Iterator[str]:
    """Yield each quantity under each of the settings, and by how much B exceeds the others."""
    measured = {name: second_half(ledger) for name, ledger in ledgers.items()}
    customers = sorted({entry.customer_id for some in measured.values() for entry in some})
    if not customers:
        yield "No alerts under any of them."
        return
    of = {
        name: {ratio.name: ratio for ratio in ratios(ledger, measured[name], customers)}
        for name, ledger in ledgers.items()
    }
    names = list(dict.fromkeys(name for each in of.values() for name in each))
    rows = []
    for side, found in of.items():
        rows.append([side, *(_told(name, found.get(name)) for name in names)])
        if side != "A":
            less = "A" if side == "B" else side
            pairs = ((name, of["B"].get(name), of[less].get(name)) for name in names)
            rows.append([f"B less {less}", *(_difference(*pair) for pair in pairs)])
    yield from _table(["", *names], rows)


def _told(name: str, ratio: Ratio | None) -> str:
    return "-" if ratio is None else _figure(name, figure(ratio))


def _difference(name: str, ratio: Ratio | None, other: Ratio | None) -> str:
    if ratio is None or other is None:
        return "-"
    return _figure(name, figure(ratio, other))


def _figure(name: str, found: Figure | None) -> str:
    if found is None:
        return "-"
    if name == "precision":
        return f"{found.value:.1%} ({found.low:.1%}, {found.high:.1%})"
    if abs(found.value) >= _WHOLE_FROM:
        return f"{found.value:,.0f} ({found.low:,.0f}, {found.high:,.0f})"
    return f"{found.value:.4g} ({found.low:.3g}, {found.high:.3g})"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows under their heads, each column as wide as it needs."""
    first, *widths = (max(map(len, column)) for column in zip(head, *rows, strict=True))
    for name, *cells in (head, *rows):
        padded = (f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        yield "   ".join([f"  {name:<{first}}", *padded])
