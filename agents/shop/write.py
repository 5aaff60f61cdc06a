"""A simulated shop as files: one JSON Lines file per source, and the truth beside them."""

import gzip
import math
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from agents.shop.events import Source
from agents.shop.problems import ShopSettingError
from agents.shop.settings import ShopSettings
from agents.shop.shop import Shop

FILES: dict[Source, str] = {
    "orders": "orders",
    "support-tickets": "tickets",
    "touchpoints": "touchpoints",
}
TRUTH_FILE = "truth"


@dataclass(frozen=True, slots=True)
class Counts:
    """What was written.

    Attributes:
        events: records by source.
        kinds: customers by kind, leavers and others.
    """

    events: dict[Source, int]
    kinds: dict[str, int]


def write_shop(settings: ShopSettings, folder: Path, suffix: str = ".jsonl") -> Counts:
    """Simulate a shop to its end and write it down.

    Args:
        settings: the shop; its `days` must be finite.
        folder: where the files go; made if missing, files in it replaced.
        suffix: of the files; one that ends in `.gz` compresses them.

    Returns:
        How much was written.

    Raises:
        ShopSettingError: the shop has no end.
        OSError: the folder or a file cannot be written.
    """
    if math.isinf(settings.days):
        raise ShopSettingError("days", settings.days, wants="a finite number, to write files")
    folder.mkdir(parents=True, exist_ok=True)
    shop = Shop(settings)
    encoder = msgspec.json.Encoder()
    events: Counter[Source] = Counter(dict.fromkeys(FILES, 0))
    kinds: Counter[str] = Counter()
    with ExitStack() as stack:
        files = {
            source: stack.enter_context(_writing(folder / f"{name}{suffix}"))
            for source, name in FILES.items()
        }
        for event in shop.events():
            files[event.source].write(encoder.encode(event.record) + b"\n")
            events[event.source] += 1
        truth_file = stack.enter_context(_writing(folder / f"{TRUTH_FILE}{suffix}"))
        for truth in shop.truth():
            truth_file.write(encoder.encode(truth.record()) + b"\n")
            kinds[truth.kind] += 1
    return Counts(events=dict(events), kinds=dict(kinds))


@contextmanager
def _writing(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing; a compressed one holds no name and no time, so bytes repeat."""
    with path.open("wb") as file:
        if path.suffix != ".gz":
            yield file
            return
        with gzip.GzipFile(
            filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6
        ) as packed:
            yield cast("BinaryIO", packed)
