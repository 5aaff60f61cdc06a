"""A stock Faust app, run as a process of its own: it counts events in a table, as the plan says.

    python -m tests.faults.stock.app '{"brokers": ..., "id": ..., "topic": ..., "out": ...}'

Nothing of `agents/` is in it. What it may be asked for: a table (`table`), a windowed one
(`windowed`), alerts (`alerts`), `take()` (`take`), slow or raising events, large rows. Each line of
`out` is one JSON list: what happened, partition, offset, and more.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import faust

ROWS, WINDOWS = "rows", "windows"
LARGE_ROW_BYTES = 4_000


class Notes:
    """What happened, one JSON list a line, written at once."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("a", buffering=1)  # noqa: SIM115

    def write(self, *what: Any) -> None:
        self._file.write(json.dumps(what) + "\n")


class Work:
    """What is done with each event."""

    def __init__(self, app: faust.App, plan: dict[str, Any], notes: Notes) -> None:
        self._plan = plan
        self._notes = notes
        self._rows = app.Table(ROWS) if plan.get("table") else None
        self._windows = self._windowed(app) if plan.get("windowed") else None
        self._alerts = app.topic(plan["alerts"]) if plan.get("alerts") else None

    def _windowed(self, app: faust.App) -> Any:
        size, expires = self._plan["windowed"]
        table = app.Table(WINDOWS, default=int, on_window_close=self._closed)
        return table.tumbling(size, expires=expires)

    async def _closed(self, key: Any, value: Any) -> None:
        who, (begin, _) = key
        self._notes.write("closed", who, begin, value)

    async def handle(self, event: Any) -> None:
        plan, message = self._plan, event.message
        at = [message.partition, message.offset]
        self._notes.write("begun", *at)
        if at == plan.get("raise_at"):
            raise ValueError("bad luck")
        await asyncio.sleep(600 if at == plan.get("hang_at") else plan.get("event_seconds", 0))
        key = event.key.decode()
        if self._rows is not None:
            self._rows[key] = self._row(key, message.offset)
        if self._windows is not None:
            self._windows[key] += 1
        if self._alerts is not None:
            await self._alerts.send(key=key, value=[*at, plan["name"]])
        self._notes.write("done", *at)

    def _row(self, key: str, offset: int) -> dict[str, Any]:
        row = self._rows.get(key) or {"count": 0}
        large = key.endswith(self._plan.get("large_row_of", "no key ends so"))
        pad = "x" * LARGE_ROW_BYTES if large else ""
        return {"count": row["count"] + 1, "offset": offset, "by": self._plan["name"], "pad": pad}


def make_app(plan: dict[str, Any]) -> faust.App:
    """Return the app of a plan; its settings are Faust's own but for those the plan names."""
    notes = Notes(plan["out"])
    app = faust.App(
        plan["id"],
        broker=f"kafka://{plan['brokers']}",
        web_enabled=False,
        datadir=plan["folder"],
        topic_partitions=plan["partitions"],
        **plan.get("settings", {}),
    )
    work = Work(app, plan, notes)
    source = app.topic(
        plan["topic"],
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )

    async def each(stream: Any) -> None:
        async for event in stream.events():
            await work.handle(event)

    async def take(stream: Any) -> None:
        async for values in stream.take(plan["take"], within=5):
            notes.write("took", len(values))
            raise ValueError("bad luck")

    function = take if plan.get("take") else each
    app.agent(source, name="counts", concurrency=plan.get("concurrency", 1))(function)
    return app


if __name__ == "__main__":
    worker = faust.Worker(make_app(json.loads(sys.argv[1])), loglevel="INFO")
    worker.execute_from_commandline()
