"""One data set: what is learnt from, what is scored, and the scores of all on the same rows."""

import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agents.learning.estimate import fit_order_model, fit_values
from benchmarks.detection import fitting
from benchmarks.detection.sets import STEP_DAYS, DataSet
from benchmarks.detection.subjects import FOLDS, Subjects, at_dates, join, read
from pipeline.churn_settings import ChurnLabel
from pipeline.detectors.frustration import Frustration
from pipeline.interning import Interned
from pipeline.prospects import Prospects
from pipeline.settings import InactivityRule, PipelineSettings
from pipeline.units import DAY_MS, days

RIVALS = Path(__file__).parent / ".rivals" / "bin" / "python"
HIATUS, ORDER_MODEL, BG_NBD, BOOSTING, DEFAULT, MODEL = (
    "hiatus",
    "order model",
    "BG/NBD",
    "boosting",
    "default weights",
    "churn model",
)


@dataclass(slots=True)
class Split:
    """Who is scored, and what may be learnt from, in one split."""

    name: str
    test: Subjects
    learn: Subjects  # steps or landmarks of the churn model
    direct: Subjects | None  # labelled by the whole horizon, for boosting
    orders: Subjects  # whose order histories are known: the parameters of the order models


@dataclass(slots=True)
class Scores:
    """All scores of one split, (n,) each: the higher, the surer to leave."""

    split: Split
    by_name: dict[str, np.ndarray]


def settings_of(data_set: DataSet, topics) -> PipelineSettings:
    """Return the settings that a data set is folded with: the defaults, but for label and horizon."""
    plain = PipelineSettings(churn_label=data_set.label, sources=tuple(topics))
    return replace(
        plain, inactivity=replace(plain.inactivity, horizon_days=float(data_set.horizon_days))
    )


def splits(data_set: DataSet, found: dict[int, Subjects]) -> list[Split]:
    """Return both splits of MODELS: by customer, and by customer and time."""
    horizon_ms, step_ms = data_set.horizon_days * DAY_MS, STEP_DAYS * DAY_MS
    by_silence = data_set.label is ChurnLabel.SILENCE
    result = []
    for name, tested in (
        ("customers", data_set.tested),
        ("customers and time", data_set.tested_later),
    ):
        cut = min(tested) if name != "customers" else max(tested) + horizon_ms
        within = step_ms if by_silence else horizon_ms
        learnt = [at for at in data_set.learnt if at + within <= cut]
        whole = [at for at in data_set.dates if at + horizon_ms <= cut]
        if by_silence:
            whole = [max(whole)] if whole else []
        known = tested if name == "customers" else [max(at for at in data_set.dates if at <= cut)]
        result.append(
            Split(
                name,
                join([found[at] for at in tested]),
                join([found[at] for at in learnt]),
                join([found[at] for at in whole]) if whole else None,
                join([found[at] for at in known]),
            )
        )
    return result


def scored(data_set: DataSet, settings, split: Split, shuffle: int | None = None) -> Scores:
    """Return the scores of a split; each customer is scored by what others taught.

    With `shuffle` all labels learnt from are shuffled: then nothing may be found.
    """
    test, fold = split.test, split.test.fold
    if shuffle is not None:
        split = _shuffled(split, shuffle)
    found = {name: np.full(len(test), np.nan) for name in (ORDER_MODEL, DEFAULT, MODEL)}
    found[HIATUS] = silence_days(test)
    jobs: dict[str, np.ndarray] = {}
    for number in range(FOLDS):
        mine = fold == number
        learn = split.learn.take(split.learn.fold != number)
        orders = split.orders.take(split.orders.fold != number)
        told = told_of_orders(settings, orders)
        model = fitting.fitted(told, learn, STEP_DAYS)
        some = test.take(mine)
        found[MODEL][mine] = probability(model, some)
        found[DEFAULT][mine] = probability(told, some)
        rule = replace(told.inactivity, rule=InactivityRule.ORDER_MODEL)
        found[ORDER_MODEL][mine] = probability(replace(told, inactivity=rule), some)
        _add_jobs(jobs, number, data_set, told, split, some, orders)
    _run_rivals(jobs, found, fold)
    if data_set.label is ChurnLabel.CLOSED:
        found.pop(DEFAULT)
    return Scores(split, {name: _complete(score) for name, score in found.items() if len(score)})


def probability(settings, subjects: Subjects):
    """Return the churn probability, by the code that a worker runs."""
    texts = Interned()
    prospects = Prospects(settings, Frustration(settings.frustration), texts)
    rows = subjects.rows.copy()
    rows["currency"] = np.where(rows["currency"] > 0, texts.codes(["one"])[0], 0)
    return prospects.probability(rows, subjects.silent_ms, subjects.at_ms, subjects.open_now)


def told_of_orders(settings, orders: Subjects):
    """Return settings with what order histories tell: rhythms, and what is usually spent."""
    latest = orders.take(orders.at_ms == orders.at_ms.max())
    rows = latest.rows.copy()
    rows["currency"] = np.minimum(rows["currency"], 1)  # a data set has one
    spent = fit_values(replace(latest, rows=rows), ["", "one"])
    return replace(settings, order_model=fit_order_model(latest), values=spent)


def silence_days(subjects: Subjects):
    """Return days since the last order, or without one since the customer is known."""
    known = days(np.maximum(subjects.at_ms - subjects.rows["first_ms"], 0))
    return np.where(subjects.history[:, 0] >= 0, days(subjects.silent_ms), known)


def _shuffled(split: Split, seed: int) -> Split:
    draw = np.random.default_rng(seed)

    def mixed(some):
        order = draw.permutation(len(some))
        return replace(some, left=some.left[order], ordered=some.ordered[order])

    direct = mixed(split.direct) if split.direct is not None else None
    return replace(split, learn=mixed(split.learn), direct=direct)


def _add_jobs(jobs, number, data_set, settings, split, some, orders):
    bought = orders.history[orders.history[:, 0] >= 0]
    jobs[f"{number}/orders"] = bought
    jobs[f"{number}/orders_test"] = np.maximum(some.history, 0)
    jobs[f"{number}/horizon"] = np.array(data_set.horizon_days)
    if split.direct is not None:
        direct = split.direct.take(split.direct.fold != number)
        jobs[f"{number}/train"] = direct.columns(settings, data_set.horizon_days)
        jobs[f"{number}/left"] = direct.left
        jobs[f"{number}/test"] = some.columns(settings, data_set.horizon_days)


def _run_rivals(jobs, found, fold):
    if not RIVALS.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "jobs.npz", Path(folder) / "scores.npz"
        np.savez(asked, **jobs)
        script = Path(__file__).with_name("rivals.py")
        subprocess.run([RIVALS, script, asked, answered], check=True)
        scores = dict(np.load(answered))
    for name, key in ((BG_NBD, "bg_nbd"), (BOOSTING, "boosting")):
        if any(each.endswith(key) for each in scores):
            found[name] = np.full(len(fold), np.nan)
            for number in range(FOLDS):
                found[name][fold == number] = scores[f"{number}/{key}"]


def _complete(score):
    """Put who cannot be judged by a score last: nothing is known for them."""
    return np.where(np.isnan(score), np.nanmin(score) - 1, score)


def prepared(data_set: DataSet):
    """Return settings, and who is at risk at each date."""
    history = read(data_set.name)
    settings = settings_of(data_set, history.topics)
    return settings, at_dates(history, settings, data_set, data_set.dates, STEP_DAYS), history
