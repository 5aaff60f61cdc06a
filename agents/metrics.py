"""Every metric of a worker, in one place: prefix `churnwatch_`, base units.

No label ever holds a customer id or free text: topics, partitions, and the closed sets of
reasons, kinds, states and severities only.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY: Final = CollectorRegistry()

INTAKE_RECORDS: Final = Counter(
    "churnwatch_intake_records",
    "Source records read.",
    ["topic"],
    registry=REGISTRY,
)
INTAKE_REJECTED: Final = Counter(
    "churnwatch_intake_rejected",
    "Source records that became dead letters.",
    ["topic", "reason"],
    registry=REGISTRY,
)
INTAKE_ACTIVITIES: Final = Counter(
    "churnwatch_intake_activities",
    "Activities written to the log.",
    ["topic"],
    registry=REGISTRY,
)
INTAKE_WATERMARK: Final = Gauge(
    "churnwatch_intake_watermark_timestamp_seconds",
    "Newest confirmed event time of a source partition.",
    ["topic", "partition"],
    registry=REGISTRY,
)
INTAKE_CAUGHT_UP: Final = Gauge(
    "churnwatch_intake_caught_up",
    "1 if a source partition has been read to its end, else 0.",
    ["topic", "partition"],
    registry=REGISTRY,
)
INTAKE_GAP_SECONDS: Final = Counter(
    "churnwatch_intake_gap_seconds",
    "Event time in which a source partition had no event for longer than its idle_max.",
    ["topic"],
    registry=REGISTRY,
)
INTAKE_HELD: Final = Counter(
    "churnwatch_intake_held_seconds",
    "Time for which a source partition was held back.",
    ["topic", "reason"],
    registry=REGISTRY,
)
DEAD_LETTERS_OMITTED: Final = Counter(
    "churnwatch_dead_letters_omitted",
    "Dead letters whose value was too large to keep.",
    ["topic"],
    registry=REGISTRY,
)

WATCH_RECORDS: Final = Counter(
    "churnwatch_watch_records",
    "Log records folded.",
    registry=REGISTRY,
)
WATCH_DUPLICATES: Final = Counter(
    "churnwatch_watch_duplicates",
    "Activities dropped because they had been folded before.",
    ["by"],
    registry=REGISTRY,
)
WATCH_UNREADABLE: Final = Counter(
    "churnwatch_watch_unreadable",
    "Log records that could not be read.",
    ["reason"],
    registry=REGISTRY,
)
WATCH_REFUSED: Final = Counter(
    "churnwatch_watch_refused",
    "Activities of customers not taken in, the partition being full (retention.customers_max).",
    ["partition"],
    registry=REGISTRY,
)
WATCH_EVICTED: Final = Counter(
    "churnwatch_watch_evicted",
    "Customers untouched for longer than rows are kept (retention.days).",
    registry=REGISTRY,
)
WATCH_STEP_SECONDS: Final = Histogram(
    "churnwatch_watch_step_seconds",
    "Time to fold one batch.",
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
    registry=REGISTRY,
)
WATCH_CUSTOMERS: Final = Gauge(
    "churnwatch_watch_customers",
    "Customers known.",
    ["partition"],
    registry=REGISTRY,
)
WATCH_TABLE_BYTES: Final = Gauge(
    "churnwatch_watch_table_bytes",
    "Memory held by a partition's table.",
    ["partition"],
    registry=REGISTRY,
)
WATCH_NEXT_OFFSET: Final = Gauge(
    "churnwatch_watch_next_offset",
    "Offset of the log up to which a partition is folded.",
    ["partition"],
    registry=REGISTRY,
)
WATCH_CLOCK: Final = Gauge(
    "churnwatch_watch_clock_timestamp_seconds",
    "What time it is for a partition of the log.",
    ["partition"],
    registry=REGISTRY,
)
WATCH_FEED_NEWEST: Final = Gauge(
    "churnwatch_watch_feed_newest_timestamp_seconds",
    "Newest event of the feed that silence is judged by: beyond it silence does not count.",
    ["partition"],
    registry=REGISTRY,
)

FLUSH_SECONDS: Final = Histogram(
    "churnwatch_flush_seconds",
    "Time to write what has changed of a partition, in one transaction.",
    buckets=(0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0),
    registry=REGISTRY,
)
FLUSH_RECORDS: Final = Counter(
    "churnwatch_flush_records",
    "Records written to the changelog and to the alerts.",
    registry=REGISTRY,
)
FLUSH_BYTES: Final = Counter(
    "churnwatch_flush_bytes",
    "Keys and values of those records.",
    registry=REGISTRY,
)
FLUSH_NEXT_OFFSET: Final = Gauge(
    "churnwatch_flush_next_offset",
    "Offset of the log up to which the state of a partition is written.",
    ["partition"],
    registry=REGISTRY,
)
RESTORE_LEFT: Final = Gauge(
    "churnwatch_restore_left_records",
    "Records of the changelog that a restore has yet to read.",
    ["partition"],
    registry=REGISTRY,
)
RESTORE_RECORDS: Final = Counter(
    "churnwatch_restore_records",
    "Records of the changelog read by restores.",
    registry=REGISTRY,
)
RESTORE_UNREADABLE: Final = Counter(
    "churnwatch_restore_unreadable",
    "Records of the changelog that could not be read, and were passed over.",
    ["partition"],
    registry=REGISTRY,
)
RESTORE_SECONDS: Final = Histogram(
    "churnwatch_restore_seconds",
    "Time to restore a partition.",
    buckets=(0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0),
    registry=REGISTRY,
)
LIVES_BROKEN: Final = Counter(
    "churnwatch_watch_lives_broken",
    "Times that a partition started over from what is stored.",
    ["partition", "reason"],
    registry=REGISTRY,
)
LEFT_OUT: Final = Counter(
    "churnwatch_watch_left_out",
    "Records of the log that could not be folded, and became dead letters.",
    ["partition"],
    registry=REGISTRY,
)
RECORDS_LOST: Final = Counter(
    "churnwatch_worker_lost_records",
    "Records that were deleted before they were read, which was accepted.",
    ["topic", "partition"],
    registry=REGISTRY,
)

ALERTS: Final = Counter(
    "churnwatch_alerts",
    "Alerts sent.",
    ["kind", "state", "severity"],
    registry=REGISTRY,
)
ALERTS_CLOSED: Final = Counter(
    "churnwatch_alerts_closed",
    "Alerts whose outcome has become known: of acted on ones model and reaction are mixed.",
    ["kind", "outcome", "acted"],
    registry=REGISTRY,
)
ALERTS_JUDGED: Final = Counter(
    "churnwatch_alerts_judged",
    "Closed alerts that somebody had judged, by feedback.",
    ["kind", "verdict"],
    registry=REGISTRY,
)
ALERTS_HELD_BACK: Final = Counter(
    "churnwatch_alerts_held_back",
    "New alerts beyond the budget of an hour, told in a digest only.",
    ["kind"],
    registry=REGISTRY,
)
ALERTS_MUTED: Final = Counter(
    "churnwatch_alerts_muted",
    "Transitions too old to be sent: they moved the state only.",
    ["kind", "state"],
    registry=REGISTRY,
)
ALERT_DELAY_SECONDS: Final = Histogram(
    "churnwatch_alert_delay_seconds",
    "From what tipped a customer, in event time, to the detection, by the wall clock.",
    buckets=(0.1, 0.3, 1.0, 3.0, 10.0, 60.0, 600.0, 3600.0, 86400.0),
    registry=REGISTRY,
)

WORKER_PARTITIONS: Final = Gauge(
    "churnwatch_worker_partitions",
    "Partitions held, by where they are in their life.",
    ["topic", "phase"],
    registry=REGISTRY,
)
WORKER_LAG: Final = Gauge(
    "churnwatch_worker_lag_records",
    "Records between what is done and the end of a partition.",
    ["topic", "partition"],
    registry=REGISTRY,
)
OF_LOG_PARTITIONS: Final = (
    WATCH_NEXT_OFFSET,
    WATCH_CUSTOMERS,
    WATCH_TABLE_BYTES,
    WATCH_CLOCK,
    WATCH_FEED_NEWEST,
    FLUSH_NEXT_OFFSET,
    RESTORE_LEFT,
)
WORKER_READY: Final = Gauge(
    "churnwatch_worker_ready",
    "1 if all partitions held are running, else 0.",
    registry=REGISTRY,
)
BUILD_INFO: Final = Gauge(
    "churnwatch_build_info",
    "The version that runs, as a label.",
    ["version"],
    registry=REGISTRY,
)
