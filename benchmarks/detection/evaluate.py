"""One data set: what is learnt from, what is scored, and the scores of all on the same rows."""

import os
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agents.learning.learner import Learner
from benchmarks.detection.subjects import FOLDS, Ground, Subjects
from pipeline.churn_settings import ChurnLabel, ChurnModel
from pipeline.detectors.frustration import Frustration
from pipeline.inactivity_settings import InactivityRule
from pipeline.prospects import Prospects
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
    """Who is scored, and what may be learnt from."""

    name: str
    test: Subjects
    until_ms: int  # no outcome after it is learnt from
    direct: Subjects | None  # labelled by the whole horizon, for boosting
    orders: Subjects  # the newest order histories, for BG/NBD


def splits(ground: Ground) -> list[Split]:
    """Return both splits: by customer, and by customer and time."""
    data_set, horizon_ms = ground.data_set, ground.data_set.horizon_days * DAY_MS
    result = []
    for name, tested, until_ms in (
        ("customers", data_set.tested, max(data_set.tested) + horizon_ms),
        ("customers and time", data_set.tested_later, min(data_set.tested_later)),
    ):
        whole = [at for at in data_set.dates if at + horizon_ms <= until_ms]
        if data_set.label is ChurnLabel.SILENCE:
            whole = whole[-1:]
        newest = [at for at in data_set.dates if at <= until_ms][-1]
        known = tested if name == "customers" else [newest]
        direct = ground.at(whole) if whole else None
        result.append(Split(name, ground.at(tested), until_ms, direct, ground.at(known)))
    return result


def scored(ground: Ground, split: Split, *, rivals: bool = True) -> dict[str, np.ndarray]:
    """Return all scores of a split, (n,) each: the higher, the surer to leave.

    Each customer is scored by what the other folds taught.
    """
    test, texts = split.test, ground.taken.table.texts
    found = {name: np.full(len(test), np.nan) for name in (HIATUS, ORDER_MODEL, DEFAULT, MODEL)}
    jobs: dict[str, np.ndarray] = {}
    for number in range(FOLDS):
        mine = test.fold == number
        some = test.take(mine)
        # The learner's halves: 0 is learnt from.
        halves = replace(ground.taken, half=(ground.fold == number).astype(np.int64))
        learner = Learner(halves, ground.settings, only_intercept=False)
        told = learner.learn(0, split.until_ms).of(ground.settings)
        rule = replace(told.inactivity, rule=InactivityRule.ORDER_MODEL)
        found[HIATUS][mine] = silence_days(some)
        found[MODEL][mine] = probability(told, texts, some)
        found[DEFAULT][mine] = probability(replace(told, churn_model=ChurnModel()), texts, some)
        found[ORDER_MODEL][mine] = probability(replace(told, inactivity=rule), texts, some)
        jobs |= _jobs(number, split, told, texts, some) if rivals else {}
    found |= _rivals(jobs, test.fold) if rivals else {}
    if ground.data_set.label is ChurnLabel.CLOSED:
        del found[DEFAULT]  # nothing is known beforehand of who closes
    return {name: _complete(score) for name, score in found.items()}


def probability(settings, texts, subjects: Subjects):
    """Return the churn probability, by the code that a worker runs."""
    prospects = Prospects(settings, Frustration(settings.frustration), texts)
    return prospects.probability(
        subjects.rows, subjects.silent_ms, subjects.at_ms, subjects.open_now
    )


def silence_days(subjects: Subjects):
    """Return days since the last order, or without one since the customer is known."""
    known = days(np.maximum(subjects.at_ms - subjects.rows["first_ms"], 0))
    return np.where(subjects.history[:, 0] >= 0, days(subjects.silent_ms), known)


def _jobs(number, split, settings, texts, some):
    orders = split.orders.take(split.orders.fold != number).history
    horizon = settings.inactivity.horizon_days
    found = {
        "orders": orders[orders[:, 0] >= 0],
        "orders_test": np.maximum(some.history, 0),
        "horizon": np.array(horizon),
    }
    if split.direct is not None:
        direct = split.direct.take(split.direct.fold != number)
        found["train"] = direct.columns(settings, texts, horizon)
        found["left"] = direct.left
        found["test"] = some.columns(settings, texts, horizon)
    return {f"{number}/{name}": value for name, value in found.items()}


def _rivals(jobs, fold):
    """Return the rivals' scores by name, as far as they are installed and can learn."""
    if not RIVALS.exists():
        return {}
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "jobs.npz", Path(folder) / "scores.npz"
        np.savez(asked, **jobs)
        script = Path(__file__).with_name("rivals.py")
        # One thread: several that wait for each other on a busy machine take many times as long.
        subprocess.run(
            [RIVALS, script, asked, answered],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        scores = dict(np.load(answered))
    found = {}
    for name, key in ((BG_NBD, "bg_nbd"), (BOOSTING, "boosting")):
        if f"0/{key}" in scores:
            found[name] = np.full(len(fold), np.nan)
            for number in range(FOLDS):
                found[name][fold == number] = scores[f"{number}/{key}"]
    return found


def _complete(score):
    """Put who cannot be judged by a score last."""
    return np.where(np.isnan(score), np.nanmin(score) - 1, score)
