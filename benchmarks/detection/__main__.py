"""All of it: `python -m benchmarks.detection [--set NAME]`.

Needs the data (`REAL_EVENT_DATA`, or the folder beside the repository) and, for the rivals, their
environment (`make rivals`).
"""

import argparse
import sys
import time
from dataclasses import replace

import numpy as np

from agents.learning.learner import Learner
from agents.learning.ranking import (
    auc,
    calibration_error,
    calibration_error_by_chance,
    calibration_line,
    precision_at,
)
from agents.offline.history import History
from benchmarks.detection import alerts, evaluate, leaks, olist
from benchmarks.detection.evaluate import BG_NBD, BOOSTING, DEFAULT, HIATUS, MODEL, ORDER_MODEL
from benchmarks.detection.measures import bootstrap
from benchmarks.detection.sets import SETS
from benchmarks.detection.subjects import ground, read
from pipeline.churn_settings import ChurnLabel
from tests.realdata.convert.reading import data_folder

ORDER = (HIATUS, BG_NBD, BOOSTING, ORDER_MODEL, DEFAULT, MODEL)
ALERT_DAYS = 90.0  # the horizon of alerts: the default of the setting
ALERT_LEVEL = 0.5  # of what was learnt: at the default of 0.7 few are raised
EVERYBODY = -1


def measured(name: str) -> None:
    """Print what is found on one data set."""
    data_set = SETS[name]
    history = _step(f"{name}: reading", read, data_set.source or name)
    own = _step(
        f"{name}: folding {len(history.activities):,} activities", ground, data_set, history
    )
    both = evaluate.splits(own)
    for split in both:
        scores = _step(f"{name}: scoring, split by {split.name}", evaluate.scored, own, split)
        if data_set.within_dates:
            scores = {each: _within(score, split.test.at_ms) for each, score in scores.items()}
        _print_scores(data_set, split, scores)
    score, test = _step(f"{name}: futures dealt out anew", leaks.shuffled, own, both[0])
    # Within dates: the share of leavers at a date is no secret, and stays.
    mixed = auc(_within(score, test.at_ms), test.left)
    print(f"AUC of the churn model with futures dealt out anew: {mixed:.3f}")
    apart = _step(f"{name}: later events removed", leaks.knows_the_future, own, history, both[1])
    print(f"scores without the events after the last date differ by at most {apart:.1e}")
    if data_set.label is ChurnLabel.SILENCE:
        _alerts(data_set, own, history)


def _print_scores(data_set, split, scores):
    test = split.test
    left, repeat = test.left, test.history[:, 0] > 0
    scores = {name: scores[name] for name in ORDER if name in scores}
    some = {name: score[repeat] for name, score in scores.items()}
    over_all, pairs = bootstrap(auc, scores, left, test.customer)
    over_repeat, repeat_pairs = bootstrap(auc, some, left[repeat], test.customer[repeat])
    print(f"\n### {data_set.name}, split by {split.name}: n {len(left):,}, left {left.mean():.3f}")
    print(f"(floor {data_set.floors})\n")
    print("| | AUC, all | AUC, repeat | right of the first 10% |")
    print("| --- | --- | --- | ---: |")
    for name, score in scores.items():
        first = precision_at(score, left, 0.1)
        print(f"| {name} | {over_all[name]} | {over_repeat[name]} | {first:.3f} |")
    print("\n| churn model less | AUC, all | AUC, repeat |\n| --- | --- | --- |")
    for name in scores:
        if name != MODEL:
            pair = MODEL, name
            print(f"| {name} | {pairs[pair].signed} | {repeat_pairs[pair].signed} |")
    if not data_set.within_dates:
        _print_calibration(
            {n: scores[n] for n in (ORDER_MODEL, BOOSTING, MODEL) if n in scores}, left
        )


def _print_calibration(said, left):
    print("\n| calibration | intercept | slope | ECE | of a perfect model |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, p in said.items():
        if p.min() < 0:
            continue  # some cannot be judged by it
        intercept, slope = calibration_line(p, left)
        error, chance = calibration_error(p, left), calibration_error_by_chance(p)
        print(f"| {name} | {intercept:+.2f} | {slope:.2f} | {error:.3f} | {chance:.3f} |")


def _within(score, dates):
    """Return the place of each score among those of its date, 0 to 1."""
    placed = np.empty(len(score))
    for date in np.unique(dates):
        mine = np.flatnonzero(dates == date)
        _, place, count = np.unique(score[mine], return_inverse=True, return_counts=True)
        placed[mine] = (np.cumsum(count) - count / 2)[place] / len(mine)
    return placed


def _alerts(data_set, own, history: History):
    """Print inactivity alerts of the second half, by what the first has taught."""
    activities = history.activities
    begin_ms = (activities[0].occurred_at + activities[-1].occurred_at) // 2
    learner = Learner(own.taken, own.settings, only_intercept=False)
    told = learner.learn(EVERYBODY, begin_ms).of(own.settings)
    rule = replace(told.inactivity, horizon_days=ALERT_DAYS, level=ALERT_LEVEL, critical_level=0.75)
    settings = replace(told, inactivity=rule)
    mine, hiatus, hiatus_days = _step(
        f"{data_set.name}: alerts", alerts.beside_hiatus, history, settings, begin_ms
    )
    print(f"\n| {data_set.name}, alerts | alerts | right | median silence, days |")
    print("| --- | ---: | --- | ---: |")
    for name, found in (("churn model", mine), (f"hiatus of {hiatus_days:.0f} days", hiatus)):
        silent = np.median(found.silence_days)
        print(f"| {name} | {len(found.right):,} | {found.precision()} | {silent:.0f} |")


def lateness() -> None:
    """Print bad reviews against days late."""
    print("\n### olist: bad reviews against days late\n")
    print("| | orders | bad reviews | severity |\n| --- | ---: | --- | ---: |")
    for name, count, bad, low, high, severity in olist.curve():
        mean = "" if np.isnan(severity) else f"{severity:.2f}"
        print(f"| {name} | {count:,} | {bad:.3f} ({low:.3f} to {high:.3f}) | {mean} |")


def _step(what, work, *arguments):
    began = time.monotonic()
    result = work(*arguments)
    print(f"[{time.monotonic() - began:5.1f} s] {what}", file=sys.stderr, flush=True)
    return result


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Measure detection on public data.")
    parser.add_argument("--set", choices=(*SETS, "olist"), help="only this one")
    only = parser.parse_args().set
    if not data_folder().is_dir():
        print(f"skipped: no data at {data_folder()}; REAL_EVENT_DATA can name its folder")
        return
    if not evaluate.RIVALS.exists():
        print(
            "without BG/NBD and boosting: their environment is not there; `make rivals` builds it"
        )
    for name in SETS:
        if only in (None, name):
            measured(name)
    if only in (None, "olist"):
        lateness()


main()
