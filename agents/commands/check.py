"""`churnwatch check`: connection and topics, each in a line."""

from collections.abc import Iterator

from agents.commands.topics import told
from agents.problems import Failure, TopicsError
from agents.settings import Settings
from agents.topics.admin import TopicAdmin
from agents.topics.partitions import partitions_of
from agents.topics.plans import differences, plans


def check(settings: Settings) -> Iterator[str]:
    """Yield what is found, step by step.

    Raises:
        BrokerUnreachable: no broker answers.
        TopicsError: a worker could not start, for what is wrong with topics.
        Failure: it could, and yet topics are not as they must be.
    """
    wanted = plans(settings)
    with TopicAdmin(settings.kafka) as admin:
        brokers = admin.brokers()
        yield f"broker      {settings.kafka.brokers} answers; brokers in the cluster: {brokers}"
        found = admin.find(plan.name for plan in wanted)
    wrong = [each for plan in wanted for each in differences(plan, found.get(plan.name))]
    yield f"topics      {len(found)} of {len(wanted)} are there"
    yield from told(wrong)
    try:
        counts = partitions_of(settings)
    except TopicsError:
        yield "partitions  a worker cannot start with these"
        raise
    yield "partitions  " + ", ".join(f"{topic} {count}" for topic, count in counts.items())
    if wrong:
        some = "1 thing is" if len(wrong) == 1 else f"{len(wrong)} things are"
        raise Failure(f"{some} not as the settings say (above)")
