"""`python -m tests.faults.chaos`: one seed, or many with a table at the end."""

import argparse
import asyncio
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from agents.runtime.worker import quiet_libraries
from tests.faults.chaos.result import Result, table
from tests.faults.chaos.run import run
from tests.faults.chaos.scenario import Scenario, scenario


def main(arguments: Sequence[str]) -> int:
    """Run the seeds asked for; return 0 if everything held in all of them."""
    asked = _parse(arguments)
    quiet_libraries()
    results = []
    for seed in asked.seeds or [asked.seed]:
        one = scenario(
            seed,
            short=asked.short,
            events=asked.events,
            workers=asked.workers,
            seconds=asked.seconds,
            settle_seconds_max=asked.settle_seconds,
        )
        results.append(run_in_a_folder(one, asked.folder))
    _say("", *table(results))
    return int(any(result.failures for result in results))


def run_in_a_folder(one: Scenario, parent: Path | None = None) -> Result:
    """Run a scenario in a new folder, which stays only if it fails; say how to run it again."""
    folder = Path(tempfile.mkdtemp(prefix=f"churnwatch-chaos-{one.seed}-", dir=parent))
    _say(f"{one}")
    result = asyncio.run(run(one, folder))
    if result.failures:
        _say(f"Seed {one.seed} FAILED; see {folder}. Again:", f"    {one.command}")
    else:
        _say(f"Seed {one.seed} holds.")
        shutil.rmtree(folder, ignore_errors=True)
    return result


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    add = parser.add_argument
    add("--seed", type=int, default=1)
    add("--seeds", type=_range, help="as 1-25; instead of --seed")
    add("--events", type=int, help="how many; 200,000 if not --short")
    add("--workers", type=int, help="how many; else two or three, as the seed says")
    add("--seconds", type=float, help="over which they are sent, and faults begin")
    add("--settle-seconds", type=float, help="how long it may take until all is folded")
    add("--short", action="store_true", help="fewer events and faults: under a minute")
    add("--folder", type=Path, help="where the folders of runs are made")
    return parser.parse_args(arguments)


def _range(text: str) -> list[int]:
    first, _, last = text.partition("-")
    return list(range(int(first), int(last or first) + 1))


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
