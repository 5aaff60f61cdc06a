"""A partition's life, without Kafka: what is called, in which order, and what is not."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from agents.runtime import life
from agents.runtime.batch import AgentSpec, Batch
from agents.runtime.errors import Fenced, NotCommitted, Torn
from agents.runtime.life import Phase, Surroundings
from agents.runtime.offsets import SafeOffsets
from agents.runtime.partitions import Partitions

LOG = TP("activity", 0)
OTHER = TP("activity", 1)
BYTES_MAX = 10_000


class Scene:
    """A worker's surroundings, and a diary of what was called."""

    def __init__(self, **functions: Callable[..., Awaitable[Any]]) -> None:
        self.diary: list[tuple[Any, ...]] = []
        self.failures: list[BaseException] = []
        self.safe = SafeOffsets()
        self.ours: Callable[[], bool] = lambda: True
        hooks = {"fence": self._fence, "drain": self._drain, "restore": self._restore}
        hooks |= {"handle": self._handle, "drop": self._drop, **functions}
        self.partitions = Partitions([AgentSpec(name="watch", topic="activity", **hooks)])

    def assign(self, *tps: TP) -> None:
        around = Surroundings(
            log=None, safe=self.safe, seek=self._seek, failed=self.failures.append,
            still_ours=self._still_ours, changed=asyncio.Event(), bytes_max=BYTES_MAX,
        )  # fmt: skip
        self.partitions.assign(tps, around)

    async def _fence(self, tp: TP) -> None:
        self.diary.append(("fence", tp.partition))

    async def _restore(self, tp: TP, _: Any) -> int:
        self.diary.append(("restore", tp.partition))
        return 100

    async def _seek(self, tp: TP, offset: int) -> None:
        self.diary.append(("seek", tp.partition, offset))

    async def _still_ours(self, tp: TP) -> bool:
        self.diary.append(("asked", tp.partition))
        return self.ours()

    async def _drop(self, tp: TP) -> None:
        self.diary.append(("drop", tp.partition))

    async def _drain(self, tp: TP) -> None:
        self.diary.append(("drain", tp.partition))

    async def _handle(self, batch: Batch) -> None:
        self.diary.append(("handle", batch.partition, batch.next_offset))

    def deliver(
        self, tp: TP, next_offset: int, generation: int = 1, values: Sequence[bytes] = ()
    ) -> None:
        records = [SimpleNamespace(value=value) for value in values]
        batch = Batch(*tp, records, next_offset, generation)
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
        await scene.partitions.end_all(0.2)
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
        await scene.partitions.end_all(0.2)

    asyncio.run(play())


def test_a_full_partition_is_not_fetched_until_there_is_room():
    async def play() -> None:
        handled = asyncio.Event()

        async def handle(_: Batch) -> None:
            await handled.wait()

        scene = Scene(handle=handle)
        scene.assign(LOG)
        await until(scene.partitions.fetchable)
        for next_offset, value in ((101, b"small"), (102, b"small"), (103, bytes(BYTES_MAX))):
            scene.deliver(LOG, next_offset, values=[value])
        assert not scene.partitions.fetchable()
        handled.set()
        await until(scene.partitions.fetchable)
        await scene.partitions.end_all(0.2)

    asyncio.run(play())


def test_revoked_while_restoring_is_cancelled_and_never_drained():
    async def play() -> None:
        scene = Scene(restore=for_ever)
        scene.assign(LOG)
        await until(lambda: scene.partitions.phases()[LOG] is Phase.RESTORING)
        await scene.partitions.end_all(0.2)
        assert scene.diary == [("fence", 0), ("drop", 0)]
        assert not scene.failures

    asyncio.run(play())


def test_a_batch_of_a_former_assignment_is_dropped():
    async def play() -> None:
        scene = Scene()
        scene.assign(LOG)
        await scene.partitions.end_all(0.2)
        scene.assign(LOG)
        await until(scene.partitions.fetchable)
        scene.partitions.take(Batch(*LOG, [], 105, generation=1))
        scene.deliver(LOG, 107, generation=2)
        await until(lambda: ("handle", 0, 107) in scene.diary)
        assert ("handle", 0, 105) not in scene.diary
        await scene.partitions.end_all(0.2)

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
        await scene.partitions.end_all(0.2)
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
            await scene.partitions.end_all(0.2)
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
        await scene.partitions.end_all(0.2)

    asyncio.run(play())


def test_a_broken_life_is_dropped_undrained_and_another_begins_from_what_is_stored():
    """And only once the broker has said that the partition is still ours."""

    async def play() -> None:
        handled = []

        async def handle(batch: Batch) -> None:
            handled.append(batch.next_offset)
            if len(handled) == 1:
                raise Torn("half a step")

        scene = Scene(handle=handle)
        scene.assign(LOG)
        await until(scene.partitions.fetchable)
        scene.deliver(LOG, 101)
        stale = Batch(*LOG, [], 102, generation=1)
        await until(lambda: handled and scene.partitions.fetchable())
        scene.partitions.take(stale)
        scene.deliver(LOG, 103, generation=2)
        await until(lambda: len(handled) == 2)
        assert handled == [101, 103], "what was read for the broken life is of no use"
        begun = [("fence", 0), ("restore", 0), ("seek", 0, 100)]
        assert scene.diary == [*begun, ("drop", 0), ("asked", 0), *begun]
        await scene.partitions.end_all(0.2)
        assert scene.diary[-1] == ("drain", 0)
        assert not scene.failures

    asyncio.run(play())


def test_a_life_that_follows_waits_until_the_partition_is_ours():
    """Fenced by its new owner, a worker must not fence that one in turn."""

    async def play() -> None:
        answers = [False]

        async def fence(tp: TP) -> None:
            scene.diary.append(("fence", tp.partition))

        scene = Scene(fence=fence)
        scene.ours = lambda: answers[-1]
        scene.assign(LOG)
        await until(scene.partitions.fetchable)
        scene.partitions.start_over(LOG, Fenced("id"))
        await until(lambda: ("asked", 0) in scene.diary)
        assert scene.diary.count(("fence", 0)) == 1
        answers.append(True)
        await until(scene.partitions.fetchable)
        assert scene.diary.count(("fence", 0)) == 2
        await scene.partitions.end_all(0.2)

    asyncio.run(play())


def test_a_partition_that_breaks_again_and_again_ends_the_worker(monkeypatch):
    monkeypatch.setattr(life, "PAUSE_SECONDS", 0.0)

    async def play() -> None:
        async def restore(*_: Any) -> int:
            raise NotCommitted("id", "bad luck")

        scene = Scene(restore=restore)
        scene.assign(LOG)
        await until(lambda: scene.failures)
        assert str(scene.failures[0]) == (
            "activity[0]: started over 10 times in a row: "
            "transaction of id was not acknowledged: bad luck"
        )
        await scene.partitions.end_all(0.2)

    asyncio.run(play())


def test_revoked_before_a_broken_life_is_buried_nothing_of_it_goes_on():
    async def play() -> None:
        scene = Scene(handle=for_ever)
        scene.assign(LOG)
        await until(scene.partitions.fetchable)
        scene.deliver(LOG, 101)
        await until(lambda: scene.partitions.busy_seconds() > 0)
        scene.partitions.start_over(LOG, Torn("half a step"))
        await scene.partitions.end_all(0.2)
        assert ("drop", 0) in scene.diary
        assert ("drain", 0) not in scene.diary
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "activity[0]"]

    asyncio.run(play())
