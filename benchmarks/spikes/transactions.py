"""Do aiokafka's transactions hold what the design asks of them? Run against a real Kafka.

    python benchmarks/spikes/transactions.py            # everything
    python benchmarks/spikes/transactions.py kill fence # some of it

Facts first (what is visible when, who is fenced how), then speed. What came out is in
docs/design/0003-transactions.md.
"""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import time
import uuid

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from agents.broker.kafka import KafkaBroker
from benchmarks.spikes import transactions_speed

TIMEOUT_MS = 15_000


def unique(word):
    return f"{word}-{uuid.uuid4().hex[:6]}"


async def topics(bootstrap, *names, **configs):
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    settings = {key.replace("_", "."): value for key, value in configs.items()}
    made = [unique(name) for name in names]
    await admin.create_topics([NewTopic(name, 1, 1, topic_configs=settings) for name in made])
    await admin.close()
    return made


async def transactional(bootstrap, name, **options):
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        transactional_id=name,
        transaction_timeout_ms=options.pop("transaction_timeout_ms", TIMEOUT_MS),
        max_batch_size=512 << 10,
        **options,
    )
    await producer.start()
    return producer


async def send_rows(producer, topic, *values):
    batch = producer.create_batch()
    for value in values:
        assert batch.append(key=b"k", value=value, timestamp=None) is not None
    return await producer.send_batch(batch, topic, partition=0)


async def visible(bootstrap, topic, level="read_committed"):
    """Return (values up to the end, end offset), as a restore would read them."""
    partition = TopicPartition(topic, 0)
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, isolation_level=level, auto_offset_reset="earliest"
    )
    await reader.start()
    try:
        reader.assign([partition])
        await reader.seek_to_beginning(partition)
        end = (await reader.end_offsets([partition]))[partition]
        values = []
        async with asyncio.timeout(20):
            while await reader.position(partition) < end:
                for records in (await reader.getmany(timeout_ms=100)).values():
                    values += [record.value for record in records]
        return values, end
    finally:
        await reader.stop()


async def outcome(awaitable):
    """Name what came of it."""
    try:
        async with asyncio.timeout(40):
            await awaitable
    except Exception as error:
        return f"{type(error).__name__}({str(error)[:60]})"
    return "fine"


async def atomic(broker):
    """(a) Both topics or none; nothing before the commit."""
    rows, alerts = await topics(broker.bootstrap, "rows", "alerts")
    producer = await transactional(broker.bootstrap, unique("id"))

    async def state():
        seen = [(await visible(broker.bootstrap, topic))[0] for topic in (rows, alerts)]
        return [len(values) for values in seen]

    await producer.begin_transaction()
    await asyncio.gather(
        await send_rows(producer, rows, b"r1", b"r2"), await send_rows(producer, alerts, b"a1")
    )
    print("  open, both acknowledged: visible", await state())
    began = time.perf_counter()
    await producer.commit_transaction()
    committed = time.perf_counter() - began
    while await state() != [2, 1]:
        assert time.perf_counter() - began < 10
    print(f"  committed ({committed * 1e3:.1f} ms): visible", await state())
    await producer.begin_transaction()
    await asyncio.gather(
        await send_rows(producer, rows, b"r3"), await send_rows(producer, alerts, b"a2")
    )
    await producer.abort_transaction()
    print("  then one aborted: visible", await state())
    await producer.begin_transaction()
    await (await send_rows(producer, rows, b"r4"))
    await producer.commit_transaction()
    await asyncio.sleep(0.2)
    print("  then one committed, same producer: visible", await state())
    await producer.stop()


async def victim(bootstrap, name, topic, mode):
    """A child process: open a transaction, say so, then wait to be killed or woken."""
    producer = await transactional(bootstrap, name)
    await producer.begin_transaction()
    await (await send_rows(producer, topic, b"of the dead 1", b"of the dead 2"))
    print("open", flush=True)
    if mode == "kill":
        await asyncio.sleep(600)
    os.read(0, 1)  # blocks the loop as SIGSTOP would: the parent stops us here
    try:
        if mode == "send":
            print("send:", await outcome(await send_rows(producer, topic, b"zombie")), flush=True)
        print("commit:", await outcome(producer.commit_transaction()), flush=True)
        print("begin:", await outcome(producer.begin_transaction()), flush=True)
    except Exception as error:
        print("raised:", type(error).__name__, error, flush=True)
    print("stop:", await outcome(producer.stop()), flush=True)


