"""What is stored of a pipeline, held against the fold of its log, and the alerts that were sent."""

import json
from pathlib import Path

from agents.settings import Settings, load_settings
from pipeline.table import ActivityTable
from schemas import log
from schemas.rejection import Rejection
from tests.faults.chaos import verify
from tests.faults.chaos.changelog import Kept, kept, read_table
from tests.live.shop_floor import Floor

LOG, CHANGELOG = "customer-activity", "customers-changelog"


def settings_of(floor: Floor) -> Settings:
    """Return the settings of a floor's workers, as far as they matter to a fold."""
    path = Path(floor.folder) / "core.yaml"
    path.write_text(json.dumps(floor.settings))
    return load_settings(path)


def stored(floor: Floor) -> list[dict[bytes, bytes]]:
    """Return what a read_committed reader finds in the changelog, by partition and key."""
    found: list[dict[bytes, bytes]] = [{} for _ in range(floor.partitions[CHANGELOG])]
    for record in floor.records(CHANGELOG):
        if record.value is None:
            found[record.partition].pop(record.key, None)
        else:
            found[record.partition][record.key] = record.value
    return found


def tables(floor: Floor) -> list[tuple[ActivityTable, int]]:
    """Return the tables as stored, each with the offset at which it goes on."""
    core, topic = settings_of(floor).pipeline(), floor.prefix + LOG
    read = [read_table(core, topic, p, compacted) for p, compacted in enumerate(stored(floor))]
    assert all(read), "every partition has a header"
    return [each for each in read if each is not None]


def assert_state_is_the_fold(floor: Floor, left_out: frozenset[tuple[int, int]] = frozenset()):
    """Row for row; and each alert of that fold was sent once.

    Args:
        floor: whose workers have stopped.
        left_out: (partition, offset) of records that are not to be folded.
    """
    alerts = assert_tables_are_the_fold(floor, left_out)
    differences = list(verify.alert_differences(floor.alerts(), alerts))
    assert not differences, differences[:5]


def assert_tables_are_the_fold(floor: Floor, left_out: frozenset[tuple[int, int]] = frozenset()):
    """Row for row; return the alerts of the fold."""
    core = settings_of(floor).pipeline()
    everything, alerts, differences = floor.records(LOG), [], []
    for partition, (table, next_offset) in enumerate(tables(floor)):
        folded = ActivityTable(core, table.topic, partition)
        own = [
            (value, record.offset)
            for record in everything
            if record.partition == partition and record.offset < next_offset
            if (partition, record.offset) not in left_out
            if not isinstance(value := log.decode(record.value), Rejection)
        ]
        outcome = folded.step([value for value, _ in own], [offset for _, offset in own])
        alerts += outcome.alerts
        found, expected = kept(table, next_offset), kept(folded, next_offset)
        assert isinstance(found, Kept)
        differences += verify.table_differences(partition, found, expected)
    assert not differences, differences[:5]
    return alerts
