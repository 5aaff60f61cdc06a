"""No source runs far ahead of the slowest one that has more to read, and none waits for ever."""

import asyncio

import pytest

from agents.live.alignment import Alignment
from agents.live_settings import IntakeSettings
from schemas.progress import SourceProgress

HOUR_MS = 3_600_000
SKEW_MS = 24 * HOUR_MS


def alignment(wait_seconds_max=30.0):
    return Alignment(IntakeSettings(align_wait_seconds_max=wait_seconds_max))


async def goes_on(waiting):
    """Whether a wait is over once everybody has had a turn."""
    task = asyncio.ensure_future(waiting)
    for _ in range(5):
        await asyncio.sleep(0)
    return task


@pytest.mark.parametrize(
    ("hours", "skew_hours", "waits"),
    [
        pytest.param(24, 24, False, id="just within the skew"),
        pytest.param(25, 24, True, id="beyond the skew"),
        pytest.param(1, 0, True, id="abreast of the others"),
        pytest.param(0, 0, False, id="abreast already"),
    ],
)
def test_who_is_ahead_of_the_slowest_waits(hours, skew_hours, waits):
    async def story():
        known = alignment()
        known.read("orders", 1, HOUR_MS)
        until_ms = HOUR_MS + hours * HOUR_MS
        task = await goes_on(known.wait("orders", 0, until_ms, skew_hours * HOUR_MS))
        assert task.done() is not waits
        known.read("orders", 1, until_ms)
        await asyncio.wait_for(task, 5)

    asyncio.run(story())


def test_who_has_been_read_to_its_end_holds_up_nobody():
    async def story():
        known = alignment()
        known.hear(SourceProgress("tickets", 0, 1, 9, HOUR_MS, live_at=400 * HOUR_MS))
        await asyncio.wait_for(known.wait("orders", 0, 300 * HOUR_MS, SKEW_MS), 5)

    asyncio.run(story())


def test_two_that_both_have_a_gap_before_them_do_not_wait_for_each_other():
    """Each has come to what it would write next, as there is nothing before that."""

    async def story():
        known = alignment()
        for partition in (0, 1):
            known.read("orders", partition, HOUR_MS)
        first = await goes_on(known.wait("orders", 0, 100 * HOUR_MS, 0))
        assert not first.done()
        second = await goes_on(known.wait("orders", 1, 110 * HOUR_MS, 0))
        await asyncio.wait_for(first, 5)
        assert not second.done()
        known.read("orders", 0, 110 * HOUR_MS)
        await asyncio.wait_for(second, 5)

    asyncio.run(story())


def test_a_partition_that_went_elsewhere_is_waited_for_only_once_heard_of():
    async def story():
        known = alignment()
        known.read("orders", 1, HOUR_MS)
        task = await goes_on(known.wait("orders", 0, 100 * HOUR_MS, SKEW_MS))
        assert not task.done()
        known.leave("orders", 1)
        await asyncio.wait_for(task, 5)

    asyncio.run(story())


def test_the_wait_has_a_bound():
    async def story():
        known = alignment(wait_seconds_max=0.05)
        known.read("orders", 1, HOUR_MS)
        await asyncio.wait_for(known.wait("orders", 0, 100 * HOUR_MS, SKEW_MS), 5)

    asyncio.run(story())


def test_intake_waits_while_the_fold_is_too_far_behind():
    async def story():
        known = Alignment(IntakeSettings(log_ahead_records_max=1000))
        known.behind(3, 1001)
        task = await goes_on(known.wait("orders", 0, HOUR_MS, SKEW_MS))
        assert not task.done()
        known.behind(3, 1000)
        await asyncio.wait_for(task, 5)

    asyncio.run(story())


def test_old_news_from_the_log_changes_nothing_about_ones_own():
    """A fold of the log from its beginning tells what was true of an earlier run."""

    async def story():
        known = alignment()
        known.read("orders", 1, HOUR_MS)
        known.hear(SourceProgress("orders", 1, 2, 5, HOUR_MS, live_at=HOUR_MS))
        task = await goes_on(known.wait("orders", 0, 100 * HOUR_MS, SKEW_MS))
        assert not task.done()
        known.report(SourceProgress("orders", 1, 2, 5, HOUR_MS, live_at=HOUR_MS))
        await asyncio.wait_for(task, 5)

    asyncio.run(story())


def test_who_is_to_be_given_up_waits_no_more_and_may_not_go_on():
    """Nobody else reads on during a rebalance: the wait would last to its bound, every time."""

    async def story():
        known = alignment()
        known.read("orders", 1, HOUR_MS)
        task = await goes_on(known.wait("orders", 0, 100 * HOUR_MS, SKEW_MS))
        known.ending("orders", 0)
        assert await asyncio.wait_for(task, 5) is False
        assert await asyncio.wait_for(known.wait("orders", 0, 200 * HOUR_MS, 0), 5) is False
        known.leave("orders", 0)
        known.leave("orders", 1)
        assert await asyncio.wait_for(known.wait("orders", 0, 300 * HOUR_MS, 0), 5) is True

    asyncio.run(story())
