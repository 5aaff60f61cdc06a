"""The step alone, on prepared batches, at ten thousand and at a million customers; and a flood.

python -m benchmarks.step [customers ...]

Each load is folded twice: with the default settings, and with limits that nobody reaches, so that
what detectors cost can be told from what alerts do.
"""

import statistics
import sys
from collections.abc import Iterator
from functools import partial

from agents.runtime.collecting import collect_less
from benchmarks.figures import Figure, median_seconds, seconds, show
from benchmarks.load import BATCH, Load, Log, fold, make_load
from pipeline.detector_settings import QuietSettings, RemorseSettings
from pipeline.outcome import Outcome
from pipeline.settings import PipelineSettings, RetentionSettings
from pipeline.table import ActivityTable

ORDERS = {10_000: 150_000, 1_000_000: 1_100_000}  # by customers
BATCHES = 15
# Later than the load ends, and more than one order can weigh.
OUT_OF_REACH = PipelineSettings(
    quiet_after_trouble=QuietSettings(days=61.0, critical_days=70.0),
    remorse=RemorseSettings(load=9.0, critical_load=10.0),
)


def figures(sizes: list[int]) -> Iterator[Figure]:
    """Yield events per second on the last batches of a load, the table being full by then."""
    for customers in sizes:
        load = make_load(customers, ORDERS.get(customers, 2 * customers))
        name = f"step at {customers:,} customers, events/s"
        yield _figure(name, load, PipelineSettings())
        yield _figure("  limits out of reach", load, OUT_OF_REACH)


def _figure(name: str, load: Load, settings: PipelineSettings) -> Figure:
    table, offset = ActivityTable(settings, "customer-activity"), 0
    end = len(load) - BATCHES * BATCH
    for log in load.batches(0, end):
        offset = fold(table, log, offset)
    taken, told = [], 0
    for log in load.batches(end):
        found: list[Outcome] = []
        taken.append(seconds(partial(_step, table, log, offset, found)))
        offset += len(log)
        told += len(found[0].alerts)
    each, share = statistics.median(taken) / BATCH, told / (BATCHES * BATCH)
    note = f"{each * 1e6:.2f} us/event, {share:.1%} with an alert; batches of {BATCH:,}"
    return Figure(name, f"{1 / each:,.0f}", note)


def _step(table: ActivityTable, log: Log, offset: int, found: list[Outcome]) -> None:
    found.append(table.step(log, range(offset, offset + len(log))))


def flood() -> Iterator[Figure]:
    """Yield what customers cost that nobody knows and the cap refuses, of taking them in."""
    log = next(make_load(BATCH, BATCH).batches())

    def with_room_for(customers: int) -> None:
        retention = RetentionSettings(customers_max=customers)
        fold(ActivityTable(PipelineSettings(retention=retention)), log)

    refused, taken_in = median_seconds(partial(with_room_for, 1), partial(with_room_for, 2 * BATCH))
    yield Figure("a flood at the cap, of taking it in", f"{refused / taken_in:.2f}")


def main() -> None:
    """Print the figures for the sizes given, with the garbage collected as in a worker."""
    collect_less()
    show("The step alone", figures([int(size) for size in sys.argv[1:]] or list(ORDERS)))
    show("Nobody new is taken in", flood())


if __name__ == "__main__":
    main()
