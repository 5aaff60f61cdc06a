"""`churnwatch topics`: what every topic must be, what it is, and the making of those missing."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from agents.commands.columns import columns
from agents.problems import TopicsError
from agents.settings import Settings
from agents.topics.admin import TopicAdmin
from agents.topics.plans import Difference, TopicPlan, Wanted, differences, plans

_REMEDY: Final = (
    "Nothing that is there is altered by churnwatch. Alter it with the tools of your cluster "
    "(kafka-configs, kafka-topics), or set `topics` in the settings to what is there."
)


def create(
    settings: Settings, replication: int | None, *, apply: bool
) -> tuple[list[str], list[Difference]]:
    """Create the topics that are missing, or tell which would be.

    Args:
        settings: all of them.
        replication: instead of `topics.replication_factor`.
        apply: create them; without, nothing is done.

    Returns:
        Lines to print, and what is wrong with topics that are there.

    Raises:
        BrokerUnreachable: no broker answers.
        TopicsError: more copies are wanted than there are brokers, or the cluster refuses.
    """
    wanted = plans(settings, replication)
    with TopicAdmin(settings.kafka) as admin:
        found = admin.find(plan.name for plan in wanted)
        missing = [plan for plan in wanted if plan.name not in found]
        if missing:
            _check_copies(missing, admin.brokers(), settings.kafka.brokers, replication)
        if apply and missing:
            admin.create(missing)
    wrong = [
        each
        for plan in wanted
        if plan.name in found
        for each in differences(plan, found[plan.name])
    ]
    return list(_created(missing, found, settings.kafka.brokers, apply=apply)), wrong


def check(settings: Settings, replication: int | None = None) -> list[Difference]:
    """Return in what the topics differ from what they must be."""
    wanted = plans(settings, replication)
    with TopicAdmin(settings.kafka) as admin:
        found = admin.find(plan.name for plan in wanted)
    return [each for plan in wanted for each in differences(plan, found.get(plan.name))]


def describe(settings: Settings) -> Iterator[str]:
    """Yield every topic as it is, beside what it must be."""
    wanted = plans(settings)
    with TopicAdmin(settings.kafka) as admin:
        found = admin.find(plan.name for plan in wanted)
    for plan in wanted:
        topic = found.get(plan.name)
        yield f"{plan.name}{'' if topic else '  (missing)'}"
        known = {} if topic is None else topic.configs
        counts = (0, 0) if topic is None else (topic.partitions, topic.replication)
        rows = [
            ("partitions", str(counts[0] or "-"), _must(plan.partitions)),
            ("replication factor", str(counts[1] or "-"), _must(plan.replication)),
            *((key, known.get(key) or "-", _must(wants)) for key, wants in plan.configs.items()),
        ]
        yield from columns(rows, "  ")


def told(wrong: Sequence[Difference]) -> Iterator[str]:
    """Yield differences as a table, and what to do."""
    if not wrong:
        return
    head = Difference("topic", "what", "wanted", "found")
    yield from columns(
        [(each.topic, each.what, each.wanted, each.found) for each in (head, *wrong)]
    )
    if any(each.what == "topic" for each in wrong):
        yield "Make what is missing: churnwatch topics create --yes"
    if any(each.what != "topic" for each in wrong):
        yield _REMEDY


def _must(wanted: Wanted) -> str:
    return f"must be {wanted}" if wanted.rule != "any" else f"yours (made with {wanted.value})"


def _created(
    missing: Sequence[TopicPlan], there: Iterable[str], where: str, *, apply: bool
) -> Iterator[str]:
    if not missing:
        yield f"All {len(list(there))} topics are there on {where}; nothing to create."
        return
    yield f"{'Created' if apply else 'Would create'} on {where}:"
    rows = [
        (
            plan.name,
            f"{plan.partitions.value} partitions",
            f"{plan.replication.value} copies",
            " ".join(f"{key}={wanted.value}" for key, wanted in plan.configs.items()),
        )
        for plan in missing
    ]
    yield from columns(rows, "  ")
    if not apply:
        yield "Nothing was done: a dry run. Create them with --yes."


def _check_copies(
    missing: Sequence[TopicPlan], brokers: int, where: str, given: int | None
) -> None:
    copies = max(int(plan.replication.value) for plan in missing)
    if copies <= brokers:
        return
    name = "--replication-factor" if given else "topics.replication_factor"
    are = "is 1 broker" if brokers == 1 else f"are {brokers} brokers"
    raise TopicsError(
        f"{name} is {copies}, and there {are} at {where}; wants at most {brokers}: "
        f"set topics.replication_factor, or give --replication-factor {brokers}"
    )
