"""What the purchase buffer of endurance is worth: the churn model with it and without.

python -m benchmarks.detection.factors

On the sets that have trouble in them, as the load is set against endurance. Differences of area are
paired, with intervals by a bootstrap over customers.
"""

from dataclasses import replace

from agents.learning.ranking import auc
from benchmarks.detection import evaluate
from benchmarks.detection.evaluate import MODEL
from benchmarks.detection.measures import bootstrap
from benchmarks.detection.sets import SETS
from benchmarks.detection.subjects import ground, read

WITH_TROUBLE = ("oulad", "oulad_60_days", "udacity_students")


def main() -> None:
    """Print the area with the buffer less that without, by set and split."""
    print("| | split | with purchase_buffer less without |\n| --- | --- | --- |")
    for name in WITH_TROUBLE:
        own = ground(SETS[name], read(SETS[name].source or name))
        frustration = replace(own.settings.frustration, purchase_buffer=0.0)
        bare = replace(own, settings=replace(own.settings, frustration=frustration))
        for split in evaluate.splits(own):
            scores = {
                "with": evaluate.scored(own, split, rivals=False)[MODEL],
                "without": evaluate.scored(bare, split, rivals=False)[MODEL],
            }
            _, pairs = bootstrap(auc, scores, split.test.left, split.test.customer)
            difference = pairs["with", "without"].signed
            print(f"| {name} | {split.name} | {difference} |", flush=True)


if __name__ == "__main__":
    main()
