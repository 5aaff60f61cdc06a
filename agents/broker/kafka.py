"""One Kafka node (KRaft: broker and controller in one process) on the loopback interface.

The real thing, small: for tests, faults included, and for the demo. It ends with the
process that started it.
"""

import base64
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from agents.broker import jars, probe
from agents.broker.base import Broker, BrokerError
from agents.broker.process import GuardedProcess, held_back

READY_SECONDS_MAX = 60.0
FORMAT_SECONDS_MAX = 60.0
PROBE_EVERY_SECONDS = 0.05
LOG_LINES = 5

JVM = (
    *("-Xms128m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"),
    *("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Djava.awt.headless=true"),
)

# A single node for tests: internal topics small and not replicated, no waiting for a
# second group member, and nothing deleted for its age, as replayed events are old.
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "inter.broker.listener.name": "CLIENTS",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    # After a SIGKILL the controller lets the broker back in when its old session has ended.
    "broker.heartbeat.interval.ms": "250",
    "broker.session.timeout.ms": "2000",
    "default.replication.factor": "1",
    "group.initial.rebalance.delay.ms": "0",
    "log.cleaner.dedupe.buffer.size": str(16 << 20),
    "log.cleaner.enable": "true",
    "log.retention.ms": "-1",
    "message.max.bytes": str(16 << 20),
    "min.insync.replicas": "1",
    "num.io.threads": "2",
    "num.network.threads": "2",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
}


class KafkaBroker(Broker):
    """A Kafka node of one's own; its data outlives `stop()` if a folder is given."""

    kind: ClassVar[str] = "kafka"
    limits: ClassVar[str] = "one node: nothing is replicated, and no partition changes its leader"

    def __init__(
        self,
        folder: Path | None = None,
        port: int | None = None,
        settings: Mapping[str, str] | None = None,
        jvm: Sequence[str] = (),
        proxied: Mapping[int, int] | None = None,
    ) -> None:
        """Prepare a broker; nothing runs yet.

        Args:
            folder: where data, settings and log are kept; a temporary one, removed at
                `stop()`, if None.
            port: the port for clients; a free one if None.
            settings: broker settings to add to, or put over, `SETTINGS`.
            jvm: options put after, and so over, `JVM`.
            proxied: more ports to listen on, each with the port of a proxy before it: who
                comes that way is told to come by the proxy again.
        """
        self._is_temporary = folder is None
        self._folder = folder
        self._wanted_port = port
        self._port: int | None = None
        self._settings = SETTINGS | dict(settings or {})
        self._jvm = (*JVM, *jvm)
        self._proxied = dict(proxied or {})
        self._process: GuardedProcess | None = None

    @property
    def bootstrap(self) -> str:
        """Where clients connect, as `127.0.0.1:PORT`."""
        if self._port is None:
            raise BrokerError("the local Kafka has no port yet: start it first")
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        """The broker's process id, or None if it does not run."""
        return None if self._process is None else self._process.pid

    @property
    def folder(self) -> Path | None:
        """Where data, settings and log are; None before a temporary one is made."""
        return self._folder

    def start(self) -> None:
        """Format the storage if it is new, start, and return when clients are served."""
        if self._process is not None:
            raise BrokerError("the local Kafka runs already")
        if self._wanted_port is not None and not probe.is_free(self._wanted_port):
            raise BrokerError(f"port {self._wanted_port} is taken: name a free one, or none")
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="churnwatch-kafka-"))
        try:
            self._configure(self._folder)
            self._launch(self._folder)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the broker: politely, then by force; remove the folder if it is temporary."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        if self._is_temporary and self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def kill(self) -> None:
        """End the broker as a crash would (SIGKILL); its data stays for `restart()`."""
        self._running().kill()
        self._process = None

    def restart(self) -> None:
        """Start again on the same port and data, ending the process first if it runs."""
        if self._folder is None:
            raise BrokerError("nothing to restart: never started, or stopped with its folder")
        if self._process is not None:
            self._process.stop()
            self._process = None
        self._launch(self._folder)

    def pause(self) -> None:
        """Freeze the broker (SIGSTOP): connections stay open, and nothing is answered."""
        self._running().send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused broker go on (SIGCONT)."""
        self._running().send(signal.SIGCONT)

    def _running(self) -> GuardedProcess:
        if self._process is None:
            raise BrokerError("the local Kafka does not run")
        return self._process

    def _configure(self, folder: Path) -> None:
        """Choose ports, write the settings, and format a new data folder."""
        self._port, controller = free_pair(self._wanted_port)
        clients = {"CLIENTS": (self._port, self._port)}
        clients |= {f"PROXIED{n}": ports for n, ports in enumerate(self._proxied.items())}
        heard = [f"{name}://127.0.0.1:{port}" for name, (port, _) in clients.items()]
        told = [f"{name}://127.0.0.1:{port}" for name, (_, port) in clients.items()]
        protocols = [f"{name}:PLAINTEXT" for name in ("CONTROLLER", *clients)]
        settings = self._settings | {
            "listener.security.protocol.map": ",".join(protocols),
            "listeners": ",".join([*heard, f"CONTROLLER://127.0.0.1:{controller}"]),
            "advertised.listeners": ",".join(told),
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
            "log.dirs": str(folder / "data"),
        }
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{name}={value}\n" for name, value in settings.items())
        (folder / "server.properties").write_text(text, "utf-8")
        if not (folder / "data" / "meta.properties").is_file():
            self._format(folder)

    def _format(self, folder: Path) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        tool = ["kafka.tools.StorageTool", "format", f"--cluster-id={cluster}"]
        command = [*self._java(), *tool, "--config", str(folder / "server.properties")]
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, timeout=FORMAT_SECONDS_MAX
        )
        if done.returncode != 0:
            raise BrokerError(f"Kafka could not format {folder}: {_end(done.stdout + done.stderr)}")

    def _launch(self, folder: Path) -> None:
        log = folder / "broker.log"
        command = [*self._java(), "kafka.Kafka", str(folder / "server.properties")]
        with held_back():
            self._process = GuardedProcess(command, log)
        port = int(self.bootstrap.rpartition(":")[2])
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not probe.serves_clients(port):
            if self._process.has_ended():
                raise BrokerError(
                    f"Kafka ended while starting; its log ends: {_end(log.read_text())}"
                )
            if time.monotonic() > deadline:
                waited = f"not ready after {READY_SECONDS_MAX:.0f} s"
                raise BrokerError(f"Kafka is {waited}; its log ends: {_end(log.read_text())}")
            time.sleep(PROBE_EVERY_SECONDS)  # meant: between two looks, until the deadline above

    def _java(self) -> list[str]:
        return [jars.java(), *self._jvm, "-cp", f"{jars.kafka_jars()}/*"]


def free_pair(port: int | None) -> tuple[int, int]:
    """Return a port for clients (`port`, if given) and one for the controller."""
    first, second = probe.free_ports(2)
    return (port, first if first != port else second) if port is not None else (first, second)


def _end(text: str) -> str:
    """Return the last lines of a log on one line, stack traces left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("\t")]
    return " | ".join(lines[-LOG_LINES:]) or "(it is empty)"
