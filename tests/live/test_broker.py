"""The local brokers serve real clients, keep their data, and leave nothing behind."""

import asyncio
import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from kafka import KafkaConsumer, KafkaProducer

from agents.broker import choose, jars, probe
from agents.broker.base import BrokerError
from agents.broker.embedded import EmbeddedBroker
from agents.broker.kafka import KafkaBroker
from agents.broker.process import held_back
from tests.faults.proxy import Proxy
from tests.live.support import create_topic, eventually, unique

needs_kafka = pytest.mark.usefixtures("needs_kafka")


def produce(bootstrap: str, topic: str, *values: bytes) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    try:
        for value in values:
            producer.send(topic, value, partition=0).get(timeout=30)
    finally:
        producer.close()


def consume(bootstrap: str, topic: str, count: int) -> list[bytes]:
    """Read the first `count` values with kafka-python."""
    consumer = KafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=20_000
    )
    try:
        return [record.value for record in itertools.islice(consumer, count)]
    finally:
        consumer.close()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


async def round_trip(bootstrap: str, topic: str, **options: object) -> bytes | None:
    """Send one record and read it back, with aiokafka."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        await producer.send_and_wait(topic, b"by aiokafka", partition=0)
    reader = AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", **options
    )
    async with reader:
        return (await asyncio.wait_for(reader.getone(), 20)).value


def test_kafka_python_writes_and_reads(kafka: KafkaBroker, new_topic: Callable[..., str]) -> None:
    topic = new_topic()
    produce(kafka.bootstrap, topic, b"one", b"two")
    assert consume(kafka.bootstrap, topic, 2) == [b"one", b"two"]


@pytest.mark.parametrize("group", [None, "a-group"])
def test_aiokafka_writes_and_reads(
    kafka: KafkaBroker, new_topic: Callable[..., str], group: str | None
) -> None:
    got = asyncio.run(round_trip(kafka.bootstrap, new_topic(), group_id=group))
    assert got == b"by aiokafka"


@needs_kafka
def test_data_outlive_a_restart_and_a_kill(tmp_path: Path) -> None:
    """Same port, same records: clients of a broker that crashed find it again."""
    with KafkaBroker(folder=tmp_path) as broker:
        before = broker.bootstrap
        topic = create_topic(before, unique("kept"))
        produce(before, topic, b"first")
        broker.restart()
        produce(before, topic, b"second")
        broker.kill()
        assert not probe.serves_clients(int(before.rpartition(":")[2]))
        broker.restart()
        assert broker.bootstrap == before
        assert consume(before, topic, 2) == [b"first", b"second"]


@needs_kafka
def test_data_in_a_given_folder_outlive_the_broker(tmp_path: Path) -> None:
    with KafkaBroker(folder=tmp_path) as broker:
        topic = create_topic(broker.bootstrap, unique("kept"))
        produce(broker.bootstrap, topic, b"first")
    with KafkaBroker(folder=tmp_path) as broker:
        assert consume(broker.bootstrap, topic, 1) == [b"first"]


@needs_kafka
def test_a_paused_broker_is_silent_until_resumed() -> None:
    with KafkaBroker() as broker:
        port = int(broker.bootstrap.rpartition(":")[2])
        broker.pause()
        assert not probe.serves_clients(port)
        broker.resume()
        assert eventually(lambda: probe.serves_clients(port))
        pid = broker.pid
        broker.pause()
    assert pid is not None
    assert not is_alive(pid), "stop() must end a paused broker too"


@needs_kafka
def test_stop_leaves_neither_process_nor_folder() -> None:
    broker = KafkaBroker()
    broker.start()
    pid, folder = broker.pid, broker.folder
    assert pid is not None
    assert folder is not None
    broker.stop()
    broker.stop()
    assert not is_alive(pid)
    assert not folder.exists()


@needs_kafka
def test_the_broker_dies_with_its_parent(tmp_path: Path) -> None:
    """A test run that is killed must not leave a JVM behind."""
    script = (
        "import sys, time; from pathlib import Path; from agents.broker.kafka import KafkaBroker\n"
        f"broker = KafkaBroker(folder=Path({str(tmp_path)!r})); broker.start()\n"
        "print(broker.pid, flush=True); time.sleep(600)"  # meant: it lives until it is killed below
    )
    root = Path(jars.POM).parents[2]
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.send_signal(signal.SIGKILL)
        eventually(lambda: not is_alive(pid))


def test_a_signal_in_the_midst_of_a_start_comes_after_it() -> None:
    """Raised in between, nobody would know of the child, and nobody end it."""
    begun: list[str] = []

    def start() -> None:
        with held_back():
            signal.raise_signal(signal.SIGINT)
            begun.append("all of it")

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            start()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, handler)
    assert begun == ["all of it"]


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(BrokerError, match=f"port {port} is taken"):
            KafkaBroker(port=port).start()


@needs_kafka
def test_a_broker_that_cannot_start_shows_the_end_of_its_log() -> None:
    with pytest.raises(BrokerError, match=r"num\.io\.threads"):
        KafkaBroker(settings={"num.io.threads": "none"}).start()


def test_without_java_and_maven_the_choice_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert isinstance(choose.local_broker(), EmbeddedBroker)
    assert "java is not on the PATH" in caplog.text
    with pytest.raises(BrokerError, match="needs Java 17 or newer"):
        choose.local_broker("kafka")


def test_an_old_java_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "java"
    fake.write_text("#!/bin/sh\necho 'openjdk version \"1.8.0_402\"' >&2\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(BrokerError, match="is Java 8; a local Kafka needs Java 17"):
        jars.java()


def test_a_failed_fetch_is_one_line_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "mvn"
    fake.write_text("#!/bin/sh\necho '[ERROR] no such host'\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("CHURNWATCH_CACHE", str(tmp_path / "cache"))
    with pytest.raises(BrokerError, match=r"could not resolve Kafka .*: \[ERROR\] no such host"):
        jars.kafka_jars()
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_embedded_broker_serves_aiokafka() -> None:
    with EmbeddedBroker() as broker:
        got = asyncio.run(round_trip(broker.bootstrap, unique("mock"), check_crcs=False))
    assert got == b"by aiokafka"


@needs_kafka
def test_who_comes_by_a_proxy_is_told_to_come_by_it_again():
    """Else a client would go round the proxy after its first request, and no fault reach it."""

    async def broker_ports(bootstrap: str) -> list[int]:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            return [broker["port"] for broker in (await admin.describe_cluster())["brokers"]]
        finally:
            await admin.close()

    with Proxy() as proxy:
        [port] = probe.free_ports(1)
        proxy.start(port)
        with KafkaBroker(proxied={port: proxy.port}) as broker:
            assert asyncio.run(broker_ports(f"127.0.0.1:{proxy.port}")) == [proxy.port]
            assert asyncio.run(broker_ports(broker.bootstrap)) != [proxy.port]
