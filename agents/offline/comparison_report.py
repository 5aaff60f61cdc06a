"""The comparison of two settings in plain lines."""

from collections import Counter
from collections.abc import Iterator, Sequence

from agents.offline.comparison import (
    MATCH_DAYS,
    Figure,
    figure,
    ratios,
    second_half,
    unmatched,
)
from agents.offline.ledger import Entry
from agents.offline.ledger_view import Ledger
from schemas.alert import AlertKind

_WIDTH = 30
_WHOLE_FROM = 1000.0


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
    yield from _compared(a[0], b[0], None)
    yield ""
    if hiatus_days is None:
        yield "Inactivity alone; no hiatus comes to as many alerts as A, so it is left out."
    else:
        yield f"Inactivity alone, beside a hiatus of {hiatus_days:.1f} days, whoever it is: tuned"
        yield "on the first half to as many alerts as A has there."
    yield from _compared(a[1], b[1], hiatus)


def _compared(a: Ledger, b: Ledger, hiatus: Ledger | None) -> Iterator[str]:
    ledgers = [a, b] if hiatus is None else [a, b, hiatus]
    measured = [second_half(ledger) for ledger in ledgers]
    customers = sorted({entry.customer_id for some in measured for entry in some})
    if not customers:
        yield "No alerts under any of them."
        return
    yield ""
    yield from _changes(measured[0], measured[1])
    yield ""
    names = ("A", "B", "B less A", "hiatus", "B less hiatus")
    yield _row("", names[: 3 if hiatus is None else 5])
    of = [
        {ratio.name: ratio for ratio in ratios(ledger, some, customers)}
        for ledger, some in zip(ledgers, measured, strict=True)
    ]
    for name in dict.fromkeys(name for side in of for name in side):
        ours, theirs = of[0].get(name), of[1].get(name)
        pairs = [(ours, None), (theirs, None), (theirs, ours)]
        if hiatus is not None:
            rule = of[2].get(name)
            pairs += [(rule, None), (theirs, rule)]
        figures = [
            None if x is None or (y is None and at in (2, 4)) else figure(x, y)
            for at, (x, y) in enumerate(pairs)
        ]
        yield _row(name, [_told(each, is_share=name == "precision") for each in figures])


def _changes(a: Sequence[Entry], b: Sequence[Entry]) -> Iterator[str]:
    gained = Counter(entry.kind for entry in unmatched(b, a))
    lost = Counter(entry.kind for entry in unmatched(a, b))
    yield f"Alerts, matched by customer, kind and {MATCH_DAYS:g} days"
    yield _row("", ("A", "B", "gained", "lost"))
    for kind in AlertKind:
        counts = [sum(e.kind is kind for e in some) for some in (a, b)]
        if any(counts):
            yield _row(kind, [f"{n:,}" for n in (*counts, gained[kind], lost[kind])])


def _told(found: Figure | None, *, is_share: bool) -> str:
    if found is None:
        return "-"
    if is_share:
        return f"{found.value:.1%} ({found.low:.1%}, {found.high:.1%})"
    if abs(found.value) >= _WHOLE_FROM:
        return f"{found.value:,.0f} ({found.low:,.0f}, {found.high:,.0f})"
    return f"{found.value:.4g} ({found.low:.3g}, {found.high:.3g})"


def _row(name: str, cells: Sequence[str]) -> str:
    return f"  {name:<21}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)
