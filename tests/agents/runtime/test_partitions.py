"""A partition's life, without Kafka: what is called, in which order, and what is not."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from faust.types import TP

from agents.runtime.batch import AgentSpec, Batch
from agents.runtime.offsets import SafeOffsets
from agents.runtime.partitions import Partitions, Phase, Surroundings

LOG = TP("activity", 0)
OTHER = TP("activity", 1)


class Scene:
    """A worker's surroundings, and a diary of what was called."""

    def __init__(self, **functions: Callable[..., Awaitable[Any]]) -> None:
        self.diary: list[tuple[Any, ...]] = []
        self.failures: list[BaseException] = []
        self.safe = SafeOffsets()
        hooks = {"fence": self._fence, "drain": self._drain, "restore": self._restore}
        hooks |= {"handle": self._handle, **functions}
        self.partitions = Partitions(
            [AgentSpec(name="watch", topic="activity", **hooks)], drain_seconds_max=0.2
        )

    def assign(self, *tps: TP) -> None:
        around = Surroundings(
            log=None, safe=self.safe, seek=self._seek, failed=self.failures.append,
            changed=asyncio.Event(), batches_max=2,
        )  # fmt: skip
        self.partitions.assign(tps, around)

    async def _fence(self, tp: TP) -> None:
        self.diary.append(("fence", tp.partition))

    async def _restore(self, tp: TP, _: Any) -> int:
        self.diary.append(("restore", tp.partition))
        return 100

    async def _seek(self, tp: TP, offset: int) -> None:
        self.diary.append(("seek", tp.partition, offset))

    async def _drain(self, tp: TP) -> None:
        self.diary.append(("drain", tp.partition))

    async def _handle(self, batch: Batch) -> None:
        self.diary.append(("handle", batch.partition, batch.next_offset))

    def deliver(self, tp: TP, next_offset: int, generation: int = 1) -> None:
        batch = Batch(*tp, [], next_offset, generation)
        self.partitions.fetchable()[tp].expect(batch)
        self.partitions.take(batch)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def for_ever(*_: Any) -> int:
    await asyncio.Event().wait()
    return 0


def test_a_life_is_fenced_restored_sought_run_and_drained():
    async def play() -> None:
        scene = Scene()
        scene.assign(LOG)
        await until(scene.partitions.fetchable)
        scene.deliver(LOG, 105)
        await until(lambda: ("handle", 0, 105) in scene.diary)
        await scene.partitions.end_all()
        life = [("fence", 0), ("restore", 0), ("seek", 0, 100), ("handle", 0, 105), ("drain", 0)]
        assert scene.diary == life
        assert scene.partitions.phases() == {}
        assert not scene.failures

    asyncio.run(play())


@pytest.mark.parametrize(
    ("stuck", "phase"), [("fence", Phase.FENCING), ("restore", Phase.RESTORING)]
)
def test_only_running_partitions_are_fetched(stuck, phase):
    async def play() -> None:
        async def stuck_on_other(tp: TP, *_: Any) -> int:
            return await for_ever() if tp == OTHER else 7

        scene = Scene(**{stuck: stuck_on_other})
        scene.assign(LOG, OTHER)
        await until(scene.partitions.fetchable)
        assert list(scene.partitions.fetchable()) == [LOG]
        assert scene.partitions.phases() == {LOG: Phase.RUNNING, OTHER: phase}
        await scene.partitions.end_all()

    asyncio.run(play())


def test_revoked_while_restoring_is_cancelled_and_never_drained():
    async def play() -> None:
        scene = Scene(restore=for_ever)
        scene.assign(LOG)
        await until(lambda: scene.partitions.phases()[LOG] is Phase.RESTORING)
        await scene.partitions.end_all()
        assert scene.diary == [("fence", 0)]
        assert not scene.failures

    asyncio.run(play())


def test_a_batch_of_a_former_assignment_is_dropped():
    async def play() -> None:
        scene = Scene()
        scene.assign(LOG)
        await scene.partitions.end_all()
        scene.assign(LOG)
        await until(scene.partitions.fetchable)
        scene.partitions.take(Batch(*LOG, [], 105, generation=1))
        scene.deliver(LOG, 107, generation=2)
        await until(lambda: ("handle", 0, 107) in scene.diary)
        assert ("handle", 0, 105) not in scene.diary
        await scene.partitions.end_all()

    asyncio.run(play())


def test_a_full_partition_is_not_fetched_until_there_is_room():
    async def play() -> None:
        go = asyncio.Event()

        async def handle(_: Batch) -> None:
            await go.wait()

        scene = Scene(handle=handle)
        scene.assign(LOG)
        await until(scene.partitions.fetchable)
        scene.deliver(LOG, 101)
        scene.deliver(LOG, 102)
        assert not scene.partitions.fetchable()
        go.set()
        await until(scene.partitions.fetchable)
        await scene.partitions.end_all()

    asyncio.run(play())


def test_a_handler_that_raises_ends_its_life_undrained():
    """A step that broke off halfway must not be written: the state is torn."""

    async def play() -> None:
        async def handle(_: Batch) -> None:
            raise ValueError("bad luck")

        scene = Scene(handle=handle)
        scene.assign(LOG)
        await until(scene.partitions.fetchable)
        scene.deliver(LOG, 101)
        await until(lambda: scene.failures)
        assert str(scene.failures[0]) == "activity[0]: handle raised ValueError: bad luck"
        assert not scene.partitions.fetchable()
        await scene.partitions.end_all()
        assert ("drain", 0) not in scene.diary

    asyncio.run(play())


def test_a_handler_that_does_not_end_holds_a_revoke_up_only_so_long(caplog):
    async def play() -> None:
        scene = Scene(handle=for_ever)
        scene.assign(LOG)
        await until(scene.partitions.fetchable)
        scene.deliver(LOG, 101)
        await until(lambda: scene.partitions.busy_seconds() > 0)
        async with asyncio.timeout(2):
            await scene.partitions.end_all()
        assert ("drain", 0) not in scene.diary

    asyncio.run(play())
    assert "activity[0]: not drained within 0 s." in caplog.text


def test_a_handler_cancelled_from_within_is_a_failure_too():
    """Else its partition would stand still for ever, and nobody would know."""

    async def play() -> None:
        async def handle(_: Batch) -> None:
            raise asyncio.CancelledError

        scene = Scene(handle=handle)
        scene.assign(LOG)
        await until(scene.partitions.fetchable)
        scene.deliver(LOG, 101)
        await until(lambda: scene.failures)
        assert str(scene.failures[0]) == "activity[0]: handle raised CancelledError"
        await scene.partitions.end_all()

    asyncio.run(play())
