"""Events per second of `churnwatch replay`, all included, beside a bare loop that only decodes.

python -m benchmarks.replay [customers ...]
"""

import gc
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from agents.commands.replay import Request, replay
from agents.offline.history import Files
from agents.shop.settings import ShopSettings
from agents.shop.write import FILES, write_shop
from agents.sources import SOURCES
from benchmarks.figures import Figure, median_seconds, show
from pipeline.settings import PipelineSettings

SIZES = {10_000: 60, 100_000: 20}  # customers, days
DAYS = 60


def bare(files: Files) -> int:
    """Decode every line of the files, and do nothing else."""
    count = 0
    for source, paths in files.items():
        decode = msgspec.json.Decoder(source.form).decode
        for path in paths:
            for line in path.read_bytes().splitlines():
                decode(line)
                count += 1
    return count


def figures(sizes: list[int]) -> Iterator[Figure]:
    """Yield events per second for shops of so many customers."""
    for customers in sizes:
        with TemporaryDirectory() as folder:
            shop = ShopSettings(customers=customers, days=SIZES.get(customers, DAYS))
            write_shop(shop, Path(folder))
            files = {s: [Path(folder, f"{FILES[s.topic]}.jsonl")] for s in SOURCES}  # type: ignore[index]
            yield from _of_shop(customers, files)


def _of_shop(customers: int, files: Files) -> Iterator[Figure]:
    settings = PipelineSettings()
    events = bare(files)
    fold = partial(replay, Request(files=files), settings)
    gc.collect()
    decoding, all_told = median_seconds(partial(bare, files), fold)
    of = f"{events:,} events of {customers:,} customers"
    yield Figure("decoding alone, events/s", f"{events / decoding:,.0f}", of)
    yield Figure(
        "replay, all included, events/s",
        f"{events / all_told:,.0f}",
        f"{all_told / events * 1e6:.2f} us/event, {all_told / decoding:.1f} times the decoding",
    )


def main() -> None:
    """Print the figures for the sizes given."""
    show("Replay of files", figures([int(size) for size in sys.argv[1:]] or list(SIZES)))


if __name__ == "__main__":
    main()
