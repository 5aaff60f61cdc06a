"""From settings to what the runtime needs: how to reach Kafka, and how to send."""

from agents.live.dead_letters import ROOM_BYTES
from agents.live_settings import DEAD_LETTERS
from agents.runtime.produce import SendSettings
from agents.runtime.settings import RuntimeSettings
from agents.settings import Settings


def runtime_settings(settings: Settings) -> RuntimeSettings:
    """Return the options of a worker, or of whoever reads beside it."""
    kafka = settings.kafka
    return RuntimeSettings(
        group=kafka.group,
        brokers=kafka.addresses,
        instance_id=kafka.instance_id or None,
        check_crcs=kafka.check_crcs,
        session_seconds=kafka.session_seconds,
        connect_seconds_max=kafka.connect_seconds_max,
        broker_away_seconds_max=kafka.broker_away_seconds_max,
        stop_seconds_max=kafka.stop_seconds_max,
    )


def send_settings(settings: Settings) -> SendSettings:
    """Return the options of a producer."""
    kafka = settings.kafka
    dead_letters_bytes_max = settings.topics.source_bytes_max + ROOM_BYTES
    return SendSettings(
        brokers=kafka.addresses,
        compression=kafka.compression or None,
        record_bytes_max={kafka.topic(DEAD_LETTERS): dead_letters_bytes_max},
        delivery_seconds_max=kafka.broker_away_seconds_max,
    )


def transactional_id(settings: Settings, partition: int) -> str:
    """Return the id under which a partition of the log writes its state."""
    return f"{settings.kafka.group}-{partition}"
