"""The ledger in plain lines: what became of the alerts, for who answers for them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median
from typing import Final

from agents.offline.customers_report import exits_lines, months_lines
from agents.offline.ledger import Entry, week_of
from agents.offline.ledger_view import WIDTH, Ledger, row, share, untouched
from agents.offline.uplift import uplift_lines
from pipeline.churn_settings import ChurnLabel
from schemas.alert import AlertKind, Outcome

GROUP_MIN: Final = 30  # alerts; of fewer a share says nothing
_GROUPS_MAX: Final = 8

_BREAKDOWNS: Final[tuple[tuple[str, Callable[[Entry], str | None]], ...]] = (
    ("worst severity", lambda entry: entry.severity),
    ("leading cause", lambda entry: entry.cause),
    ("channel", lambda entry: entry.channel),
    ("category", lambda entry: entry.category),
    ("segment", lambda entry: entry.segment),
    ("owner", lambda entry: entry.owner),
)


def ledger_lines(ledger: Ledger) -> Iterator[str]:
    """Yield the report."""
    if ledger.entries:
        yield f"What became of the alerts, within {ledger.horizon_days:g} days"
        yield from _kinds(ledger)
        yield from _reactions(ledger)
        yield from _breakdowns(ledger)
        yield from uplift_lines(ledger)
        yield ""
    yield from months_lines(ledger)
    yield from exits_lines(ledger)


def _kinds(ledger: Ledger) -> Iterator[str]:
    stayed, early = "came back", "silent days"
    if ledger.label is ChurnLabel.CLOSED:
        stayed, early = "stayed", "lead days"
    head = ("raised", "retracted", "left", stayed, "open", "a day", early)
    yield row("", head) + "  precision (95% interval)"
    for kind in AlertKind:
        mine = [entry for entry in ledger.entries if entry.kind is kind]
        if mine:
            yield _kind_row(ledger, kind, mine)
    if len({entry.kind for entry in ledger.entries}) > 1:
        yield _kind_row(ledger, "all", ledger.entries)
    yield "  Precision: the share that left, of alerts that nobody acted on. Counted are the first"
    yield "  alerts of a customer and horizon, raised in weeks whose whole horizon has passed."
    if ledger.label is ChurnLabel.CLOSED and not ledger.tally.exits:
        yield "  Nobody says farewell in this history: by `churn_label: closed` all of them stay."


def _kind_row(ledger: Ledger, name: str, mine: Sequence[Entry]) -> str:
    standing = [entry for entry in mine if not entry.is_retracted]
    ends = Counter(entry.outcome for entry in standing)
    early = [days for entry in standing if (days := ledger.early_days(entry)) is not None]
    cells = (
        f"{len(mine):,}",
        f"{len(mine) - len(standing):,}",
        f"{ends[Outcome.LEFT]:,}",
        f"{ends[Outcome.CAME_BACK]:,}",
        f"{ends[None] + ends[Outcome.UNKNOWN]:,}",
        f"{len(standing) / ledger.days:.2g}",
        f"{median(early):.0f}" if early else "-",
    )
    return f"{row(name, cells)}  {share(untouched(ledger.counted(mine)))}"


def _reactions(ledger: Ledger) -> Iterator[str]:
    standing = [entry for entry in ledger.entries if not entry.is_retracted]
    hours = [entry.reaction_hours for entry in standing if entry.reaction_hours is not None]
    if hours:
        acted = [entry for entry in ledger.counted(standing) if entry.acted_at is not None]
        put_out = sum(entry.was_put_out for entry in standing)
        fed = sum(entry.was_fed for entry in standing)
        yield (
            f"  Acted on: {len(hours):,} of {len(standing):,} alerts, "
            f"after {median(hours):,.0f} hours (median)."
        )
        yield f"  {put_out:,} put out (eased, then resolved), {fed:,} fed (worse afterwards)."
        yield f"  Of those acted on left {share(acted)}: alert and reaction mixed."
    words = Counter(entry.feedback for entry in standing)
    if words[True] or words[False]:
        yield f"  Judged by people: {words[True]:,} right, {words[False]:,} wrong."


def _breakdowns(ledger: Ledger) -> Iterator[str]:
    """Yield precision by what alerts have in common, where there is something to compare."""
    counted = untouched(ledger.counted(ledger.entries))
    for name, of in _BREAKDOWNS:
        groups = _groups(counted, of)
        ranked = sorted(groups, key=lambda group: (-len(groups[group]), group))[:_GROUPS_MAX]
        yield from _groups_lines(f"Precision by {name}", [(g, groups[g]) for g in ranked])
    weeks = _groups(counted, lambda entry: f"{week_of(entry.raised):%Y-%m-%d}")
    last = sorted(weeks)[-_GROUPS_MAX:]
    yield from _groups_lines("Precision by week raised", [(week, weeks[week]) for week in last])


def _groups(counted: Iterable[Entry], of: Callable[[Entry], str | None]) -> dict[str, list[Entry]]:
    groups: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in counted:
        name = of(entry)
        if name:
            groups[name].append(entry)
    return {name: mine for name, mine in groups.items() if len(mine) >= GROUP_MIN}


def _groups_lines(title: str, groups: Sequence[tuple[str, Sequence[Entry]]]) -> Iterator[str]:
    if len(groups) > 1:
        yield ""
        yield title
        for name, mine in groups:
            yield f"  {name:<{WIDTH}}{share(mine)}"
