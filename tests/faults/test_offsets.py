"""The log or a source is not what it was: said in one line with the way on, or gone on with."""

import json

import pytest

from schemas import log
from schemas.activity import Activity
from tests.faults.shop import EVENT_TIME, parts, shop
from tests.faults.state import LOG, assert_tables_are_the_fold, tables
from tests.live.shop_floor import Floor


@pytest.fixture
def floor(kafka, tmp_path):
    return Floor(kafka, tmp_path, {}, EVENT_TIME)


def run(floor, records=(), **settings):
    floor.send(records)
    with floor.worker(**settings) as worker:
        worker.folded()
        assert worker.stop() == 0
        return worker


def made_anew(floor, topic):
    floor.kafka.delete_topic(floor.prefix + topic)
    floor.kafka.make_topic(floor.prefix + topic, floor.partitions[topic])


def last_words(floor):
    with floor.worker() as worker:
        assert worker.ended() == 1
        [line] = worker.last_words()
        return line


def test_a_log_truncated_below_what_was_folded_is_no_loss(floor):
    first, second = parts(shop(customers=40, days=30), 2)
    run(floor, first)
    [(_, next_offset)] = tables(floor)
    floor.kafka.delete_records(floor.prefix + LOG, 0, next_offset)
    run(floor, second)


def test_a_log_truncated_beyond_is_a_loss_that_has_to_be_accepted(floor):
    run(floor, shop(customers=40, days=30))
    [(_, next_offset)] = tables(floor)
    topic = floor.prefix + LOG
    floor.kafka.fill(topic, 0, 100)
    floor.kafka.delete_records(topic, 0, next_offset + 60)
    lost = next_offset + 60 - next_offset
    line = last_words(floor)
    assert f"{topic}[0]: the state goes on at offset {next_offset}, the log starts at" in line
    assert f"{lost} records were deleted unread; set kafka.accept_loss" in line
    floor.send([])
    with floor.worker(kafka={"accept_loss": True}) as worker:
        worker.folded()
        assert sum(worker.metric("churnwatch_worker_lost_records_total")) == lost
        assert worker.stop() == 0


def test_a_log_made_anew_is_folded_after_a_rebuild(floor):
    first, second = parts(shop(customers=40, days=30), 2)
    run(floor, first)
    made_anew(floor, LOG)
    line = last_words(floor)
    assert "the topic was deleted and made anew; run `churnwatch rebuild`" in line
    assert floor.churnwatch("rebuild", "--yes").returncode == 0
    run(floor, second)
    assert_tables_are_the_fold(floor)


def test_a_source_made_anew_is_read_after_it_was_reset(floor):
    """Its offsets begin again: without the reset, all it holds would pass for copies."""
    *most, rest = parts(shop(customers=40, days=30), 5)
    first, second = [each for part in most for each in part], rest
    run(floor, first)
    made_anew(floor, "orders")
    floor.send(second)
    line = last_words(floor)
    assert f"{floor.prefix}orders[0]: " in line
    assert "run `churnwatch topics reset-source orders`" in line
    asked = floor.churnwatch("topics", "reset-source", "orders")
    assert asked.returncode == 0
    assert "goes on at 0" in asked.stdout
    done = floor.churnwatch("topics", "reset-source", "orders", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    worker = run(floor)
    assert "Worker stopped." in worker.said.read_text()
    wanted = {json.loads(each.value)["event_id"] for each in (*first, *second)}
    assert applied(floor) == wanted
    assert_tables_are_the_fold(floor)


def applied(floor):
    """Return the event ids in the log."""
    found = [log.decode(record.value) for record in floor.records(LOG)]
    return {each.event_id for each in found if isinstance(each, Activity)}


def test_resetting_no_source_or_beside_a_worker_is_refused(floor):
    refused = floor.churnwatch("topics", "reset-source", "returns", "--yes")
    assert refused.returncode == 2
    assert "returns is no source; the settings name orders, support-tickets, touchpoints" in (
        refused.stderr
    )
    with floor.worker() as worker:
        worker.wait("its partitions", lambda: floor.held_by(worker))
        busy = floor.churnwatch("topics", "reset-source", "orders", "--yes")
        assert busy.returncode == 1
        assert "stop all workers" in busy.stderr
        assert worker.stop() == 0
