"""How fast aiokafka's transactions and restores are; run by `transactions.py`."""

import asyncio
import contextlib
import gc
import statistics
import time
import uuid
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from confluent_kafka import Consumer as ConfluentConsumer
from confluent_kafka import TopicPartition as ConfluentPartition
from kafka import KafkaConsumer
from kafka import TopicPartition as PythonPartition

BATCH_BYTES = 512 << 10
RESTORE_ROWS = 1_000_000


async def topic(bootstrap, word, partitions=1):
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    name = f"{word}-{uuid.uuid4().hex[:6]}"
    await admin.create_topics([NewTopic(name, partitions, 1)])
    await admin.close()
    return name


def producer(bootstrap, **options):
    settings = {"transactional_id": uuid.uuid4().hex, "max_batch_size": BATCH_BYTES}
    return AIOKafkaProducer(bootstrap_servers=bootstrap, **(settings | options))


def rows(count, size):
    """Keys and values of `size` bytes together."""
    value = b"x" * (size - 16)
    return [(b"customer%08d" % number, value) for number in range(count)]


async def by_batch(sender, name, chunk):
    """Write a chunk in batches; return the futures."""
    futures = []
    batch = sender.create_batch()
    for key, value in chunk:
        if batch.append(key=key, value=value, timestamp=None) is None:
            futures.append(await sender.send_batch(batch, name, partition=0))
            batch = sender.create_batch()
            batch.append(key=key, value=value, timestamp=None)
    futures.append(await sender.send_batch(batch, name, partition=0))
    return futures


async def by_send(sender, name, chunk):
    return [await sender.send(name, key=key, value=value, partition=0) for key, value in chunk]


async def throughput(broker):
    """(d) Rows a second in transactions of a given size, one producer; median of five runs."""
    for write, total in ((by_batch, 200_000), (by_send, 50_000)):
        for size in (180, 400):
            figures = []
            for each in (1_000, 5_000, 20_000, 50_000):
                runs = [await rate(broker, write, rows(each, size), total) for _ in range(6)]
                figures.append(f"{each}: {statistics.median(runs[1:]):,.0f}")
            print(f"  {write.__name__}, {size} bytes, transactions of", "; ".join(figures))


async def rate(broker, write, data, total):
    name = await topic(broker.bootstrap, "speed")
    async with producer(broker.bootstrap) as sender:
        await transaction(sender, write, name, data)
        began = time.perf_counter()
        for _ in range(total // len(data)):
            await transaction(sender, write, name, data)
        return total / (time.perf_counter() - began)


async def transaction(sender, write, name, data):
    await sender.begin_transaction()
    await asyncio.gather(*await write(sender, name, data))
    await sender.commit_transaction()


async def small(sender, state, alerts):
    """One alert, five rows and a header."""
    batch = sender.create_batch()
    for number in range(6):
        batch.append(key=b"customer%d" % number, value=b"x" * 384, timestamp=None)
    alert = sender.create_batch()
    alert.append(key=b"customer1/inactivity", value=b"x" * 800, timestamp=None)
    await sender.begin_transaction()
    futures = (
        await sender.send_batch(batch, state, partition=0),
        await sender.send_batch(alert, alerts, partition=0),
    )
    await asyncio.gather(*futures)
    await sender.commit_transaction()


async def latency(broker):
    """(d) A small transaction: back to back, and with pauses between."""
    state, alerts = await topic(broker.bootstrap, "state"), await topic(broker.bootstrap, "alerts")
    async with producer(broker.bootstrap) as sender:
        for _ in range(50):
            await small(sender, state, alerts)
        for pause, count in ((0.0, 500), (0.05, 200), (0.2, 100)):
            taken = []
            for _ in range(count):
                began = time.perf_counter()
                await small(sender, state, alerts)
                taken.append((time.perf_counter() - began) * 1e3)
                await asyncio.sleep(pause)
            taken.sort()
            p50, p99 = taken[count // 2], taken[int(count * 0.99)]
            print(f"  pause {pause * 1e3:.0f} ms: p50 {p50:.1f} ms, p99 {p99:.1f} ms")


async def delay(broker):
    """(d) From the start of a small transaction until a read_committed reader has its alert."""
    state, alerts = await topic(broker.bootstrap, "state"), await topic(broker.bootstrap, "alerts")
    partition = TopicPartition(alerts, 0)
    reader = AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap, isolation_level="read_committed", fetch_max_wait_ms=100
    )
    async with producer(broker.bootstrap) as sender, reader:
        reader.assign([partition])
        await reader.seek_to_end(partition)
        taken = []
        for _ in range(200):
            began = time.perf_counter()
            await small(sender, state, alerts)
            await reader.getone()
            taken.append((time.perf_counter() - began) * 1e3)
            await asyncio.sleep(0.03)
        taken.sort()
        print(f"  p50 {taken[100]:.1f} ms, p99 {taken[198]:.1f} ms")


def memory_mib():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def sockets():
    links = []
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            links.append(str(link.readlink()))
    return sum(link.startswith("socket:") for link in links)


async def many(broker):
    """(e) 64 transactional producers in one loop."""
    count = 64
    state = await topic(broker.bootstrap, "state", count)
    before, sockets_before = memory_mib(), sockets()
    senders = [producer(broker.bootstrap) for _ in range(count)]
    began = time.perf_counter()
    await asyncio.gather(*(sender.start() for sender in senders))
    print(f"  started in {time.perf_counter() - began:.2f} s, {memory_mib() - before:.1f} MiB more")

    async def one(sender, partition, size):
        batch = sender.create_batch()
        for key, value in rows(size, 400):
            batch.append(key=key, value=value, timestamp=None)
        began = time.perf_counter()
        await sender.begin_transaction()
        await (await sender.send_batch(batch, state, partition=partition))
        await sender.commit_transaction()
        return (time.perf_counter() - began) * 1e3

    for size in (6, 6, 6, 1000, 1000):
        began = time.perf_counter()
        taken = sorted(await asyncio.gather(*(one(s, p, size) for p, s in enumerate(senders))))
        all_ms = (time.perf_counter() - began) * 1e3
        print(f"  {size} rows in each, at once: p50 {taken[32]:.0f} ms, all {all_ms:.0f} ms")
    print(
        f"  afterwards {memory_mib() - before:.1f} MiB more, {sockets() - sockets_before} sockets"
    )
    used = time.process_time()
    await asyncio.sleep(5)
    print(f"  idle: {(time.process_time() - used) / 5 * 100:.1f} % of a core")
    began = time.perf_counter()
    await asyncio.gather(*(sender.stop() for sender in senders))
    print(f"  stopped in {time.perf_counter() - began:.2f} s")


async def read_aiokafka(bootstrap, name, fetch_bytes, check_crcs, *, max_records=None, wait_ms=50):
    partition = TopicPartition(name, 0)
    reader = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=fetch_bytes,
        check_crcs=check_crcs,
    )
    seen, calls, longest = 0, 0, 0.0
    async with reader:
        reader.assign([partition])
        await reader.seek_to_beginning(partition)
        end = (await reader.end_offsets([partition]))[partition]
        began = time.perf_counter()
        while await reader.position(partition) < end:
            called = time.perf_counter()
            got = await reader.getmany(timeout_ms=wait_ms, max_records=max_records)
            longest = max(longest, time.perf_counter() - called)
            seen += sum(map(len, got.values()))
            calls += 1
            await asyncio.sleep(0)
        taken = time.perf_counter() - began
    return seen, taken, f"{calls} calls, longest {longest * 1e3:.0f} ms"