def spawn(broker, name, topic, mode):
    command = [sys.executable, __file__, "victim", broker.bootstrap, name, topic, mode]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "open\n"
    return child


async def kill(broker):
    """(b) kill -9 inside a transaction; a new producer of the same id aborts it."""
    (topic,) = await topics(broker.bootstrap, "rows")
    name = unique("id")
    child = spawn(broker, name, topic, "kill")
    child.send_signal(signal.SIGKILL)
    child.wait()
    _, stable = await visible(broker.bootstrap, topic)
    _, high = await visible(broker.bootstrap, topic, "read_uncommitted")
    print(f"  killed: last stable offset {stable}, high watermark {high}")
    began = time.perf_counter()
    producer = await transactional(broker.bootstrap, name)
    print(f"  second init took {(time.perf_counter() - began) * 1e3:.0f} ms")
    values, stable = await visible(broker.bootstrap, topic)
    _, high = await visible(broker.bootstrap, topic, "read_uncommitted")
    print(f"  right after it: stable {stable}, high {high}, visible {values}")
    await producer.begin_transaction()
    await (await send_rows(producer, topic, b"of the living"))
    await producer.commit_transaction()
    await asyncio.sleep(0.2)
    print("  it goes on: visible", (await visible(broker.bootstrap, topic))[0])
    await producer.stop()


async def fence(broker):
    """(c) A second init fences the first, whatever the first is doing."""
    for state in ("idle", "open, then send", "open, then commit", "open, then abort"):
        (topic,) = await topics(broker.bootstrap, "rows")
        name = unique("id")
        first = await transactional(broker.bootstrap, name)
        if state != "idle":
            await first.begin_transaction()
            await (await send_rows(first, topic, b"stale"))
        second = await transactional(broker.bootstrap, name)
        said = []
        if state == "idle":
            await first.begin_transaction()
        if "send" in state or state == "idle":
            said.append("batch: " + await outcome(await send_rows(first, topic, b"stale 2")))
        end = first.abort_transaction if "abort" in state else first.commit_transaction
        said.append("end: " + await outcome(end()))
        said.append(f"fatal: {first._txn_manager.is_fatal_error()}")
        said.append("begin: " + await outcome(first.begin_transaction()))
        said.append("send: " + await outcome(send_rows(first, topic, b"stale 3")))
        said.append("stop: " + await outcome(first.stop()))
        await second.begin_transaction()
        await (await send_rows(second, topic, b"new"))
        said.append("second commits: " + await outcome(second.commit_transaction()))
        await asyncio.sleep(0.2)
        print(f"  {state}: {'; '.join(said)}; visible", (await visible(broker.bootstrap, topic))[0])
        await second.stop()


async def stopped(broker):
    """(c) SIGSTOP inside a transaction, a new owner, SIGCONT."""
    for mode in ("send", "commit"):
        (topic,) = await topics(broker.bootstrap, "rows")
        name = unique("id")
        child = spawn(broker, name, topic, mode)
        child.send_signal(signal.SIGSTOP)
        second = await transactional(broker.bootstrap, name)
        await second.begin_transaction()
        await (await send_rows(second, topic, b"new"))
        await second.commit_transaction()
        child.send_signal(signal.SIGCONT)
        said, _ = child.communicate("\n", timeout=120)
        print(f"  woken to {mode}:", "; ".join(said.splitlines()))
        print("    visible", (await visible(broker.bootstrap, topic))[0])
        await second.stop()


async def overdue(_):
    """A transaction left open beyond its timeout: what the same producer hears."""
    hurried = {"transaction.abort.timed.out.transaction.cleanup.interval.ms": "200"}
    with KafkaBroker(settings=hurried) as broker:
        (topic,) = await topics(broker.bootstrap, "rows")
        producer = await transactional(broker.bootstrap, unique("id"), transaction_timeout_ms=1000)
        await producer.begin_transaction()
        await (await send_rows(producer, topic, b"late"))
        began = time.perf_counter()
        while (await visible(broker.bootstrap, topic))[1] < 2:
            await asyncio.sleep(0.05)
        print(f"  aborted by the broker after {time.perf_counter() - began:.1f} s of 1 s allowed")
        print("  commit:", await outcome(producer.commit_transaction()))
        print("  visible", (await visible(broker.bootstrap, topic))[0])
        await producer.stop()


