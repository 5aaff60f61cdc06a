"""What the benchmarks share: timing by the processor's clock, medians, and a readable table.

A benchmark is a function that yields figures; nothing asserts a time. The processor's time of this
process is taken, because the machine may be shared; where two things are compared, their rounds
alternate.
"""

import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

ROUNDS = 5


class Figure(NamedTuple):
    """One line of the table."""

    what: str
    value: str
    note: str = ""


def seconds(work: Callable[[], Any]) -> float:
    """Return the processor time that some work takes."""
    began = time.process_time()
    work()
    return time.process_time() - began


def median_seconds(*works: Callable[[], Any], rounds: int = ROUNDS) -> list[float]:
    """Return the median processor time of each of some works, their rounds alternating."""
    taken = [[seconds(work) for work in works] for _ in range(rounds)]
    return [statistics.median(each) for each in zip(*taken, strict=True)]


def memory_bytes(name: str, process: int | str = "self") -> int:
    """Return a line of the system's account of a process: VmRSS now, VmHWM at most so far."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.split(f"{name}:")[1].split()[0]) * 1024


def show(title: str, figures: Iterable[Figure]) -> None:
    """Print figures as they come."""
    print(title, flush=True)
    for what, value, note in figures:
        print(f"  {what:<52} {value:>14}  {note}".rstrip(), flush=True)
