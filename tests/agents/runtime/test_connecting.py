"""Connecting is not broken off halfway: what was begun is finished, and then let go."""

import asyncio
import warnings

import pytest

from agents.broker.embedded import EmbeddedBroker
from agents.live.reading import reader
from agents.live_settings import KafkaSettings
from agents.runtime.connecting import connected, unless, whole


class Client:
    """Says what was done with it; connecting takes until it is told to be over."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.begun = asyncio.Event()
        self.over = asyncio.Event()

    async def start(self) -> None:
        self.begun.set()
        await self.over.wait()
        self.done.append("started")

    async def stop(self) -> None:
        self.done.append("stopped")


def test_cancelled_while_connecting_it_connects_and_is_closed():
    async def story() -> list[str]:
        client = Client()
        task = asyncio.create_task(connected(client.start, client.stop))
        await client.begun.wait()
        task.cancel()
        asyncio.get_running_loop().call_later(0.01, client.over.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        return client.done

    assert asyncio.run(story()) == ["started", "stopped"]


def test_a_start_that_does_not_end_is_cut_off():
    async def story() -> list[str]:
        client = Client()
        task = asyncio.create_task(whole(client.start(), seconds_max=0.01))
        await client.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1, "no task is left but this one"
        return client.done

    assert asyncio.run(story()) == []


def test_work_ends_with_the_event_that_stops_it():
    async def story() -> tuple[list[str], bool, bool]:
        client, stopping = Client(), asyncio.Event()
        task = asyncio.create_task(unless(stopping, client.start()))
        await client.begun.wait()
        stopping.set()
        cut_off = await task
        client.over.set()
        return client.done, cut_off, await unless(asyncio.Event(), client.start())

    assert asyncio.run(story()) == (["started"], False, True)


def test_cancelled_at_any_moment_a_reader_leaves_no_connection_open():
    """Each one that aiokafka has lost is a warning when it is collected."""

    async def is_connecting_after(steps: int, kafka: KafkaSettings) -> bool:
        """Cancel a reader after some steps of the loop."""
        is_connected = asyncio.Event()

        async def read() -> None:
            async with reader(kafka, "orders", [0]):
                is_connected.set()

        task = asyncio.create_task(read())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        return not is_connected.is_set()

    steps = 0
    with EmbeddedBroker() as broker, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always", ResourceWarning)
        kafka = KafkaSettings(brokers=broker.bootstrap, check_crcs=False)
        while asyncio.run(is_connecting_after(steps, kafka)):
            steps += 1 + steps // 20
    assert steps > 10
    assert [str(warning.message) for warning in heard] == []
