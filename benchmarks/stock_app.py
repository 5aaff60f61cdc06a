"""The same job on stock Faust, as its documentation would have one write it: one event at a time.

    python -m benchmarks.stock_app BROKER PREFIX RECORDS

It reads the same source topics, decodes the same structs, keeps a count and a decayed load for
each customer in a Faust table (in memory, with its changelog, as tables come), and sends an alert
when a load passes a limit. Made to do well: raw bytes decoded by msgspec, no windows, one row a
customer. What it does NOT do: a log to replay, an order of events across sources, dead letters,
promises, waiting and silence (no clock at all), eight causes, episodes with hysteresis, knowing
duplicates, acknowledgement before the commit.
"""

import json
import sys
import time
from typing import Any

import faust
import msgspec
from mode import Worker

from agents.sources import SOURCES
from schemas.base import milliseconds

PARTITIONS = 4
HALF_LIFE_MS = 30 * 86_400_000
LIMIT = 3.0
WEIGHTS = {"reopened": 1.0, "escalated": 1.0, "rated": 0.5, "returned": 0.5, "price_raised": 0.4}


class Count:
    """When the first record came, and the last one wanted."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.seen = 0
        self.began = 0.0

    def add(self) -> bool:
        """Count one; return whether it was the last."""
        if not self.seen:
            self.began = time.perf_counter()
        self.seen += 1
        return self.seen == self.wanted


def fold(row: dict[str, float], word: str, at_ms: int) -> bool:
    """Add one event to a customer's row; return whether that passes the limit."""
    decayed = row["load"] * 0.5 ** (max(at_ms - row["at_ms"], 0) / HALF_LIFE_MS)
    load = decayed + WEIGHTS.get(word, 0.0)
    row.update(count=row["count"] + 1, load=load, at_ms=max(at_ms, row["at_ms"]))
    return decayed < LIMIT <= load


def make_worker(broker: str, prefix: str, count: Count) -> Worker:
    """Return a worker of the app: an agent for each source, and one table."""
    app = faust.App(
        f"{prefix}stock-{time.time_ns()}",
        broker=f"kafka://{broker}",
        topic_disable_leader=True,
        web_enabled=False,
        broker_max_poll_records=10_000,
        consumer_auto_offset_reset="earliest",
        topic_replication_factor=1,
        topic_partitions=PARTITIONS,
    )
    table = app.Table("customers", partitions=PARTITIONS)
    alerts = app.topic(f"{prefix}stock-alerts", partitions=PARTITIONS, value_serializer="json")

    @app.task
    async def declare() -> None:
        await alerts.declare()

    def add_agent(topic: str, form: type[Any]) -> None:
        decode = msgspec.json.Decoder(form).decode

        async def watch(stream: Any) -> None:
            async for value in stream:
                event = decode(value)
                who, at_ms = event.customer_id, milliseconds(event.occurred_at)
                row = table.get(who) or {"count": 0, "load": 0.0, "at_ms": 0}
                passed = fold(row, getattr(event, "status", None) or event.kind, at_ms)
                table[who] = row
                if passed:
                    await alerts.send(key=who, value={"customer_id": who, **row})
                if count.add():
                    seconds = time.perf_counter() - count.began
                    print(json.dumps({"records": count.seen, "seconds": seconds}), flush=True)
                    await worker.stop()

        topic_of = app.topic(prefix + topic, value_serializer="raw", key_serializer="raw")
        app.agent(topic_of, name=f"watch-{topic}")(watch)

    for source in SOURCES:
        add_agent(source.topic, source.form)
    worker = Worker(app, loglevel="ERROR", redirect_stdouts=False, override_logging=False)
    return worker


def main(broker: str, prefix: str, records: str) -> None:
    """Run until so many records are done; print how long they took."""
    make_worker(broker, prefix, Count(int(records))).execute_from_commandline()


if __name__ == "__main__":
    main(*sys.argv[1:])
