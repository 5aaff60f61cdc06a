"""What the demo runs beside itself: a broker, a worker, and the shop. All of it ends with it."""

import asyncio
import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import agents
from agents.broker import probe
from agents.broker.base import Broker, BrokerError
from agents.broker.choose import local_broker, why_not_kafka
from agents.broker.embedded import EmbeddedBroker
from agents.broker.process import GuardedProcess
from agents.live_settings import KafkaSettings, ServerSettings, TopicSettings
from agents.problems import Failure, UserError
from agents.settings import Settings, as_yaml, load_settings
from agents.shop.settings import ShopSettings
from agents.topics.admin import TopicAdmin
from agents.topics.partitions import make_by_use
from agents.topics.plans import plans
from pipeline.errors import SettingError

PACE: Final = 3600.0  # an hour of the shop in a second: an alarm every few seconds
PARTITIONS: Final = 4  # as many as the embedded broker gives
# The order model was fitted to another such shop (seed 99), not to the one that is shown. The shop
# lives faster than the wall clock, so the time is that of its records, dated ahead of it.
SETTINGS: Final = """\
order_model: {r: 3.8, alpha_days: 39, a: 1.3, b: 58}
inactivity: {horizon_days: 30, floor_prior_gap_days: 20}
neglect: {days: 0}
clock: event
intake: {future_seconds_max: 3.0e+9}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A broker to use."""

    address: str
    words: str  # which one, and its limits
    is_own: bool
    is_embedded: bool = False


@contextmanager
def broker_of(choice: str | None) -> Iterator[Place]:
    """Start a broker, or take the one given as HOST:PORT."""
    if choice is not None and choice not in ("kafka", "embedded"):
        try:
            KafkaSettings(brokers=choice)
        except SettingError:
            raise UserError(f"--broker is {choice!r}; wants HOST:PORT, kafka or embedded") from None
        yield Place(choice, f"the one at {choice}", is_own=False)
        return
    try:
        with _local(choice) as broker:
            embedded = isinstance(broker, EmbeddedBroker)
            name = "embedded" if embedded else "Apache Kafka"
            lacking = why_not_kafka() if embedded and choice is None else None
            because = f", as {lacking}" if lacking else ""
            words = f"{name} at {broker.bootstrap}{because} ({broker.limits})"
            yield Place(broker.bootstrap, words, is_own=True, is_embedded=embedded)
    except BrokerError as error:
        raise Failure(str(error)) from None


def _local(choice: str | None) -> Broker:
    if choice == "embedded" or (choice is None and why_not_kafka() is not None):
        return EmbeddedBroker()
    return local_broker("kafka")


@contextmanager
def workplace(place: Place) -> Iterator[tuple[Path, Settings]]:
    """Give a folder with a settings file in it, with topics made; both are gone in the end."""
    with tempfile.TemporaryDirectory(prefix="churnwatch-demo-") as name:
        folder = Path(name)
        settings = _settings(place, folder)
        if place.is_embedded:
            asyncio.run(make_by_use(settings))
            yield folder, settings
            return
        with TopicAdmin(settings.kafka) as admin:
            copies = min(3, admin.brokers())
            settings = _saved(settings, folder, replication_factor=copies)
        made = plans(settings)
        try:
            with TopicAdmin(settings.kafka) as admin:
                admin.create(made)
            yield folder, settings
        finally:
            if not place.is_own:
                with TopicAdmin(settings.kafka) as admin:
                    admin.delete([plan.name for plan in made], settings.kafka.group)


def _settings(place: Place, folder: Path) -> Settings:
    path = folder / "shop.yaml"
    path.write_text(SETTINGS, encoding="utf-8")
    [port] = probe.free_ports(1)
    settings = load_settings(path).model_copy(
        update={
            "kafka": KafkaSettings(
                brokers=place.address,
                # In a cluster of somebody's the demo has topics of its own, and deletes them.
                prefix="" if place.is_own else f"demo-{uuid.uuid4().hex[:6]}-",
                check_crcs=not place.is_embedded,
                connect_seconds_max=15.0,
                stop_seconds_max=10.0,
            ),
            "server": ServerSettings(port=port),
        }
    )
    return _saved(settings, folder, replication_factor=1)


def _saved(settings: Settings, folder: Path, replication_factor: int) -> Settings:
    topics = TopicSettings(
        source_partitions=PARTITIONS,
        log_partitions=PARTITIONS,
        alert_partitions=PARTITIONS,
        replication_factor=replication_factor,
    )
    settings = settings.model_copy(update={"topics": topics})
    (folder / "churnwatch.yaml").write_text(as_yaml(settings), encoding="utf-8")
    return settings


@contextmanager
def process(folder: Path, name: str, *arguments: str) -> Iterator[GuardedProcess]:
    """Run a `churnwatch` of its own, its lines in a file of the folder; stopped in the end."""
    # Wherever the demo was started: the packages that it is made of come first.
    own, others = str(Path(agents.__file__).parents[1]), os.environ.get("PYTHONPATH")
    path = os.pathsep.join([own, others] if others else [own])
    command = ["/usr/bin/env", f"PYTHONPATH={path}", sys.executable]
    settings = str(folder / "churnwatch.yaml")
    running = GuardedProcess(
        [*command, "-m", "agents", *arguments, "--settings", settings], folder / f"{name}.log"
    )
    try:
        yield running
    finally:
        running.stop()


def shop_arguments(shop: ShopSettings) -> list[str]:
    """Return the arguments that feed this shop to Kafka: its history, then live."""
    return [
        *("simulate", "--to-kafka", "--live", "--pace", f"{PACE:g}"),
        *("--seed", str(shop.seed), "--customers", str(shop.customers), "--days", f"{shop.days:g}"),
    ]


def last_words(folder: Path, name: str) -> str:
    """Return the last line that a process of the demo wrote."""
    lines = (folder / f"{name}.log").read_text("utf-8", "replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "it said nothing")
