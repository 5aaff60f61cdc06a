"""A changelog of flushes, each the changed rows and who is gone, gives the table again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codec import decode_rows, encode_rows
from pipeline.header import apply_header, decode_header, encode_header
from pipeline.settings import PipelineSettings
from pipeline.store import RowStore
from pipeline.table import ActivityTable
from schemas.activity import Activity, Kind
from schemas.progress import Progress, SourceProgress
from tests.pipeline.harness import at, replace_position, state
from tests.pipeline.strategies import KINDS, any_settings, examples, histories, logs

WEEK_MS = 7 * 86_400_000

settings_and_logs = any_settings.flatmap(lambda config: st.tuples(st.just(config), logs(config)))
settings_and_histories = st.tuples(
    any_settings, histories(kinds=[*KINDS, *[Kind.FORGET] * 9], customers=3)
)


def flush(table: ActivityTable, kept: dict[str, bytes]) -> None:
    """Apply what has changed since the last flush to what a changelog keeps."""
    kept.update(encode_rows(table, table.store.take_changed()))
    for customer_id in table.store.take_gone():
        kept.pop(customer_id, None)


@examples(60)
@given(st.one_of(settings_and_logs, settings_and_histories), st.data())
def test_flushes_one_after_another_give_the_table(config_and_log, data):
    """Whatever is forgotten or comes back, and wherever the flushes are."""
    config, log = config_and_log
    if all(isinstance(record, Activity) for record in log):
        log = [replace_position(event, n, topic="orders") for n, event in enumerate(log)]
    table, kept = ActivityTable(config), {}
    ends = sorted(data.draw(st.sets(st.integers(1, len(log)), max_size=9)) | {len(log)})
    begin = 0
    for end in ends:
        table.step(log[begin:end], range(begin, end))
        flush(table, kept)
        begin = end
    again = ActivityTable(config)
    assert decode_rows(again, kept) == []
    assert state(again) == state(table)
    assert kept.keys() == state(table).keys()


def restored(table: ActivityTable) -> ActivityTable:
    """Return a new table from what a changelog would keep of this one."""
    again = ActivityTable(table.settings, table.topic, table.partition)
    assert decode_rows(again, encode_rows(table, table.store.everyone())) == []
    apply_header(again, decode_header(encode_header(table, 0)))
    return again


@examples(60)
@given(settings_and_logs, st.data())
def test_restored_wherever_it_is_a_table_is_the_fold_of_the_log(config_and_log, data):
    """To the bit, also in what it remembers of matters that are over, and forgets in time."""
    config, log = config_and_log
    whole, part = ActivityTable(config), ActivityTable(config)
    alerts = whole.step(log, range(len(log))).alerts
    found, begin = [], 0
    for end in [*sorted(data.draw(st.sets(st.integers(1, len(log)), max_size=4))), len(log)]:
        found += part.step(log[begin:end], range(begin, end)).alerts
        part, begin = restored(part), end
    assert found == alerts
    assert encode_rows(part, part.store.everyone()) == encode_rows(whole, whole.store.everyone())
    assert encode_header(part, 0) == encode_header(whole, 0)


def test_what_is_over_is_forgotten_when_the_clock_says_so_and_not_when_a_batch_ends():
    """An order is known for a fortnight after its end; the clock passes that in its third week.

    A word on it that comes late finds it gone from the first tick of that week on, whether the
    log was folded at once, record by record, or by a table restored in between.
    """
    config = PipelineSettings(sources=("orders",), live_clock=False)
    start_ms = 3_000 * WEEK_MS
    placed = Activity("ann", int(Kind.ORDER_PLACED), start_ms, "e0", "orders", 0, 0, item="o")
    back = Activity("ann", int(Kind.ORDER_CANCELLED), start_ms + 1, "e1", "orders", 0, 1, item="o")
    late = Activity("ann", int(Kind.ORDER_PLACED), start_ms, "e2", "orders", 0, 2, item="o")
    tick = Progress([SourceProgress("orders", 0, 1, 2, start_ms + 3 * WEEK_MS)])
    for before_it, orders in ((True, 1), (False, 0)):
        log = [placed, back, tick, late] if before_it else [placed, back, late]
        whole, part = ActivityTable(config), ActivityTable(config)
        whole.step(log, range(len(log)))
        for offset, record in enumerate(log):
            part.step([record], [offset])
            part = restored(part)
        for table in (whole, part):
            assert table.store.read(np.array([1]), "orders") == [orders]


def event(who: str, kind: Kind, number: int) -> Activity:
    return Activity(who, int(kind), at(number), f"e{number}", "orders", 0, number)


def test_who_is_gone_is_told_once():
    table = ActivityTable(PipelineSettings())
    table.step([event("ann", Kind.HINDERED, 1), event("ann", Kind.FORGET, 2)], [0, 1])
    assert table.store.take_gone() == ["ann"]
    assert table.store.take_gone() == []
    assert table.store.take_changed().tolist() == []


def test_who_came_back_before_the_flush_is_not_gone():
    table = ActivityTable(PipelineSettings())
    table.step([event("ann", Kind.HINDERED, 1), event("ann", Kind.FORGET, 2)], [0, 1])
    table.step([event("ann", Kind.HINDERED, 3)], [2])
    assert table.store.take_gone() == []
    assert encode_rows(table, table.store.take_changed()).keys() == {"ann"}


def test_rows_given_back_are_used_again():
    store = RowStore(ActivityTable(PipelineSettings()).store.dtype)
    ann, bob = store.intern(["ann", "bob"]).tolist()
    store.release(store.intern(["ann"]))
    assert store.intern(["cem", "bob", "dan", "cem"]).tolist() == [ann, bob, bob + 1, ann]
    assert len(store) == 3


def test_an_event_without_an_id_is_no_copy():
    """Who is known only by such an event has a row, and not a blank one."""
    table = ActivityTable(PipelineSettings())
    nameless = [
        Activity("ann", int(Kind.HINDERED), at(day), "", "orders", 0, day) for day in (1, 2)
    ]
    assert table.step(nameless, [0, 1]).applied == 2
