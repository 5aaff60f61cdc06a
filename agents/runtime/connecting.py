"""The first word with a broker: it may be away just then, and back in a moment.

aiokafka loses a connection, and complains of it, when it is cancelled between making it and hearing
what the cluster is like. So who is to connect no more is let finish, within a bound.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from aiokafka.errors import KafkaConnectionError

RETRY_SECONDS = 0.5
FINISH_SECONDS_MAX = 2.0


async def whole(start: Coroutine[Any, Any, None], seconds_max: float = FINISH_SECONDS_MAX) -> None:
    """Start a client; when cancelled, return only when the start has come to its end.

    Args:
        start: connects a client, which is then to be closed, whether this returns or raises.
        seconds_max: a start that takes longer than this after the cancelling is cut off.
    """
    starting = asyncio.ensure_future(start)
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait({starting}, timeout=seconds_max)
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        raise


async def connected(
    start: Callable[[], Coroutine[Any, Any, None]],
    stop: Callable[[], Awaitable[None]],
    seconds_max: float = float("inf"),
) -> None:
    """Start a client, again and again as long as no broker can be reached.

    Args:
        start: connects a new client.
        stop: lets go of one that could not connect, or is no longer to.
        seconds_max: after so long what keeps it from connecting is raised.
    """
    began = time.monotonic()
    while True:
        try:
            await whole(start())
        except (KafkaConnectionError, OSError):
            await stop()
            if time.monotonic() - began > seconds_max:
                raise
            await asyncio.sleep(RETRY_SECONDS)
        except asyncio.CancelledError:
            await stop()
            raise
        else:
            return


async def unless(stopping: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do some work, cancelled as soon as an event is set; return whether it was done."""
    working = asyncio.ensure_future(work)
    waiting = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
            return True
        return False
    finally:
        for task in (working, waiting):
            task.cancel()
        await asyncio.wait({working, waiting})
