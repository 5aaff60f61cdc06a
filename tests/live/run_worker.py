"""A worker as a process of its own: `python -m tests.live.run_worker SETTINGS PARTITIONS`."""

import json
import logging
import sys
from pathlib import Path

from agents.live.worker import run_worker
from agents.settings import load_settings


def main() -> int:
    """Run it until a signal."""
    logging.basicConfig(level="INFO", format="%(levelname)s %(message)s")
    return run_worker(load_settings(Path(sys.argv[1])), json.loads(sys.argv[2]))


if __name__ == "__main__":
    sys.exit(main())
