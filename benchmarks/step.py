"""The step alone, on prepared batches, at ten thousand and at a million customers.

python -m benchmarks.step [customers ...]
"""

import statistics
import sys
from collections.abc import Iterator
from functools import partial

from benchmarks.figures import Figure, seconds, show
from benchmarks.load import BATCH, fold, make_load, new_table

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


def main() -> None:
    """Print the figures for the sizes given."""
    show("The step alone", figures([int(size) for size in sys.argv[1:]] or list(ORDERS)))


if __name__ == "__main__":
    main()
