"""Where `churnwatch fit` has its history from: files, a dump of the log, or the log in Kafka."""

import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from operator import attrgetter

from agents.commands.fit_request import Request
from agents.commands.inputs import Rejected
from agents.commands.progress import progress, working
from agents.commands.replay import AHEAD_MS_MAX, check_until
from agents.files.blocks import Refused
from agents.files.log_dump import read_log
from agents.offline.history import History, read_history
from agents.offline.log_history import each_once, log_history
from agents.settings import Settings
from schemas.log import Record
from schemas.rejection import Rejection


def read(request: Request, settings: Settings) -> tuple[History, Rejected]:
    """Return the history, up to an instant if one is given, and what could not be used.

    Raises:
        UserError: nothing had happened by then.
        FileError: an input cannot be read.
        BrokerUnreachable, TopicsError: as for a worker.
    """
    rejected: Rejected = Counter()
    if request.from_log:
        history = _of_log(settings, rejected)
    elif request.activity is not None:
        sources = settings.pipeline().sources
        history = log_history(each_once(_of_dump(request, rejected)), sources)
    else:
        history = _of_files(request, rejected)
    if request.until_ms is not None:
        check_until(history, request.until_ms)
        history = _up_to(history, request.until_ms)
    return history, rejected


def _of_files(request: Request, rejected: Rejected) -> History:
    latest_ms = max(round(time.time() * 1000) + AHEAD_MS_MAX, request.until_ms or 0)

    def refuse(refused: Sequence[Refused]) -> None:
        rejected.update(each.reason for each in refused)

    with progress() as begin:
        total = sum(path.stat().st_size for path in request.inputs)
        return read_history(request.files, latest_ms, refuse, begin("Reading", total))


def _of_dump(request: Request, rejected: Rejected) -> Iterator[Record]:
    assert request.activity is not None
    with progress() as begin:
        advance, bytes_read = begin("Reading", request.activity.stat().st_size), 0
        for chunk in read_log(request.activity):
            rejected.update(each.reason for each in chunk.refused)
            yield from chunk.records
            advance(chunk.bytes_read - bytes_read)
            bytes_read = chunk.bytes_read


def _of_log(settings: Settings, rejected: Rejected) -> History:
    from agents.commands.fit_log import partitions_read  # noqa: PLC0415 - it loads Kafka's clients

    activities = []
    with working("Reading the log"):
        for values in partitions_read(settings):
            rejected.update(value.reason for value in values if isinstance(value, Rejection))
            activities += each_once(value for value in values if not isinstance(value, Rejection))
    return log_history(activities, settings.pipeline().sources)


def _up_to(history: History, until_ms: int) -> History:
    end = bisect_right(history.activities, until_ms, key=attrgetter("occurred_at"))
    return History(history.activities[:end], history.topics)
