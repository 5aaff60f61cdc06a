"""`churnwatch fit`: learn from a history what a worker is then told, and say how well it does."""

from collections.abc import Iterable, Iterator

from agents.commands import inputs
from agents.commands.fit_history import read
from agents.commands.fit_request import Request
from agents.commands.replay import for_files, without_collector
from agents.learning import fragment as fragments
from agents.learning import levels, report
from agents.learning.fit import Fit, fit
from agents.offline.history import History
from agents.settings import Settings
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS


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
    with without_collector():
        found = fit(history, core, only_intercept=request.only_intercept)
    yield from report.lines(found, core.churn_label, core.inactivity.horizon_days)
    verdict = report.verdict(found)
    tried = None
    if request.wants_level:
        every: list[levels.Tried] = []
        with without_collector():
            yield from level_lines(_trials(history, core, found), every)
        tried = levels.choose(every, request.alerts_per_day, request.precision)
        yield f"Chosen: level {tried.level:g}" + (
            "; not written, as the hiatus is kept" if verdict.baseline_wins else ""
        )
    text = fragments.fragment(found, core, verdict, tried)
    yield ""
    if request.out is None:
        yield "Put this into churnwatch.yaml:"
        yield text.rstrip()
        return
    request.out.write_text(text, encoding="utf-8")
    yield f"Written to {request.out}; a worker takes it by `include: {request.out.name}` in its"
    yield "churnwatch.yaml, in the same folder."


def _trials(history: History, core: PipelineSettings, found: Fit) -> Iterator[levels.Tried]:
    horizon_ms = round(core.inactivity.horizon_days * DAY_MS)
    return levels.trials(history, found.learnt.of(core), found.first_ms + horizon_ms)


def level_lines(trials: Iterable[levels.Tried], every: list[levels.Tried]) -> Iterator[str]:
    """Yield a line for each level as soon as it was tried, and keep them."""
    yield ""
    yield f"Levels, each tried by a replay of the history ({len(levels.LEVELS)} in all)"
    yield f"  {'level':>6}{'inactivity alerts a day':>26}{'right, of those known':>24}"
    for each in trials:
        every.append(each)
        right = f"{each.precision:.1%} of {each.known:,}" if each.known else "-"
        yield f"  {each.level:>6g}{each.alerts_per_day:>26.3f}{right:>24}"
    yield "  They were tried on the history that was learnt from: expect a little less."