async def expired(_):
    """The coordinator forgets an id, or a partition a producer, that was idle too long."""
    hurried = {
        "transactional.id.expiration.ms": "1500",
        "transaction.remove.expired.transaction.cleanup.interval.ms": "300",
        "producer.id.expiration.ms": "1500",
        "producer.id.expiration.check.interval.ms": "300",
    }
    for kept in ("transactional.id.expiration.ms", "producer.id.expiration.ms"):
        settings = {name: value for name, value in hurried.items() if name != kept}
        with KafkaBroker(settings=settings) as broker:
            (topic,) = await topics(broker.bootstrap, "rows")
            producer = await transactional(broker.bootstrap, unique("id"))
            for round_ in ("first", "after 4 s of idleness"):
                await producer.begin_transaction()
                sent = await outcome(await send_rows(producer, topic, b"1", b"2"))
                ended = await outcome(producer.commit_transaction())
                print(f"  {kept} long, {round_}: batch {sent}; commit {ended}")
                await asyncio.sleep(4 if round_ == "first" else 0)
            print("    visible", len((await visible(broker.bootstrap, topic))[0]), "of 4 rows")
            await producer.stop()


async def torn(broker):
    """A batch the broker refuses: does commit say so, and does the producer go on?"""
    (small,) = await topics(broker.bootstrap, "small", max_message_bytes="1000")
    (fine,) = await topics(broker.bootstrap, "fine")
    producer = await transactional(broker.bootstrap, unique("id"))
    await producer.begin_transaction()
    refused = await send_rows(producer, small, b"x" * 5000)
    kept = await send_rows(producer, fine, b"kept")
    print("  commit, futures not looked at:", await outcome(producer.commit_transaction()))
    print("  the futures:", await outcome(refused), "and", await outcome(kept))
    await asyncio.sleep(0.2)
    seen = [len((await visible(broker.bootstrap, name))[0]) for name in (small, fine)]
    print("  visible of the two:", seen)
    await producer.begin_transaction()
    print("  next batch there:", await outcome(await send_rows(producer, small, b"y")))
    print("  abort:", await outcome(producer.abort_transaction()))
    await producer.begin_transaction()
    print("  and after the abort:", await outcome(await send_rows(producer, small, b"z")))
    print("  abort:", await outcome(producer.abort_transaction()))
    await producer.stop()


async def away(_):
    """The broker freezes, or crashes, with a transaction in flight."""
    with KafkaBroker() as broker:
        (topic,) = await topics(broker.bootstrap, "rows")
        producer = await transactional(broker.bootstrap, unique("id"), request_timeout_ms=5000)
        await producer.begin_transaction()
        future = await send_rows(producer, topic, b"1")
        await future
        broker.pause()
        began = time.perf_counter()
        commit = asyncio.ensure_future(producer.commit_transaction())
        done, _ = await asyncio.wait([commit], timeout=12)
        waited = time.perf_counter() - began
        print(f"  commit to a frozen broker, {waited:.0f} s on: done {bool(done)}")
        broker.resume()
        print("  resumed:", await outcome(commit))
        for word in ("before the acknowledgement", "before the commit"):
            await producer.begin_transaction()
            future = await send_rows(producer, topic, b"2")
            if word == "before the commit":
                await future
            await asyncio.to_thread(broker.kill)
            ending = asyncio.ensure_future(producer.commit_transaction())
            await asyncio.to_thread(broker.restart)
            began = time.perf_counter()
            said = await outcome(ending)
            waited = time.perf_counter() - began
            print(f"  broker killed {word}: commit {said}, {waited:.1f} s after it is back")
        await asyncio.sleep(0.3)
        print("  visible", (await visible(broker.bootstrap, topic))[0])
        print("  stop:", await outcome(producer.stop()))


FACTS = [atomic, kill, fence, stopped, overdue, expired, torn, away]


def main(wanted):
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of each attempt to connect
    if wanted[:1] == ["victim"]:
        asyncio.run(victim(*wanted[1:]))
        return
    parts = [*FACTS, *transactions_speed.PARTS]
    began = time.perf_counter()
    with KafkaBroker() as broker:
        print(f"Kafka ready in {time.perf_counter() - began:.1f} s")
        for part in parts:
            if not wanted or part.__name__ in wanted:
                print(f"{part.__name__}: {part.__doc__}")
                asyncio.run(part(broker))


if __name__ == "__main__":
    main(sys.argv[1:])
