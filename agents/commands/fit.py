"""`churnwatch fit`: learn from a history what a worker is then told, and say how well it does."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from agents.commands import inputs
from agents.commands.fit_history import read
from agents.commands.fit_request import Request
from agents.commands.progress import working
from agents.commands.replay import for_files, without_collector
from agents.learning import report
from agents.learning.fit import fit
from agents.learning.fragment import fragment
from agents.learning.hiatus import tuned_days
from agents.learning.levels import Tried, candidates, choose, told, tried, with_hiatus
from agents.offline.history import History
from agents.problems import UserError
from agents.settings import Settings
from pipeline.churn_settings import ChurnLabel
from pipeline.inactivity_settings import InactivitySettings
from pipeline.units import DAY_MS
from schemas.activity import Kind


def learn(request: Request, settings: Settings) -> Iterator[str]:
    """Yield the report; the fragment goes to its file, else it is yielded too.

    Raises:
        UserError: the request cannot be done, or the history is too small.
        FileError: an input cannot be read.
        BrokerUnreachable, TopicsError: the log cannot be read.
    """
    request.check()
    core = for_files(request.files, settings.pipeline())
    history, rejected = read(request, settings)
    yield from inputs.told(history, rejected)
    _check_orders(history, core.churn_label)
    with without_collector(), working("Learning"):
        found = fit(history, core, only_intercept=request.only_intercept)
    yield from report.lines(found, core.churn_label, core.inactivity.horizon_days)
    verdict = report.verdict(found)
    handed = found.learnt.of(core)
    rule = handed.inactivity
    if verdict.baseline_wins:
        days = tuned_days(history, core, found.judged[-1].at_ms)
        rule = with_hiatus(rule, days or rule.horizon_days)
        yield _hiatus(rule, is_tuned=days is not None)
    if request.wants_level:
        since_ms = found.first_ms + round(rule.horizon_days * DAY_MS)
        every: list[Tried] = []
        try_one = partial(tried, history, handed, since_ms=since_ms)
        rules = candidates(rule, core.churn_label)
        yield from level_lines(rules, try_one, every, request.alerts_per_day)
        rule = choose(every, request.alerts_per_day, request.precision).rule
        yield f"Chosen: {told(rule)}"
    elif not verdict.baseline_wins:
        yield from _too_high(rule, float(found.judged[-1].p.max()))
    text = fragment(found, core, verdict, rule)
    yield ""
    if request.out is None:
        yield "Put this into churnwatch.yaml:"
        yield text.rstrip()
        return
    request.out.write_text(text, encoding="utf-8")
    yield f"Written to {request.out}; a worker takes it by `include: {request.out.name}` in its"
    yield "churnwatch.yaml, in the same folder. What that file says itself counts for more."


def _check_orders(history: History, label: ChurnLabel) -> None:
    orders = any(each.kind == Kind.ORDER_PLACED for each in history.activities)
    if history.activities and not orders and label is ChurnLabel.SILENCE:
        raise UserError(
            "the history has no orders; accepted is one with orders, as `churn_label: silence` "
            "is about them"
        )


def _too_high(rule: InactivitySettings, highest: float) -> Iterator[str]:
    """Yield a warning if the level that is left as it is raises nobody."""
    if highest < rule.level:
        yield f"No customer came to level {rule.level:g}: {highest:.2f} at most. Choose one by"
        yield "--alerts-per-day or --precision."


def _hiatus(rule: InactivitySettings, *, is_tuned: bool) -> str:
    share = f"{rule.level:.0%}"
    if is_tuned:
        return f"A {told(rule)}: of those learnt from who were silent for so long {share} left."
    return f"A {told(rule)}, a horizon: of those learnt from, {share} left after no silence."


def level_lines(
    rules: Iterable[InactivitySettings],
    try_one: Callable[[InactivitySettings], Tried],
    every: list[Tried],
    alerts_per_day: float | None = None,
) -> Iterator[str]:
    """Yield a line for each rule as soon as it was tried, and keep what it came to.

    Louder ones are not tried once there are more alerts than wanted.
    """
    yield ""
    yield "Tried, each by a replay of the history"
    yield f"  {'':<18}{'inactivity alerts a day':>26}{'right, where nobody acted':>28}"
    for rule in rules:
        with without_collector(), working(f"Trying {told(rule)}"):
            each = try_one(rule)
        every.append(each)
        right = f"{each.precision:.1%} of {each.known:,}" if each.known else "-"
        yield f"  {told(rule):<18}{each.alerts_per_day:>26.3f}{right:>28}"
        if alerts_per_day is not None and each.alerts_per_day > alerts_per_day:
            break
    yield "  On the history that was learnt from: expect a little less."
