"""Files become one history: in event time; of one time, by source, then file, then line."""

import pytest

from agents.files.blocks import FileError
from agents.offline.history import read_history
from agents.offline.intake_replay import Intake
from agents.sources import ORDERS, TICKETS, TOUCHPOINTS
from pipeline.settings import PipelineSettings
from pipeline.units import DAY_MS
from schemas.activity import Activity
from schemas.progress import Progress
from tests.agents.timeline import START_MS, order, regulars, ticket, write_lines

LATEST_MS = START_MS + 10_000 * DAY_MS


def history(tmp_path, first=(), second=(), tickets=()):
    files = {
        ORDERS: [
            write_lines(tmp_path / "1.jsonl", first),
            write_lines(tmp_path / "2.jsonl", second),
        ],
        TICKETS: [write_lines(tmp_path / "t.jsonl", tickets)],
    }
    return read_history(files, LATEST_MS)


def log_of(history, size, **fields):
    intake = Intake(history, PipelineSettings(**fields))
    return [record for batch in intake.batches(size) for record in batch]


def test_of_one_time_the_order_is_that_of_sources_files_and_lines(tmp_path):
    merged = history(
        tmp_path,
        [order("d", 2), order("b", 1), order("c", 1)],
        [order("e", 1), order("a", 0)],
        [ticket("f", 1), ticket("g", 0)],
    )
    assert "".join(a.customer_id for a in merged.activities) == "agbcefd"
    assert merged.topics == ("orders", "support-tickets")


def test_offsets_are_ranks_within_the_source(tmp_path):
    merged = history(tmp_path, [order("c", 2), order("b", 1)], [order("a", 0)], [ticket("t", 1)])
    places = [(a.customer_id, a.topic, a.offset) for a in merged.activities]
    assert places == [
        ("a", "orders", 0),
        ("b", "orders", 1),
        ("t", "support-tickets", 0),
        ("c", "orders", 2),
    ]


def test_a_missing_file_is_told_before_any_is_read(tmp_path):
    read = []
    files = {
        ORDERS: [write_lines(tmp_path / "1.jsonl", [order("a", 0)])],
        TOUCHPOINTS: [tmp_path / "none.jsonl"],
    }
    with pytest.raises(FileError, match=r"none\.jsonl"):
        read_history(files, LATEST_MS, advance=read.append)
    assert read == []


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_gap_is_reported_before_the_first_activity_after_it(tmp_path, size):
    """Nothing from day 1 to day 6, and 48 hours are allowed: a report must come first."""
    log = log_of(history(tmp_path, regulars(0, 1, 6, 7)), size)
    gaps = [
        (place, gap)
        for place, record in enumerate(log)
        if isinstance(record, Progress)
        for source in record.sources
        for gap in source.gaps
        if gap[0] > 0  # before its first event a source has not been heard of
    ]
    after = [p for p, r in enumerate(log) if isinstance(r, Activity) and r.occurred_at >= day(6)]
    assert [gap for _, gap in gaps] == [(day(1 + 2 / 12), day(6))]
    # Two other customers have to confirm a jump in time, so the third activity is the proof.
    assert gaps[0][0] < after[2]


def test_every_batch_ends_with_a_report_on_every_source(tmp_path):
    """Of five activities each: the ticket is the first's; three orders are of each day."""
    days = history(tmp_path, regulars(*range(4)), tickets=[ticket("t", 0)])
    ends = [batch[-1].sources for batch in Intake(days, PipelineSettings()).batches(5)]
    assert [orders.next_offset for orders, _, _ in ends] == [4, 9, 12]
    assert [tickets.next_offset for _, tickets, _ in ends] == [1, 1, 1]


def test_the_clock_does_not_wait_for_a_source_that_has_no_more_to_say(tmp_path):
    """Orders go on until day 9; the only ticket was of day 0, and touchpoints there are none."""
    log = log_of(history(tmp_path, regulars(*range(10)), tickets=[ticket("t", 0)]), 6)
    last_ms = day(9 + 2 / 12)
    orders, tickets, touchpoints = log[-1].sources
    assert (orders.watermark, tickets.watermark, touchpoints.watermark) == (last_ms, day(0), 0)
    assert [s.live_at for s in (orders, tickets, touchpoints)] == [last_ms] * 3
    first = next(record for record in log if isinstance(record, Progress))
    assert first.sources[0].live_at == 0


def day(number):
    return START_MS + round(number * DAY_MS)
