"""The demo as a user sees it: alerts within half a minute, and nothing left running."""

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kafka.admin import KafkaAdminClient

from tests.live.commands import ROOT, start
from tests.live.support import eventually

SECONDS_MAX = "300"  # half a minute on a machine that does nothing else; here it does


def of_folder(folder: Path) -> list[int]:
    """Return the processes whose command line names something in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            line = (entry / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if str(folder).encode() in line:
            found.append(int(entry.name))
    return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start a demo whose temporary files are in `tmp_path`; none outlives its test."""
    begun: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> "subprocess.Popen[str]":
        process = start(
            "demo",
            *arguments,
            env={"TMPDIR": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        begun.append(process)
        return process

    yield begin
    for process in begun:
        process.kill()
        process.communicate()


Demo = Callable[..., "subprocess.Popen[str]"]


def check_told(said: str) -> None:
    """Check that the whole story is there: who, why, what it would cost, and the figures."""
    assert "alarms stand at the end of the history; the gravest:" in said
    sentence = r"c-\d{6} \(\w+\) (has had enough|has gone quiet|is past|is as good).* at risk"
    assert re.search(sentence, said)
    assert re.search(r"records read \([\d,]+/s\), lag [\d,]+, clock \d{4}-", said)
    assert re.search(r"First alert after [\d.]+ s", said)


def told(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Return what a demo says until it is live, and its complaints; it is ended then."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line == "Live from here on:\n":
            process.send_signal(signal.SIGINT)
    _, complaints = process.communicate(timeout=30)
    return said, complaints


@pytest.mark.usefixtures("needs_kafka")
def test_on_kafka_it_tells_the_story(demo: Demo, tmp_path: Path) -> None:
    process = demo("--seconds", SECONDS_MAX, "--broker", "kafka")
    said, complaints = told(process)
    assert (process.returncode, complaints) == (0, "")
    assert said.startswith("Broker: Apache Kafka at 127.0.0.1:")
    check_told(said)
    assert not of_folder(tmp_path)
    assert not list(tmp_path.iterdir())


def test_on_the_embedded_broker_it_tells_the_same(demo: Demo, tmp_path: Path) -> None:
    process = demo("--seconds", SECONDS_MAX, "--broker", "embedded")
    said, complaints = told(process)
    assert (process.returncode, complaints) == (0, "")
    assert said.startswith("Broker: embedded at 127.0.0.1:")
    assert "in memory" in said
    check_told(said)
    assert not of_folder(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("needs_kafka")
def test_it_ends_by_itself(demo: Demo, tmp_path: Path) -> None:
    process = demo("--seconds", "8", "--broker", "kafka")
    said, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, "")
    assert said.startswith("Broker: Apache Kafka at 127.0.0.1:")
    assert "In " in said.splitlines()[-2]
    assert not of_folder(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("begun", [1, 2], ids=["as the worker starts", "as the shop starts"])
def test_ctrl_c_ends_it_cleanly(
    demo: Demo, tmp_path: Path, number: signal.Signals, begun: int
) -> None:
    process = demo("--broker", "embedded")
    eventually(lambda: len(of_folder(tmp_path)) >= begun, 30)
    process.send_signal(number)
    said, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (0, "")
    assert "In " in said.splitlines()[-2]
    assert not of_folder(tmp_path)
    assert not list(tmp_path.iterdir())


def test_killed_it_leaves_nothing_running(demo: Demo, tmp_path: Path) -> None:
    process = demo("--broker", "embedded")
    eventually(lambda: len(of_folder(tmp_path)) == 2, 30)
    process.kill()
    process.communicate(timeout=30)
    eventually(lambda: not of_folder(tmp_path), 15)


def test_killed_before_a_child_is_watched_it_never_begins(tmp_path: Path) -> None:
    script = (
        "import os, signal, subprocess; from pathlib import Path\n"
        "from agents.broker.process import GuardedProcess\n"
        "start = subprocess.Popen\n"
        "def popen(command, **options):\n"
        "    if 'kill -9' in command[-1]: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return start(command, **options)\n"
        "subprocess.Popen = popen\n"
        f"GuardedProcess(['touch', {str(tmp_path / 'begun')!r}], Path({str(tmp_path / 'log')!r}))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, timeout=30, check=False)
    assert done.returncode == -signal.SIGKILL
    eventually(lambda: not of_folder(tmp_path), 15)
    assert not (tmp_path / "begun").exists()


@pytest.mark.usefixtures("needs_kafka")
def test_in_a_cluster_of_somebody_it_leaves_no_topic(demo: Demo, kafka_bootstrap: str) -> None:

    process = demo("--broker", kafka_bootstrap)
    admin = KafkaAdminClient(bootstrap_servers=kafka_bootstrap)

    def own() -> list[str]:
        return [name for name in admin.list_topics() if name.startswith("demo-")]

    try:
        eventually(lambda: len(own()) == 7, 30)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 0
        eventually(lambda: not own(), 15)
    finally:
        admin.close()


def test_a_broker_that_is_none(demo: Demo) -> None:
    process = demo("--broker", "somewhere")
    _, complaints = process.communicate(timeout=30)
    assert process.returncode == 2
    assert complaints == (
        "churnwatch: --broker is 'somewhere'; wants HOST:PORT, kafka or embedded\n"
    )
