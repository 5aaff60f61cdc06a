"""Which local broker: the real Kafka if this machine can run it, else the embedded one."""

import logging
import shutil
from typing import Literal

from agents.broker import jars
from agents.broker.base import Broker, BrokerError
from agents.broker.embedded import EmbeddedBroker
from agents.broker.kafka import KafkaBroker

log = logging.getLogger(__name__)

Kind = Literal["kafka", "embedded"]


def local_broker(kind: Kind | None = None) -> Broker:
    """Return a broker to be started with `with`.

    Args:
        kind: which one; None takes Kafka where Java and Maven (or jars fetched before)
            are there, and says in the log why it does not.
    """
    if kind == "embedded":
        return EmbeddedBroker()
    lacking = why_not_kafka()
    if lacking is None:
        return KafkaBroker()
    if kind == "kafka":
        raise BrokerError(lacking)
    log.warning(
        "Embedded broker instead of Kafka: %s. Its limits: %s.", lacking, EmbeddedBroker.limits
    )
    return EmbeddedBroker()


def why_not_kafka() -> str | None:
    """Return in one line what a local Kafka lacks on this machine; None if nothing."""
    try:
        jars.java()
        fetched = jars.kafka_folder().is_dir()
    except BrokerError as error:
        return str(error)
    if not fetched and shutil.which("mvn") is None:
        return "mvn is not on the PATH; Maven fetches Kafka's jars once"
    return None