def read_confluent(bootstrap, name, count):
    settings = {
        "bootstrap.servers": bootstrap,
        "group.id": uuid.uuid4().hex,
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "fetch.message.max.bytes": 8 << 20,
    }
    reader = ConfluentConsumer(settings)
    reader.assign([ConfluentPartition(name, 0, 0)])
    reader.consume(1, timeout=20)
    seen, size, began = 1, 0, time.perf_counter()
    while seen < count:
        got = reader.consume(10_000, timeout=1)
        size += sum(len(record.value()) for record in got)
        seen += len(got)
    taken = time.perf_counter() - began
    reader.close()
    return seen, taken, ""


def read_kafka_python(bootstrap, name, count):
    partition = PythonPartition(name, 0)
    reader = KafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        max_partition_fetch_bytes=8 << 20,
        enable_auto_commit=False,
    )
    reader.assign([partition])
    reader.seek(partition, 0)
    seen, began = 0, time.perf_counter()
    while seen < count:
        seen += sum(map(len, reader.poll(timeout_ms=1000, max_records=10_000).values()))
    taken = time.perf_counter() - began
    reader.close()
    return seen, taken, ""


async def restore(broker):
    """(f) 1,000,000 rows of 400 bytes in transactions of 5,000, read back read_committed."""
    name = await topic(broker.bootstrap, "restore")
    async with producer(broker.bootstrap) as sender:
        data = rows(5_000, 400)
        for _ in range(RESTORE_ROWS // 5_000):
            await transaction(sender, by_batch, name, data)

    def say(word, seen, taken, note):
        assert seen == RESTORE_ROWS, seen
        print(f"  {word}: {seen / taken:,.0f} rows/s {note}")

    at = broker.bootstrap
    for mib in (1, 8):
        for crcs in (True, False):
            result = await read_aiokafka(at, name, mib << 20, crcs)
            say(f"aiokafka, fetch {mib} MiB, check_crcs {crcs}", *result)
    for most in (1_000, 5_000):
        result = await read_aiokafka(at, name, 1 << 20, True, max_records=most)
        say(f"aiokafka, fetch 1 MiB, max_records {most}", *result)
    # The last record is a marker, which getmany() does not return: it waits its full time.
    result = await read_aiokafka(at, name, 8 << 20, True, max_records=1_000, wait_ms=1000)
    say("aiokafka, fetch 8 MiB, max_records 1000, timeout_ms 1000", *result)
    gc.disable()
    result = await read_aiokafka(at, name, 8 << 20, True)
    gc.enable()
    say("aiokafka, fetch 8 MiB, no garbage collection", *result)
    used = time.process_time()
    _, taken, _ = await read_aiokafka(at, name, 1 << 20, True)
    print(f"  of {taken:.1f} s, {time.process_time() - used:.1f} s were this process's CPU")
    say("confluent-kafka", *await asyncio.to_thread(read_confluent, at, name, RESTORE_ROWS))
    say("kafka-python", *await asyncio.to_thread(read_kafka_python, at, name, RESTORE_ROWS))


PARTS = [throughput, latency, delay, many, restore]
