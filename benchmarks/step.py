"""The step alone, on prepared batches, at ten thousand and at a million customers; and a flood.

python -m benchmarks.step [customers ...]
"""

import statistics
import sys
from collections.abc import Iterator
from functools import partial

from benchmarks.figures import Figure, median_seconds, seconds, show
from benchmarks.load import BATCH, fold, make_load, new_table
from pipeline.settings import PipelineSettings, RetentionSettings
from pipeline.table import ActivityTable

ORDERS = {10_000: 150_000, 1_000_000: 1_100_000}  # by customers
BATCHES = 15


def figures(sizes: list[int]) -> Iterator[Figure]:
    """Yield events per second on the last batches of a load, the table being full by then."""
    for customers in sizes:
        load = make_load(customers, ORDERS.get(customers, 2 * customers))
        table, offset = new_table(), 0
        end = len(load) - BATCHES * BATCH
        for log in load.batches(0, end):
            offset = fold(table, log, offset)
        taken = []
        for log in load.batches(end):
            taken.append(seconds(partial(fold, table, log, offset)))
            offset += len(log)
        each = statistics.median(taken) / BATCH
        yield Figure(
            f"step at {len(table):,} customers, events/s",
            f"{1 / each:,.0f}",
            f"{each * 1e6:.2f} us/event, in batches of {BATCH:,}",
        )


def flood() -> Iterator[Figure]:
    """Yield what customers cost that nobody knows and the cap refuses, of taking them in."""
    log = next(make_load(BATCH, BATCH).batches())

    def with_room_for(customers: int) -> None:
        retention = RetentionSettings(customers_max=customers)
        fold(ActivityTable(PipelineSettings(retention=retention)), log)

    refused, taken_in = median_seconds(partial(with_room_for, 1), partial(with_room_for, 2 * BATCH))
    yield Figure("a flood at the cap, of taking it in", f"{refused / taken_in:.2f}")


def main() -> None:
    """Print the figures for the sizes given."""
    show("The step alone", figures([int(size) for size in sys.argv[1:]] or list(ORDERS)))
    show("Nobody new is taken in", flood())


if __name__ == "__main__":
    main()
