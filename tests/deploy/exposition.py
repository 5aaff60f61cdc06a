"""A stand-in for a worker: serves its metrics with values set, and counting on.

Run as a process of its own, so that the numbers of this process stay as they are:
`python tests/deploy/exposition.py PORT`. It runs until it is ended.
"""

import itertools
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from prometheus_client import Counter, Gauge, Histogram, start_http_server
from prometheus_client.metrics import MetricWrapperBase

from agents import metrics
from schemas.alert import AlertKind, Outcome, Severity, State
from schemas.rejection import Reason

EVERY_SECONDS = 0.1

# Plausible values of every label there is; a label without any is an error here.
VALUES = {
    "topic": ["orders", "support-tickets", "touchpoints", "customer-activity"],
    "partition": ["0", "1"],
    "reason": [Reason.MALFORMED.value, Reason.BAD_TIME.value],
    "by": ["position", "event_id"],
    "kind": [kind.value for kind in AlertKind],
    "state": [state.value for state in State],
    "severity": [severity.value for severity in Severity],
    "outcome": [outcome.value for outcome in Outcome],
    "acted": ["no", "yes"],
    "verdict": ["right", "wrong"],
    "phase": ["running", "restoring"],
    "version": ["0.1.0"],
}


def all_metrics() -> list[MetricWrapperBase]:
    """Return every metric of the worker."""
    return [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]


def children() -> Iterator[MetricWrapperBase]:
    """Yield every metric, once for each combination of its labels' values."""
    for metric in all_metrics():
        for values in itertools.product(*(VALUES[label] for label in metric._labelnames)):
            yield metric.labels(*values) if values else metric


def count_on() -> None:
    """Move every metric by one step."""
    for child in children():
        if isinstance(child, Counter):
            child.inc()
        elif isinstance(child, Gauge):
            child.set(time.time() if "timestamp" in child._name else 1)
        elif isinstance(child, Histogram):
            child.observe(0.02)


def main() -> None:
    """Serve until ended."""
    count_on()
    start_http_server(int(sys.argv[1]), addr="127.0.0.1", registry=metrics.REGISTRY)
    while not threading.Event().wait(EVERY_SECONDS):
        count_on()


if __name__ == "__main__":
    main()
