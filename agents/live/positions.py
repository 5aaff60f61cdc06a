"""Where a partition of the log goes on, when that is not where it was left.

The log has no holes: intake is idempotent, not transactional. So what comes later than expected,
with the log beginning before it, has been skipped by the reading: it is read again. What comes
earlier is trimmed. What is gone is lost, which only the user may accept.
"""

from faust.types import TP

from agents.reports_state import RecordsWereLost
from agents.runtime.batch import Jump
from agents.runtime.errors import OffsetsLost, place

REBUILD = "run `churnwatch rebuild`, which folds the log that is there"


def go_on_at(tp: TP, expected: int, log_start: int, log_end: int, *, accept_loss: bool) -> int:
    """Return the offset to go on at after a restore.

    Args:
        tp: partition of the log.
        expected: next offset by the header.
        log_start: earliest offset that the broker has.
        log_end: offset of its next record.
        accept_loss: go on at the start of the log where records were deleted before they were read.

    Raises:
        OffsetsLost: records are lost, or the topic is not the one that was read before.
    """
    if expected > log_end:
        raise OffsetsLost(
            f"{place(tp)}: the state goes on at offset {expected}, the log ends at {log_end}: "
            f"the topic was deleted and made anew; {REBUILD}"
        )
    if expected >= log_start:
        return expected
    lost = log_start - expected
    if not accept_loss:
        raise OffsetsLost(
            f"{place(tp)}: the state goes on at offset {expected}, the log starts at {log_start}: "
            f"{lost} records were deleted unread; set kafka.accept_loss to go on without them"
        )
    RecordsWereLost(tp.topic, tp.partition, lost).emit()
    return log_start


class Jumps:
    """What to do when a running partition does not go on where it was expected to."""

    def __init__(self, *, accept_loss: bool) -> None:
        self._accept_loss = accept_loss
        self._read_again: dict[TP, int] = {}  # the place that was sought back to

    def __call__(self, jump: Jump) -> int:
        """Return where to go on.

        Raises:
            OffsetsLost: as `go_on_at`.
        """
        tp, expected = jump.tp, jump.expected
        go_on = go_on_at(tp, expected, jump.log_start, jump.log_end, accept_loss=self._accept_loss)
        if go_on < jump.found and self._read_again.get(tp) == go_on:
            # Sought back to before, and again it goes on later: there is nothing in between.
            RecordsWereLost(tp.topic, tp.partition, jump.found - go_on).emit()
            return jump.found
        self._read_again[tp] = go_on
        return go_on
