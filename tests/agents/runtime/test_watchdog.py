"""The watchdog: what it ends a process for, and what it lets pass."""

import asyncio
import queue
import time

import pytest

from agents.runtime.watchdog import LoopHeart, Watchdog, too_long


@pytest.fixture
def said():
    return queue.Queue()


@pytest.fixture
def start(said):
    dogs = []

    def start(*checks):
        dog = Watchdog(checks, every_seconds=0.01, end=said.put)
        dogs.append(dog)
        dog.start()
        return dog

    yield start
    for dog in dogs:
        dog.call_off()


def test_it_says_what_a_check_says(start, said):
    start(lambda: None, lambda: "the fetch task is over")
    assert said.get(timeout=5) == "the fetch task is over"


def test_a_loop_that_stands_still_is_seen_from_outside(start, said):
    async def main() -> None:
        start(LoopHeart(asyncio.get_running_loop(), 0.2))
        await asyncio.sleep(0.5)
        assert said.empty(), "a loop that turns is fine"
        deadline = time.monotonic() + 5
        while said.empty() and time.monotonic() < deadline:
            pass  # the loop stands still

    asyncio.run(main())
    assert said.get(timeout=0).startswith("the event loop has stood still for ")


def test_stopping_has_a_bound_and_silences_the_rest(start, said):
    dog = start()
    dog.stop_within(0.2)
    dog.stop_within(1000)  # the first word counts
    dog.add(lambda: "the fetch task is over")
    assert said.get(timeout=5) == "not stopped within 0 s"


def test_a_bound_is_named_with_how_long_it_lasted():
    assert too_long("no commit", lambda: 7.0, 10)() is None
    assert too_long("no commit", lambda: 12.4, 10)() == "no commit for 12 s"


def test_a_check_that_raises_is_not_the_end_of_looking(start, said):
    start(lambda: 1 / 0)
    assert said.get(timeout=5) == ("a check of its own raised ZeroDivisionError: division by zero")
