# ruff: noqa: N818 - an error is named for what happened, as the tree below says
"""What goes wrong, by what comes next; each has one line that names the thing and its value.

* AgentError
  x WorkerError           the worker cannot go on: one line, then exit code 1 or 2
    + BrokerUnreachable   nobody answered, at the start or for too long since
    + HandlerFailed       a handler, a restore or a fence raised; its batch is not committed
    + OffsetsLost         a partition goes on elsewhere than where it was left
    + Replaced            another worker has joined under the same instance id
    + CommitRefused       the broker refuses our commits for good
    + DeliveryFailed      what was sent is not acknowledged, and will not be
    + RestoreStalled      what is stored cannot be read
    + StateRefused        what is stored was made with other settings, or by another version
    + VersionUnpinned     a library is not the one this package was read against
  x RecordTooLarge        one bad record: nothing was sent; leave it out and send again
  x StartOver             a life of a partition is over: another begins from what is stored
    + Fenced              its transactional id has been taken, or its transaction was given up
    + NotCommitted        it is not known whether a transaction was committed
    + Torn                a step broke off halfway
"""

from faust.types import TP


def place(tp: TP) -> str:
    """Return how a partition is written in a log line: `orders[3]`."""
    return f"{tp.topic}[{tp.partition}]"


class AgentError(Exception):
    """Whatever goes wrong between us and Kafka."""


class WorkerError(AgentError):
    """The worker cannot go on: one line, then its exit code."""

    exit_code = 1


class BrokerUnreachable(WorkerError):
    """No broker answers."""

    def __init__(self, brokers: str, seconds: float, cause: str) -> None:
        super().__init__(f"no broker answered for {seconds:.0f} s at {brokers}: {cause}")


class HandlerFailed(WorkerError):
    """An agent's own function raised."""

    def __init__(self, tp: TP, doing: str, cause: BaseException) -> None:
        text = f"{type(cause).__name__}: {cause}".removesuffix(": ")
        super().__init__(f"{place(tp)}: {doing} raised {text}")


class OffsetsLost(WorkerError):
    """Records between where we were and where the log goes on are gone, or it is another log."""


class Replaced(WorkerError):
    """Another worker has joined as this one."""

    def __init__(self, instance_id: str, group: str) -> None:
        super().__init__(
            f"another worker has joined group {group} as instance_id {instance_id}; "
            "give each worker its own"
        )


class CommitRefused(WorkerError):
    """The group coordinator refuses the commit, and another try would not change that."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"the broker refuses to commit offsets: {type(cause).__name__}: {cause}")


class DeliveryFailed(WorkerError):
    """Sent records are not acknowledged: whether they arrived is unknown."""

    def __init__(self, topics: str, cause: str) -> None:
        super().__init__(f"records for {topics} were not acknowledged: {cause}")


class VersionUnpinned(WorkerError):
    """A library differs from the one this package was written against."""


class RecordTooLarge(AgentError):
    """A record is larger than its topic takes. Nothing of the call was sent."""

    def __init__(self, index: int, topic: str, size_bytes: int, size_bytes_max: int) -> None:
        super().__init__(
            f"record {index} for {topic} takes {size_bytes} bytes; "
            f"the topic takes at most {size_bytes_max}"
        )
        self.index = index
        self.size_bytes = size_bytes
        self.size_bytes_max = size_bytes_max


class StateRefused(WorkerError):
    """What is stored cannot be gone on with."""

    exit_code = 2


class RestoreStalled(WorkerError):
    """What is stored cannot be read, however long it is tried."""

    def __init__(self, tp: TP, seconds: float, cause: str) -> None:
        super().__init__(f"{place(tp)}: not read any further for {seconds:.0f} s: {cause}")


class StartOver(AgentError):
    """What a partition holds in memory is not to be trusted: read what is stored, go on there."""


class Fenced(StartOver):
    """A transaction was refused: its id is another's now, or it was open for too long."""

    def __init__(self, transactional_id: str) -> None:
        super().__init__(f"transactional id {transactional_id} has been taken or given up")


class NotCommitted(StartOver):
    """The outcome of a transaction is unknown."""

    def __init__(self, transactional_id: str, cause: str) -> None:
        super().__init__(f"transaction of {transactional_id} was not acknowledged: {cause}")


class Torn(StartOver):
    """A step raised: what it changed so far is neither before nor after."""
