"""When a shard is written, with a transactor that only takes notes."""

import asyncio
from types import SimpleNamespace

import pytest

from agents.live.flusher import Flusher
from agents.live.shard import Snapshot
from agents.live_settings import FlushSettings
from agents.runtime.errors import Fenced

SLOW = 3600.0


class Shard:
    """A shard that counts; what is taken is written."""

    partition = 0

    def __init__(self):
        self.alerts_waiting = self.rows_waiting = self.next_offset = self.written_offset = 0

    @property
    def has_moved(self):
        return self.next_offset != self.written_offset

    def fold(self, rows=0, alerts=0):
        self.rows_waiting += rows
        self.alerts_waiting += alerts
        self.next_offset += 1

    def take(self):
        self.alerts_waiting = self.rows_waiting = 0
        self.written_offset = self.next_offset
        return Snapshot(self.next_offset, [], [])


class Transactor:
    """Commits when it is let to, or fails."""

    def __init__(self):
        self.count = 0
        self.error = None
        self.go = asyncio.Event()
        self.go.set()

    async def commit(self, rows, seconds_max):
        del rows, seconds_max
        self.count += 1
        await self.go.wait()
        if self.error is not None:
            raise self.error


def scene(**settings):
    shard, transactor, committed, failed = Shard(), Transactor(), [], []
    flusher = Flusher(
        shard,
        transactor,
        FlushSettings(
            **{"alert_seconds": 0.0, "row_seconds": SLOW, "header_seconds": SLOW, **settings}
        ),
        committed=lambda snapshot: committed.append(snapshot.next_offset),
        failed=failed.append,
    )
    return SimpleNamespace(
        shard=shard, transactor=transactor, flusher=flusher, committed=committed, failed=failed
    )


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


def play(story):
    asyncio.run(story())


def test_alerts_are_written_at_once_and_rows_wait_for_company():
    async def story():
        it = scene()
        it.shard.fold(rows=5)
        await it.flusher.folded(behind=False)
        for _ in range(20):
            await asyncio.sleep(0)
        assert it.transactor.count == 0
        it.shard.fold(alerts=1)
        await it.flusher.folded(behind=False)
        await until(lambda: it.committed == [2])
        assert it.shard.rows_waiting == 0, "rows go with the alerts"
        await it.flusher.stop()

    play(story)


def test_far_behind_alerts_wait_for_company_too():
    async def story():
        it = scene()
        it.shard.fold(alerts=1)
        await it.flusher.folded(behind=True)
        for _ in range(20):
            await asyncio.sleep(0)
        assert it.transactor.count == 0
        await it.flusher.stop()

    play(story)


def test_over_the_bound_folding_waits_for_the_writing():
    """One transaction in flight; meanwhile as much again may be folded, and no more."""

    async def story():
        it = scene(rows_max=10)
        it.transactor.go.clear()
        it.shard.fold(rows=10)
        await it.flusher.folded(behind=True)
        await until(lambda: it.transactor.count == 1)
        it.shard.fold(rows=10)
        waiting = asyncio.create_task(it.flusher.folded(behind=True))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done()
        it.transactor.go.set()
        async with asyncio.timeout(5):
            await waiting
        await until(lambda: it.transactor.count == 2)
        await it.flusher.stop()

    play(story)


def test_a_drain_writes_what_is_left_and_an_idle_one_nothing():
    async def story():
        it = scene()
        it.shard.fold(rows=1)
        await it.flusher.drain()
        assert it.committed == [1]
        idle = scene()
        await idle.flusher.drain()
        assert idle.transactor.count == 0

    play(story)


@pytest.mark.parametrize("more", [pytest.param(0, id="nothing since"), pytest.param(1, id="more")])
def test_a_drain_after_a_failed_flush_fails(more):
    """Else a shard whose last flush was refused would be kept as if it were written."""

    async def story():
        it = scene()
        it.transactor.go.clear()
        it.transactor.error = Fenced("id")
        it.shard.fold(alerts=1)
        await it.flusher.folded(behind=False)
        await until(lambda: it.transactor.count == 1)
        it.shard.next_offset += more
        it.transactor.go.set()
        with pytest.raises(Fenced):
            await it.flusher.drain()
        assert it.failed
        assert it.transactor.count == 1

    play(story)


def test_who_waits_for_room_is_let_go_when_the_writing_fails():
    async def story():
        it = scene(rows_max=10)
        it.transactor.error = Fenced("id")
        it.shard.fold(rows=30)
        async with asyncio.timeout(5):
            await it.flusher.folded(behind=True)
        await until(lambda: it.failed)

    play(story)
