"""A changelog of flushes, each the changed rows and who is gone, gives the table again."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.codec import decode_rows, encode_rows
from pipeline.settings import PipelineSettings
from pipeline.store import RowStore
from pipeline.table import ActivityTable
from schemas.activity import Activity, Kind
from tests.pipeline.harness import at, replace_position, state
from tests.pipeline.strategies import KINDS, any_settings, examples, histories, logs

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
