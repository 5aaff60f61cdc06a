"""How a worker ends, on real Kafka and without it: always, in time, and with a reason."""

import socket
import time
from typing import Any

import pytest

from tests.live.kafka import Kafka, unique, wait_for, working


@pytest.fixture
def kafka(kafka_bootstrap: str) -> Kafka:
    return Kafka(kafka_bootstrap)


@pytest.fixture
def topic(kafka: Kafka) -> str:
    topic = kafka.make_topic(unique("topic"), 2)
    kafka.fill(topic, 0, 100)
    kafka.fill(topic, 1, 100)
    return topic


def test_commits_that_are_refused_end_the_worker(kafka, topic, tmp_path):
    """A5: stock Faust stays up, and consumes nothing, for ever."""
    plan = {"group": unique("group"), "commit": "refused", "batch_seconds": 0.5}
    with working(kafka, tmp_path, [topic], **plan) as worker:
        assert worker.ended(30) == 1
        [line] = worker.lines("CRITICAL")
        assert "the broker refuses to commit offsets: TopicAuthorizationFailedError" in line


def test_a_commit_that_hangs_is_ended_by_the_watchdog(kafka, topic, tmp_path):
    """A5: shutting down has a bound that no await can get round."""
    plan = {"group": unique("group"), "commit": "hangs", "settings": {"stop_seconds_max": 3}}
    with working(kafka, tmp_path, [topic], **plan) as worker:
        wait_for("work", lambda: worker.handled() == 200)
        wait_for("ready", lambda: worker.notes("ready"))
        assert worker.stop(8) == 70
        assert worker.lines("churnwatch") == [
            "churnwatch: watchdog ends the process: not stopped within 3 s"
        ]


def test_sigterm_is_heard_while_the_loop_stands_still(kafka, topic, tmp_path):
    """The signal arms the watchdog by itself, not through the loop."""
    plan = {"block_loop": True, "settings": {"stop_seconds_max": 2}}
    with working(kafka, tmp_path, [topic], group=unique("group"), **plan) as worker:
        wait_for("the handler", lambda: worker.notes("blocked"))
        assert worker.stop(8) == 70


def test_sigterm_waits_for_a_handler_only_so_long(kafka, topic, tmp_path):
    """A batch in hand for longer than `drain_seconds_max` is given up, and not committed."""
    group = unique("group")
    plan = {"slow_partition": 0, "slow_seconds": 600, "settings": {"drain_seconds_max": 1}}
    with working(kafka, tmp_path, [topic], group=group, **plan) as worker:
        wait_for("the slow one", lambda: worker.notes("slow"))
        wait_for("the other one", lambda: worker.handled() == 100)
        began = time.monotonic()
        assert worker.stop(10) == 0
        assert time.monotonic() - began < 6
        assert {note[2] for note in worker.notes("drained")} == {1}
    assert kafka.committed(group, topic, 2) == {0: -1, 1: 100}


def test_sigterm_before_the_first_assignment(kafka, topic, tmp_path):
    """A worker that is still starting stops as well."""
    with working(kafka, tmp_path, [topic], group=unique("group"), log="DEBUG") as worker:
        wait_for("the start", lambda: "BatchConsumer" in worker.said.read_text())
        assert worker.stop(15) == 0


def test_resources_are_there_for_all_of_the_work(kafka, topic, tmp_path):
    """Opened before the first batch, closed after the last partition was drained."""
    with working(kafka, tmp_path, [topic], group=unique("group")) as worker:
        wait_for("all", lambda: worker.handled() == 200)
        assert worker.stop() == 0
        kinds = [note[0] for note in worker.notes("opened", "batch", "drained", "closed")]
    assert kinds[0] == "opened"
    assert kinds[-3:] == ["drained", "drained", "closed"]


def test_a_worker_without_partitions_is_ready(kafka, topic, tmp_path):
    """Three workers, two partitions: the third one waits, ready, and stops when told."""
    plan = {"group": unique("group")}
    with (
        working(kafka, tmp_path, [topic], **plan) as first,
        working(kafka, tmp_path, [topic], **plan) as second,
        working(kafka, tmp_path, [topic], **plan) as third,
    ):
        for worker in (first, second, third):
            wait_for("ready", lambda w=worker: w.notes("ready"), 60)
        for worker in (first, second, third):
            assert worker.stop() == 0


def test_an_unreachable_broker_is_named(tmp_path):
    """One line and exit code 1, within the bound."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        plan = {"group": "nobody", "settings": {"connect_seconds_max": 1}}
        with working(Kafka(address), tmp_path, ["orders"], **plan) as worker:
            assert worker.ended(15) == 1
            [line] = worker.said.read_text().splitlines()
            assert line.startswith("CRITICAL Worker ends: no broker answered for ")
            assert address in line


def static(group: str, instance_id: str) -> dict[str, Any]:
    settings = {"instance_id": instance_id, "session_seconds": 10, "poll_records_max": 10}
    return {"group": group, "settings": settings}


def test_a_static_member_comes_back_to_its_partition(kafka, topic, tmp_path):
    """Restarted within the session, it gets what it had, and the other one notices nothing."""
    group = unique("group")
    with (
        working(kafka, tmp_path, [topic], **static(group, "one")) as one,
        working(kafka, tmp_path, [topic], **static(group, "two")) as two,
    ):
        wait_for("both", lambda: one.notes("ready") and two.notes("ready"), 60)
        wait_for("all", lambda: one.handled() + two.handled() == 200)
        wait_for("commits", lambda: kafka.committed(group, topic, 2) == {0: 100, 1: 100})
        revoked = len(two.notes("drained"))
        assert one.stop() == 0
        with working(kafka, tmp_path, [topic], **static(group, "one")) as again:
            wait_for("one again", lambda: again.notes("ready"))
            kafka.fill(topic, 0, 10)
            kafka.fill(topic, 1, 10)
            wait_for("new records", lambda: again.handled() + two.handled() + one.handled() == 220)
            assert again.handled() == 10
            assert len(two.notes("drained")) == revoked
            assert again.stop() == 0
        assert two.stop() == 0


def test_of_two_workers_with_one_name_the_newer_one_stays(kafka, topic, tmp_path):
    """By themselves they throw each other out for ever."""
    group = unique("group")
    with working(kafka, tmp_path, [topic], **static(group, "one")) as older:
        wait_for("the older one", lambda: older.handled() == 200)
        with working(kafka, tmp_path, [topic], **static(group, "one")) as newer:
            assert older.ended(20) == 1
            assert older.lines("CRITICAL") == [
                f"CRITICAL Worker ends: another worker has joined group {group} as "
                "instance_id one; give each worker its own."
            ]
            kafka.fill(topic, 0, 10)
            wait_for("new records", lambda: newer.handled() == 10)
            assert newer.process.poll() is None
            assert newer.stop() == 0
