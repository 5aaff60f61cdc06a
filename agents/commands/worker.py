"""`churnwatch worker`: the pipeline, until a signal or a fault ends it."""

import logging
from pathlib import Path
from typing import Final

from agents.live.worker import run_worker
from agents.logs import LogFormat, LogLevel, set_up_logs
from agents.problems import TopicsError
from agents.runtime.errors import WorkerError
from agents.settings import load_settings
from agents.settings_errors import BadSettingsError
from agents.topics.partitions import partitions_of

log = logging.getLogger("churnwatch")

FAILED: Final = 1
WRONG_USE: Final = 2


def worker(path: Path | None, form: LogFormat | None, level: LogLevel) -> int:
    """Run a worker; return the exit code.

    What keeps it from starting is logged like all else, one line each.
    """
    set_up_logs(form, level)
    try:
        settings = load_settings(path)
        partitions = partitions_of(settings)
    except (BadSettingsError, TopicsError) as error:
        return _not_started(error, WRONG_USE)
    except WorkerError as error:
        return _not_started(error, FAILED)
    return run_worker(settings, partitions)


def _not_started(error: Exception, code: int) -> int:
    for line in str(error).splitlines():
        log.critical("Worker does not start: %s.", line)
    return code
