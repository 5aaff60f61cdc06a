"""What a million customers cost: the tick while they are quiet, memory, rows to bytes and back.

python -m benchmarks.million [customers]
"""

import gc
import sys
from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.figures import Figure, median_seconds, memory_bytes, show
from benchmarks.load import Load, fold, make_load, new_table
from pipeline.codec import decode_rows, encode_rows
from pipeline.table import ActivityTable

CUSTOMERS = 1_000_000
BYTES_MAX = 640
ROWS = 50_000


def figures(customers: int) -> Iterator[Figure]:
    """Yield all of them, on one table."""
    load = make_load(customers, customers * 11 // 10)
    gc.collect()
    before = memory_bytes("VmRSS")
    table, offset = new_table(), 0
    for log in load.batches():
        offset = fold(table, log, offset)
    del log
    gc.collect()
    yield from memory(table, memory_bytes("VmRSS") - before)
    yield from tick(table, load, offset)
    yield from codec(table)


def memory(table: ActivityTable, grown_bytes: int) -> Iterator[Figure]:
    """Yield bytes per customer: by what the table holds, and by what the process has grown."""
    store = table.store
    index = sys.getsizeof(store._index) + sys.getsizeof(store.ids)
    index += sum(map(sys.getsizeof, store.ids)) + sum(map(sys.getsizeof, store._index.values()))
    arrays = (store._words, *store._due, store._changed)
    pools = table.pools.nbytes
    parts = {"rows": sum(a.nbytes for a in arrays), "pools": pools, "index": index}
    each = {name: size / len(table) for name, size in parts.items()}
    of = ", ".join(f"{name} {size:.0f}" for name, size in each.items())
    yield Figure("bytes per customer, as held", f"{sum(each.values()):,.0f}", of)
    said = f"itself it says {table.nbytes / len(table):.0f}; the aim is {BYTES_MAX}"
    yield Figure(
        "bytes per customer, as the process grew", f"{grown_bytes / len(table):,.0f}", said
    )
    yield Figure(
        "peak of the process, MB", f"{memory_bytes('VmHWM') / 1e6:,.0f}", "the load included"
    )


def tick(table: ActivityTable, load: Load, offset: int) -> Iterator[Figure]:
    """Yield the time of a tick that finds nothing due."""
    now_ms = table.clock.now_ms
    # One after another, a second apart: what falls due with the first is settled by then.
    progress = [load.progress(now_ms + 1000 * n, offset) for n in range(1, 22)]
    work = iter(progress)
    fold(table, [next(work)], offset)
    (taken,) = median_seconds(lambda: fold(table, [next(work)], offset), rounds=20)
    yield Figure(f"tick over {len(table):,} quiet customers, ms", f"{taken * 1e3:.2f}")


def codec(table: ActivityTable) -> Iterator[Figure]:
    """Yield rows per second to bytes and back."""
    row = np.random.default_rng(1).choice(table.store.everyone(), min(ROWS, len(table)), False)
    encoded = encode_rows(table, row)
    to_bytes, back = median_seconds(
        partial(encode_rows, table, row), lambda: decode_rows(new_table(), encoded)
    )
    size = sum(map(len, encoded.values())) / len(encoded)
    yield Figure("rows to bytes, rows/s", f"{len(row) / to_bytes:,.0f}", f"{size:.0f} bytes each")
    yield Figure("bytes to rows, rows/s", f"{len(row) / back:,.0f}")


def main() -> None:
    """Print the figures for the number of customers given."""
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else CUSTOMERS
    show(f"{customers:,} customers", figures(customers))


if __name__ == "__main__":
    main()
