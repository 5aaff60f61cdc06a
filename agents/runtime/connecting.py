"""The first word with a broker: it may be away just then, and back in a moment."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiokafka.errors import KafkaConnectionError

RETRY_SECONDS = 0.5


async def connected(
    start: Callable[[], Awaitable[None]],
    stop: Callable[[], Awaitable[None]],
    seconds_max: float = float("inf"),
) -> None:
    """Start a client, again and again as long as no broker can be reached.

    Args:
        start: connects a new client.
        stop: lets go of one that could not connect.
        seconds_max: after so long what keeps it from connecting is raised.
    """
    began = time.monotonic()
    while True:
        try:
            await start()
        except (KafkaConnectionError, OSError):
            await stop()
            if time.monotonic() - began > seconds_max:
                raise
            await asyncio.sleep(RETRY_SECONDS)
        else:
            return
