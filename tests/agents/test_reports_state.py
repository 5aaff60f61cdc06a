"""Reports of the state, as they are counted: by partition, and from 0 on."""

import pytest

from agents import metrics
from agents.reports_state import LifeWasBroken, RestoreHasMoved, ShardWasTakenUp
from agents.runtime.errors import Fenced, NotCommitted, StartOver, Torn


def value(name, **labels):
    return metrics.REGISTRY.get_sample_value(name, {key: str(it) for key, it in labels.items()})


def test_a_partition_taken_up_is_written_up_to_where_it_goes_on():
    """Before its first flush as well: that none comes would not be seen else."""
    ShardWasTakenUp(partition=101, next_offset=5_000).emit()
    assert value("churnwatch_flush_next_offset", partition=101) == 5_000
    assert value("churnwatch_watch_next_offset", partition=101) == 5_000


@pytest.mark.parametrize(
    "name",
    [
        "churnwatch_watch_refused_total",
        "churnwatch_restore_unreadable_total",
        "churnwatch_watch_left_out_total",
    ],
)
def test_what_is_counted_of_a_partition_begins_at_zero(name):
    """The first of a series that begins at 1 is seen by no rate."""
    ShardWasTakenUp(partition=102, next_offset=0).emit()
    assert value(name, partition=102) == 0


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        (Fenced("shop-3"), "fenced"),
        (NotCommitted("shop-3", "nothing within 60 s"), "not_committed"),
        (Torn("folding offsets 1 to 2 raised"), "torn"),
    ],
)
def test_a_life_that_broke_is_counted_by_partition_and_reason(why: StartOver, reason: str):
    ShardWasTakenUp(partition=103, next_offset=0).emit()
    labels = {"partition": 103, "reason": reason}
    before = value("churnwatch_watch_lives_broken_total", **labels)
    LifeWasBroken(103, why).emit()
    assert value("churnwatch_watch_lives_broken_total", **labels) == before + 1


def test_what_cannot_be_read_before_a_partition_is_taken_up_stays_counted():
    RestoreHasMoved(partition=104, records=2, left=0, unreadable=["row of 'c': bad"]).emit()
    ShardWasTakenUp(partition=104, next_offset=9).emit()
    assert value("churnwatch_restore_unreadable_total", partition=104) == 1
