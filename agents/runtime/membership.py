"""Two workers of one name: the one that was there first ends, and does not come back.

aiokafka sends heartbeats without the instance id, so the broker cannot say "fenced"; it says
"unknown member", and aiokafka joins again, which throws the other one out, and so on for
ever. A member that was alive a moment ago and is unknown now has been replaced.
"""

import time
from collections.abc import Callable
from typing import Any

from aiokafka.consumer.group_coordinator import GroupCoordinator


def end_when_replaced(
    coordinator: GroupCoordinator, session_seconds: float, replaced: Callable[[], None]
) -> None:
    """Watch the heartbeats of a static member.

    Args:
        coordinator: of a consumer with a `group_instance_id`.
        session_seconds: a member silent for longer is unknown for that reason, and may rejoin.
        replaced: called in the consumer's thread, once; the member has then left for good.
    """
    heartbeat: Any = coordinator._do_heartbeat
    alive_at = time.monotonic()

    async def do_heartbeat() -> Any:
        nonlocal alive_at
        known = await heartbeat()
        if known:
            alive_at = time.monotonic()
        elif coordinator.generation < 0 and time.monotonic() - alive_at < session_seconds:
            # Before the coordination task can join again: it looks at this first.
            if not coordinator._closing.done():
                coordinator._closing.set_result(None)
            replaced()
        return known

    coordinator._do_heartbeat = do_heartbeat
