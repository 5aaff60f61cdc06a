"""A worker for the tests, run as a process of its own: it writes down what it was handed.

    python -m tests.live.worker '{"brokers": ..., "group": ..., "topics": [...], "out": ...}'

Each line of `out` is one JSON list: what happened, topic, partition, and more.
"""

import asyncio
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

from aiokafka.errors import TopicAuthorizationFailedError
from faust.types import TP

from agents.runtime.app import WorkerApp, make_app
from agents.runtime.batch import AgentSpec, Batch, Jump, LogOffsets, from_committed, stop_on_loss
from agents.runtime.settings import RuntimeSettings
from agents.runtime.worker import quiet_libraries, run


class Notes:
    """What happened, one JSON list a line, written at once."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("a", buffering=1)  # noqa: SIM115

    def write(self, *what: Any) -> None:
        self._file.write(json.dumps(what) + "\n")


class Agent:
    """One agent whose handler does what the test asks for."""

    def __init__(self, plan: dict[str, Any], notes: Notes) -> None:
        self.plan = plan
        self.notes = notes
        self.app: WorkerApp | None = None

    async def handle(self, batch: Batch) -> None:
        plan, at = self.plan, [batch.topic, batch.partition]
        offsets = [record.offset for record in batch.records]
        if batch.partition == plan.get("raise_on_partition") and any(
            offset >= plan["raise_at"] for offset in offsets
        ):
            raise ValueError("bad luck")
        if batch.partition == plan.get("slow_partition"):
            self.notes.write("slow", *at)
            await asyncio.sleep(plan["slow_seconds"])
        if plan.get("block_loop"):
            self.notes.write("blocked", *at)
            time.sleep(1000)  # meant: a loop that stands still is what is tested
        await asyncio.sleep(plan.get("batch_seconds", 0.0))
        self.notes.write("batch", *at, offsets, batch.next_offset)
        assert self.app is not None
        self.app.advance(batch.tp, batch.next_offset, batch.generation)

    async def restore(self, tp: TP, log: LogOffsets) -> int:
        known: int | None = self.plan.get("restore_at")
        return await from_committed(tp, log) if known is None else known

    async def drain(self, tp: TP) -> None:
        await asyncio.sleep(self.plan.get("drain_seconds", 0.0))
        self.notes.write("drained", *tp)

    def on_jump(self, jump: Jump) -> int:
        self.notes.write("jump", *jump.tp, jump.expected, jump.found)
        return jump.found if self.plan.get("take_jumps") else stop_on_loss(jump)


def refuse_commits(app: WorkerApp, hang: bool) -> None:
    """Have every commit fail for good, or never come back."""

    async def refused(*_: Any) -> None:
        if hang:
            await asyncio.sleep(1000)
        raise TopicAuthorizationFailedError("orders")

    app.batches.thread.commit_offsets = refused  # type: ignore[method-assign]


class Resource:
    """Something handlers need, which says when it was there."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    async def __aenter__(self) -> None:
        self._notes.write("opened")

    async def __aexit__(self, *_: object) -> None:
        self._notes.write("closed")


def main() -> int:
    """Run the worker the plan describes."""
    plan = json.loads(sys.argv[1])
    logging.basicConfig(level=plan.get("log", "INFO"), format="%(levelname)s %(message)s")
    if plan.get("log") != "DEBUG":
        quiet_libraries()
    notes = Notes(plan["out"])
    settings = RuntimeSettings(
        group=plan["group"], brokers=(plan["brokers"],), **plan.get("settings", {})
    )
    agents = [Agent(plan, notes) for _ in plan["topics"]]
    specs = [
        AgentSpec(
            name=f"reads-{topic}",
            topic=topic,
            handle=agent.handle,
            restore=agent.restore,
            drain=agent.drain,
            on_jump=agent.on_jump,
        )
        for topic, agent in zip(plan["topics"], agents, strict=True)
    ]
    app = make_app(settings, specs)
    for agent in agents:
        agent.app = app

    def ready() -> None:
        if plan.get("commit") in ("refused", "hangs"):
            refuse_commits(app, hang=plan["commit"] == "hangs")
        notes.write("ready")

    return run(app, resources=[Resource(notes)], on_ready=ready)


if __name__ == "__main__":
    sys.exit(main())
