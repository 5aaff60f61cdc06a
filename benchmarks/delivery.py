"""Records per second through an agent that counts: ours, and stock Faust's, in one run.

    python -m benchmarks.delivery localhost:9092 [records]

Each reads a topic of 4 partitions on a real broker, in a process of its own, and is timed
from its first record to its last, so that joining the group does not count.
"""

import asyncio
import json
import subprocess
import sys
import time

import faust
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from mode import Worker

from agents.runtime.app import make_app
from agents.runtime.batch import AgentSpec, Batch
from agents.runtime.produce import Outbox, SendSettings
from agents.runtime.rows import Row
from agents.runtime.settings import RuntimeSettings
from agents.runtime.worker import quiet_libraries, run

PARTITIONS = 4
VALUE_BYTES = 200


class Count:
    """Counts records, and says how long all of them took."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.seen = 0
        self.began = 0.0

    def add(self, records: int) -> bool:
        if not self.seen:
            self.began = time.perf_counter()
        self.seen += records
        return self.seen >= self.wanted

    def say(self) -> None:
        seconds = time.perf_counter() - self.began
        print(json.dumps({"records": self.seen, "seconds": seconds}), flush=True)


def ours(broker: str, topic: str, wanted: int) -> None:
    """Count with the batch transport."""
    count = Count(wanted)

    async def handle(batch: Batch) -> None:
        done = count.add(len(batch.records))
        app.advance(batch.tp, batch.next_offset, batch.generation)
        if done:
            count.say()
            app.fail(SystemExit())

    settings = RuntimeSettings(group=f"bench-{time.time_ns()}", brokers=(broker,))
    app = make_app(settings, [AgentSpec(name="count", topic=topic, handle=handle)])
    run(app)


def stock(broker: str, topic: str, wanted: int) -> None:
    """Count with stock Faust, its settings as it comes but for the fetch size."""
    count = Count(wanted)
    app = faust.App(
        f"bench-{time.time_ns()}",
        broker=f"kafka://{broker}",
        topic_disable_leader=True,
        web_enabled=False,
        broker_max_poll_records=10_000,
        consumer_auto_offset_reset="earliest",
    )

    @app.agent(app.topic(topic, value_serializer="raw"))
    async def counts(stream: faust.StreamT[bytes]) -> None:
        async for _ in stream:
            if count.add(1):
                count.say()
                await worker.stop()

    worker = Worker(app, loglevel="ERROR", redirect_stdouts=False, override_logging=False)
    worker.execute_from_commandline()


async def fill(broker: str, topic: str, count: int) -> float:
    """Make the topic and fill it; return records per second sent."""
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
    await admin.close()
    outbox = Outbox(SendSettings(brokers=(broker,)))
    await outbox.start()
    began = time.perf_counter()
    for first in range(0, count, 20_000):
        await outbox.send(
            Row(topic, n % PARTITIONS, b"customer-%06d" % (n % 50_000), bytes(VALUE_BYTES))
            for n in range(first, min(first + 20_000, count))
        )
    seconds = time.perf_counter() - began
    await outbox.stop()
    return count / seconds


def measured(who: str, broker: str, topic: str, count: int) -> float:
    """Run one of them in a process of its own; return its records per second."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.delivery", who, broker, topic, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        timeout=600,
        check=False,
    )
    said = json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])
    return said["records"] / said["seconds"]


def main(broker: str, count: int = 1_000_000) -> None:
    """Print what each reaches, and the ratio."""
    topic = f"bench-{time.time_ns()}"
    sent = asyncio.run(fill(broker, topic, count))
    fast = measured("ours", broker, topic, count)
    slow = measured("stock", broker, topic, count // 10)
    print(f"sent, idempotent, acknowledged   {sent:>10,.0f} records/s")
    print(f"delivered in batches             {fast:>10,.0f} records/s")
    print(f"delivered by stock Faust         {slow:>10,.0f} records/s")
    print(f"ratio of deliveries              {fast / slow:>10.0f}")


if __name__ == "__main__":
    quiet_libraries()
    match sys.argv[1:]:
        case ["ours", broker, topic, wanted]:
            ours(broker, topic, int(wanted))
        case ["stock", broker, topic, wanted]:
            stock(broker, topic, int(wanted))
        case [broker]:
            main(broker)
        case [broker, count]:
            main(broker, int(count))
        case _:
            sys.exit(__doc__)
