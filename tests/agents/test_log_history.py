"""A log as a history: in event time, each event once, numbered as files would number them."""

import msgspec

from agents.offline.log_history import each_once, log_history
from schemas.progress import Progress
from schemas.reset import Reset
from tests.agents.ledger_story import activity


def sent(customer, day, offset, topic="orders", partition=0):
    return msgspec.structs.replace(
        activity(customer, day), topic=topic, partition=partition, offset=offset
    )


ANN, BOB = sent("ann", 0, 7), sent("bob", 1, 8)


def test_a_copy_that_intake_sent_again_is_left_out():
    assert each_once([ANN, BOB, ANN, Progress([]), BOB]) == [ANN, BOB]


def test_what_another_partition_or_source_calls_by_the_same_offset_is_no_copy():
    others = [sent("ann", 2, 7, partition=1), sent("ann", 3, 7, topic="touchpoints")]
    assert each_once([ANN, *others]) == [ANN, *others]


def test_what_a_source_that_was_made_anew_sends_is_no_copy():
    again = sent("ann", 9, 7)
    assert each_once([ANN, Reset("touchpoints"), ANN, Reset("orders"), again]) == [ANN, again]


def test_partitions_are_merged_in_event_time_and_numbered_by_source():
    tickets = [sent("ann", 0.5, 3, topic="support-tickets")]
    found = log_history([BOB, sent("bob", 4, 1, partition=1), ANN, *tickets], ["orders"])
    assert [(a.customer_id, a.topic, a.partition, a.offset) for a in found.activities] == [
        ("ann", "orders", 0, 0),
        ("ann", "support-tickets", 0, 0),
        ("bob", "orders", 0, 1),
        ("bob", "orders", 0, 2),
    ]
    assert found.topics == ("orders", "support-tickets")
