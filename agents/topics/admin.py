"""The topics of a cluster, seen and made with kafka-python."""

import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Final, Self

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, KafkaTimeoutError

from agents.live_settings import KafkaSettings
from agents.problems import TopicsError
from agents.runtime.errors import AgentError, BrokerUnreachable
from agents.topics.plans import Found, TopicPlan

CONNECT_SECONDS_MAX: Final = 10.0  # somebody waits at a terminal


class AdminFailed(AgentError):  # noqa: N818 - as the others of its tree
    """The cluster refuses what it is asked."""


class TopicAdmin:
    """A connection to a cluster, for its topics only."""

    def __init__(self, settings: KafkaSettings) -> None:
        """Connect.

        Raises:
            BrokerUnreachable: no broker answers.
        """
        logging.getLogger("kafka").setLevel(logging.CRITICAL + 1)
        self._where = settings.brokers
        seconds = min(settings.connect_seconds_max, CONNECT_SECONDS_MAX)
        began = time.monotonic()
        try:
            self._admin = KafkaAdminClient(
                client_id="churnwatch",
                bootstrap_servers=list(settings.addresses),
                bootstrap_timeout_ms=round(1000 * seconds),
            )
        except (KafkaError, OSError) as error:
            waited = time.monotonic() - began
            raise BrokerUnreachable(self._where, waited, _brief(error)) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._admin.close()

    def brokers(self) -> int:
        """Return how many brokers the cluster has."""
        with _asking(self._where):
            return len(self._admin.describe_cluster()["brokers"])

    def find(self, names: Iterable[str]) -> dict[str, Found]:
        """Return those of the topics that are there, as they are."""
        wanted = set(names)
        # All topics are listed: naming one could make it, on a broker that makes topics by use.
        with _asking(self._where):
            there = {topic["name"]: topic for topic in self._admin.describe_topics()}
            there = {name: there[name] for name in sorted(wanted & there.keys())}
            configs = self._configs(list(there))
        return {name: _found(topic, configs[name]) for name, topic in there.items()}

    def create(self, plans: Sequence[TopicPlan]) -> None:
        """Create topics, and return when each partition has a leader.

        Raises:
            TopicsError: the cluster refuses one; one line for each.
        """
        asked = {
            plan.name: {
                "num_partitions": int(plan.partitions.value),
                "replication_factor": int(plan.replication.value),
                "configs": {key: wanted.value for key, wanted in plan.configs.items()},
            }
            for plan in plans
        }
        with _asking(self._where):
            answer = self._admin.create_topics(asked, raise_errors=False)
        refused = [
            f"topic `{topic['name']}` cannot be created on {self._where}: "
            f"{topic.get('error_message') or topic['error_code']}"
            for topic in answer["topics"]
            if topic["error_code"]
        ]
        if refused:
            raise TopicsError("\n".join(refused))
        try:
            self._admin.wait_for_topics(list(asked))
        except KafkaTimeoutError as error:
            raise TopicsError(f"topics are created and have no leader yet: {error}") from None

    def delete(self, names: Sequence[str], group: str) -> None:
        """Delete topics and a group, as far as they are there."""
        with suppress(KafkaError):  # nobody had joined the group
            self._admin.delete_groups([group])
        with _asking(self._where):
            self._admin.delete_topics(list(names), raise_errors=False)

    def _configs(self, names: Sequence[str]) -> dict[str, dict[str, str | None]]:
        if not names:
            return {}
        asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        answer = self._admin.describe_configs(asked, config_filter="all")
        return {
            name: {key: config["value"] for key, config in configs.items()}
            for name, configs in answer["topic"].items()
        }


@contextmanager
def _asking(where: str) -> Iterator[None]:
    try:
        yield
    except KafkaError as error:
        raise AdminFailed(f"{where} does not answer as it should: {error}") from None


def _found(topic: dict[str, Any], configs: dict[str, str | None]) -> Found:
    partitions = topic["partitions"]
    copies = min((len(partition["replica_nodes"]) for partition in partitions), default=0)
    return Found(len(partitions), copies, configs)


def _brief(error: BaseException) -> str:
    return str(error).removeprefix(f"{type(error).__name__}: ")
