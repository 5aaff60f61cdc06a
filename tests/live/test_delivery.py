"""What is delivered, and what is committed, on real Kafka. Stock Faust fails each of these."""

import asyncio
import itertools
import signal
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from agents.runtime.batch import RECORD_BYTES
from tests.live.kafka import Kafka, Worker, unique, wait_for, working

PARTITIONS = 4
FILL = 60  # records of each partition, at each look


@pytest.fixture
def kafka(kafka_bootstrap: str) -> Kafka:
    return Kafka(kafka_bootstrap)


@pytest.fixture
def group() -> str:
    return unique("group")


def filled(kafka: Kafka, count: int, partitions: int = PARTITIONS) -> str:
    topic = kafka.make_topic(unique("topic"), partitions)
    for partition in range(partitions):
        kafka.fill(topic, partition, count)
    return topic


class Backlog:
    """A topic that is filled while a test waits: who starts late finds work too."""

    def __init__(self, kafka: Kafka, count: int) -> None:
        self.topic = filled(kafka, count)
        self.count = count  # of each partition
        self._kafka = kafka

    def lasts_until(self, what: str, condition: Callable[[], object]) -> None:
        """Wait for a condition, and go on filling until it holds."""
        wait_for(what, lambda: condition() or self._fill())

    def _fill(self) -> None:
        for partition in range(PARTITIONS):
            self._kafka.fill(self.topic, partition, FILL)
        self.count += FILL


def test_restart_with_a_backlog_skips_nothing_and_repeats_nothing(kafka, group, tmp_path):
    """A1, B8: a clean stop commits all that was done, and the next worker goes on right there."""
    topic = filled(kafka, 20_000)
    plan = {"group": group, "batch_seconds": 0.02, "settings": {"poll_records_max": 500}}
    runs = []
    for enough in (5_000, 15_000):
        with working(kafka, tmp_path, [topic], **plan) as worker:
            wait_for("a part of the backlog", lambda w=worker, n=enough: w.handled() > n)
            assert worker.stop() == 0
            runs.append(worker)
    with working(kafka, tmp_path, [topic], **plan) as worker:
        runs.append(worker)
        wait_for("all", lambda: sum(run.handled() for run in runs) >= 20_000 * PARTITIONS)
        assert worker.stop() == 0
    for partition in range(PARTITIONS):
        parts = [run.offsets(partition) for run in runs]
        assert list(itertools.chain(*parts)) == list(range(20_000))
    assert kafka.committed(group, topic, PARTITIONS) == dict.fromkeys(range(PARTITIONS), 20_000)


def test_kill_loses_nothing_and_repeats_only_what_was_not_committed(kafka, group, tmp_path):
    """A1: after kill -9 each partition goes on exactly at its committed offset."""
    topic = filled(kafka, 10_000)
    plan = {"group": group, "batch_seconds": 0.02}
    plan["settings"] = {"poll_records_max": 200, "session_seconds": 6, "commit_every_seconds": 0.2}
    with working(kafka, tmp_path, [topic], **plan) as first:
        wait_for("commits", lambda: max(kafka.committed(group, topic, PARTITIONS).values()) > 500)
        first.stop(sig=signal.SIGKILL)
        committed = kafka.committed(group, topic, PARTITIONS)
    # Of some partitions nothing may have been committed yet: -1.
    left = sum(10_000 - max(next_offset, 0) for next_offset in committed.values())
    with working(kafka, tmp_path, [topic], **plan) as second:
        wait_for("all", lambda: second.handled() >= left, 60)
        assert second.stop() == 0
    for partition, next_offset in committed.items():
        done = first.offsets(partition)
        assert done == list(range(len(done)))
        assert max(next_offset, 0) <= len(done)
        assert second.offsets(partition) == list(range(max(next_offset, 0), 10_000))


def test_a_second_worker_takes_over_where_the_first_one_stood(kafka, group, tmp_path):
    """A2: at a revoke what is done is committed, so a rebalance repeats nothing."""
    backlog = Backlog(kafka, 3_000)
    topic = backlog.topic
    plan = {"group": group, "batch_seconds": 0.1}
    # Committing is left to the revoke alone: no timer comes to its help.
    plan["settings"] = {"poll_records_max": 100, "commit_every_seconds": 1000}
    with working(kafka, tmp_path, [topic], **plan) as first:
        wait_for("a part of the backlog", lambda: first.handled() > 2_000)
        with working(kafka, tmp_path, [topic], **plan) as second:
            backlog.lasts_until("the second", second.handled)
            total = backlog.count * PARTITIONS
            wait_for("all", lambda: first.handled() + second.handled() >= total, 60)
            assert {note[2] for note in first.notes("drained")} == set(range(PARTITIONS))
            assert second.stop() == 0
        assert first.stop() == 0
    moved = {note[2] for note in second.notes("batch")}
    assert len(moved) == PARTITIONS // 2
    for partition in range(PARTITIONS):
        done = first.offsets(partition) + second.offsets(partition)
        assert done == list(range(backlog.count))


