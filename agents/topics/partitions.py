"""The topics as a worker finds them at its start: how many partitions each has.

Asked with the client that the worker reads with, and without naming a topic: a broker that makes
topics by use must not make one because somebody asked whether it is there.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from agents.connection import runtime_settings
from agents.problems import TopicsError
from agents.runtime.connecting import whole
from agents.runtime.errors import BrokerUnreachable
from agents.runtime.worker import quiet_libraries, reach_broker
from agents.settings import Settings
from agents.topics.plans import Rule, TopicPlan, plans


def partitions_of(settings: Settings) -> Mapping[str, int]:
    """Return how many partitions each topic that a worker uses has, by its name without prefix.

    Raises:
        BrokerUnreachable: no broker answers within `kafka.connect_seconds_max`.
        TopicsError: a topic is missing or has a wrong number of partitions; one line for each.
    """
    return _partitions(settings, plans(settings))


def source_partitions(settings: Settings) -> Mapping[str, int]:
    """Return the same of the source topics alone, for who writes into them."""
    return _partitions(settings, [plan for plan in plans(settings) if plan.is_source])


def _partitions(settings: Settings, used: Sequence[TopicPlan]) -> Mapping[str, int]:
    quiet_libraries()
    found = asyncio.run(_all_topics(settings))
    where = settings.kafka.brokers
    lines = [*_missing(used, found, where), *_miscounted(used, found, where)]
    if lines:
        raise TopicsError("\n".join(lines))
    prefix = settings.kafka.prefix
    return {plan.name.removeprefix(prefix): found[plan.name] for plan in used}


async def _all_topics(settings: Settings) -> dict[str, int]:
    runtime = runtime_settings(settings)
    began = time.monotonic()
    await reach_broker(runtime)
    client = AIOKafkaClient(bootstrap_servers=list(runtime.brokers), **runtime.security)
    try:
        await whole(client.bootstrap())
        cluster = await client.fetch_all_metadata()
    except KafkaError as error:
        # It answered a moment ago: gone since, or not itself yet.
        waited = time.monotonic() - began
        raise BrokerUnreachable(runtime.broker_list, waited, str(error)) from error
    finally:
        await client.close()
    return {topic: len(cluster.partitions_for_topic(topic) or ()) for topic in cluster.topics()}


def _missing(used: Sequence[TopicPlan], found: Mapping[str, int], where: str) -> list[str]:
    names = [f"`{plan.name}`" for plan in used if not found.get(plan.name)]
    if not names:
        return []
    if len(names) == 1:
        does, them = f"topic {names[0]} does not exist", "it"
    else:
        does, them = f"topics {', '.join(names)} do not exist", "them"
    return [f"{does} on {where}; create {them}, or run `churnwatch topics create --yes`"]


def _miscounted(used: Sequence[TopicPlan], found: Mapping[str, int], where: str) -> list[str]:
    lines = []
    for plan in used:
        count = found.get(plan.name, 0)
        if not count or plan.partitions.fits(str(count)):
            continue
        is_log = plan.partitions.rule is Rule.EXACTLY
        setting = "topics.log_partitions" if is_log else "topics.alert_partitions"
        wanted = plan.partitions.value
        way_on = (
            f"set {setting} to {count} if it was made so, but never change the partitions of a "
            "log that is in use"
            if is_log
            else f"add partitions, or set {setting} to {count}"
        )
        lines.append(
            f"topic `{plan.name}` on {where} has {count} partition{'s' * (count != 1)}; "
            f"{setting} is {wanted}: {way_on}"
        )
    return lines


async def make_by_use(settings: Settings) -> None:
    """Have the embedded broker make all topics: it does when one is asked for."""
    client = AIOKafkaClient(bootstrap_servers=list(settings.kafka.addresses))
    try:
        await whole(client.bootstrap())
        for plan in plans(settings):
            await client.add_topic(plan.name)
    finally:
        await client.close()
