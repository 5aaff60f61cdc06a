"""The rivals, run in an environment of their own: BG/NBD and gradient boosting.

    .rivals/bin/python rivals.py JOBS.npz SCORES.npz

A job is what one fold may learn from, and whom it is to score. BG/NBD (lifetimes) ranks by fewest
expected orders; boosting (scikit-learn) says the chance of leaving.
"""

import sys
import warnings

import numpy as np
from lifetimes import BetaGeoFitter
from lifetimes.utils import ConvergenceError
from sklearn.ensemble import HistGradientBoostingClassifier


def main() -> None:
    warnings.simplefilter("ignore")
    jobs, scores = np.load(sys.argv[1]), {}
    for name in {key.rsplit("/", 1)[0] for key in jobs}:
        job = {key.rsplit("/", 1)[1]: jobs[key] for key in jobs if key.startswith(f"{name}/")}
        if "orders" in job:
            scores[f"{name}/bg_nbd"] = -expected(job)
        if "train" in job:
            scores[f"{name}/boosting"] = boosted(job)
    np.savez(sys.argv[2], **scores)


def expected(job):
    """Weeks, for the optimiser; the least penalty of some that lets it converge."""
    x, tx, observed = (job["orders"] / (1, 7, 7)).T
    for penalty in (0.0, 0.001, 0.01, 0.1, 1.0):
        fitter = BetaGeoFitter(penalizer_coef=penalty)
        try:
            fitter.fit(x, tx, observed)
            break
        except ConvergenceError:
            continue
    found = fitter.conditional_expected_number_of_purchases_up_to_time(
        float(job["horizon"]) / 7, *(job["orders_test"] / (1, 7, 7)).T
    )
    return np.nan_to_num(np.asarray(found))


def boosted(job):
    """A rate and a depth that do well on small data; early stopping by a tenth held out."""
    model = HistGradientBoostingClassifier(
        learning_rate=0.05,
        max_leaf_nodes=8,
        min_samples_leaf=40,
        l2_regularization=1.0,
        early_stopping=True,
        random_state=5,
    )
    model.fit(job["train"], job["left"])
    return model.predict_proba(job["test"])[:, 1]


main()