def test_many_rebalances_under_load_do_each_record_once(kafka, group, tmp_path):
    """A1, A2: workers come and go, each in good order; every record is handled exactly once."""
    backlog = Backlog(kafka, 1_000)
    topic = backlog.topic
    plan = {"group": group, "batch_seconds": 0.2}
    plan["settings"] = {"poll_records_max": 60, "commit_every_seconds": 0.5}
    with ExitStack() as running:
        workers = [running.enter_context(working(kafka, tmp_path, [topic], **plan))]
        for _ in range(3):
            backlog.lasts_until("work", workers[-1].handled)
            workers.append(running.enter_context(working(kafka, tmp_path, [topic], **plan)))
            backlog.lasts_until("work of the next", workers[-1].handled)
            assert workers[-2].stop() == 0
        total = backlog.count * PARTITIONS
        wait_for("all", lambda: sum(w.handled() for w in workers) >= total, 60)
        assert workers[-1].stop() == 0
    assert min(worker.handled() for worker in workers) > 0
    for partition in range(PARTITIONS):
        done = sorted(itertools.chain(*(worker.offsets(partition) for worker in workers)))
        assert done == list(range(backlog.count))
    committed = kafka.committed(group, topic, PARTITIONS)
    assert committed == dict.fromkeys(range(PARTITIONS), backlog.count)


def test_markers_and_aborted_records_are_passed_and_committed(kafka, group, tmp_path):
    """A8: holes move the committed offset on, to the very end, and never past what is not done."""
    topic = kafka.make_topic(unique("topic"), 1)
    kafka.run(_transactions(kafka.address, topic))
    end = kafka.log_end(topic, 0)
    assert end == 30 + 6  # three transactions of ten records, and a marker for each; twice
    with working(kafka, tmp_path, [topic], group=group) as worker:
        wait_for("the end", lambda: kafka.committed(group, topic, 1)[0] == end)
        assert worker.stop() == 0
    # Of each pair the first is committed: offsets 0-4 (marker 5), aborted 6-10 (marker 11), ...
    assert worker.offsets(0) == [*range(5), *range(12, 17), *range(24, 29)]


async def _transactions(address: str, topic: str) -> None:
    async with AIOKafkaProducer(
        bootstrap_servers=address, transactional_id=unique("tx")
    ) as producer:
        for _ in range(3):
            for keep in (True, False):
                await producer.begin_transaction()
                await asyncio.gather(
                    *[await producer.send(topic, b"%d" % n, partition=0) for n in range(5)]
                )
                end = producer.commit_transaction if keep else producer.abort_transaction
                await end()


def test_a_slow_partition_holds_up_no_other(kafka, group, tmp_path):
    """B4: 1 of 4 partitions stands for minutes; the others are read to their ends meanwhile."""
    topic = filled(kafka, 5_000)
    plan = {"slow_partition": 2, "slow_seconds": 600, "settings": {"drain_seconds_max": 1}}
    plan["settings"]["poll_records_max"] = 100
    with working(kafka, tmp_path, [topic], group=group, **plan) as worker:
        wait_for("the others", lambda: worker.handled() == 15_000)
        wait_for(
            "their commits",
            lambda: sorted(kafka.committed(group, topic, 4).values()) == [-1, 5_000, 5_000, 5_000],
        )
        assert worker.offsets(2) == []
        assert worker.stop() == 0


def test_a_handler_that_raises_commits_nothing_of_its_batch(kafka, group, tmp_path):
    """A7: the worker ends with one line; the batch is read again, the others are committed."""
    topic = filled(kafka, 3_000)
    # Batches that wait are joined, to 1,300 records at the most: the first one ends below 2,000.
    plan = {"raise_on_partition": 1, "raise_at": 2_000}
    plan["settings"] = {"poll_records_max": 300, "partition_bytes_max": 1_000 * RECORD_BYTES}
    with working(kafka, tmp_path, [topic], group=group, batch_seconds=0.05, **plan) as worker:
        assert worker.ended(30) == 1
        assert worker.lines("CRITICAL") == [
            f"CRITICAL Worker ends: {topic}[1]: handle raised ValueError: bad luck."
        ]
    committed = kafka.committed(group, topic, PARTITIONS)
    assert 0 < committed[1] <= 2_000
    for partition in range(PARTITIONS):
        assert max(committed[partition], 0) == len(worker.offsets(partition))


def test_a_recreated_topic_is_noticed(kafka, group, tmp_path):
    """B7: a state that goes on at 1000 meets a log of 10: that is said, nothing is dropped."""
    topic = filled(kafka, 10, 2)
    plan = {"group": group, "restore_at": 1_000}
    with working(kafka, tmp_path, [topic], **plan) as worker:
        assert worker.ended(30) == 1
        [line] = worker.lines("CRITICAL")
        assert line.endswith(
            "expected offset 1000, the log goes on at 0 and ends at 10: "
            "the topic was deleted and made anew."
        )
    with working(kafka, tmp_path, [topic], **plan, take_jumps=True) as worker:
        wait_for("the commits", lambda: kafka.committed(group, topic, 2) == {0: 10, 1: 10})
        assert sorted(note[2:] for note in worker.notes("jump")) == [[0, 1_000, 0], [1, 1_000, 0]]
        assert worker.offsets(0) == worker.offsets(1) == list(range(10))
        assert worker.stop() == 0


def test_records_deleted_unread_are_noticed(kafka, group, tmp_path):
    """A log that starts above the committed offset has lost records: that is said."""
    topic = filled(kafka, 1_000, 1)
    _read_all(kafka, group, tmp_path, topic, 1_000)
    kafka.fill(topic, 0, 1_000)
    kafka.delete_records(topic, 0, 1_500)
    with working(kafka, tmp_path, [topic], group=group) as worker:
        assert worker.ended(30) == 1
        [line] = worker.lines("CRITICAL")
        assert line.endswith(
            "expected offset 1000, the log starts at 1500: 500 records were deleted unread."
        )


def _read_all(kafka: Kafka, group: str, tmp_path: Path, topic: str, count: int) -> Worker:
    with working(kafka, tmp_path, [topic], group=group) as worker:
        wait_for("all", lambda: worker.handled() == count)
        assert worker.stop() == 0
    return worker
