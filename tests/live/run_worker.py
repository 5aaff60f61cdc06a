"""A worker as a process of its own: `python -m tests.live.run_worker SETTINGS PARTITIONS [BAD]`.

BAD names customers at whose activities the fold raises: a bug that no test of ours has found yet.
"""

import json
import logging
import sys
from pathlib import Path

from agents.live.worker import run_worker
from agents.settings import load_settings
from pipeline.table import ActivityTable
from schemas.activity import Activity


def raise_at(customers: set[str]) -> None:
    """Have every step raise that holds an activity of one of these, halfway through."""
    whole = ActivityTable.step

    def step(self, records, offsets):
        bad = [r for r in records if isinstance(r, Activity) and r.customer_id in customers]
        if bad:
            half = len(records) // 2
            whole(self, records[:half], offsets[:half])
            raise ValueError("a bug")
        return whole(self, records, offsets)

    ActivityTable.step = step


def main() -> int:
    """Run it until a signal."""
    logging.basicConfig(level="INFO", format="%(levelname)s %(message)s")
    raise_at(set(sys.argv[3:]))
    return run_worker(load_settings(Path(sys.argv[1])), json.loads(sys.argv[2]))


if __name__ == "__main__":
    sys.exit(main())
