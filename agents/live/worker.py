"""A worker: intake of every source and watch of the log, in one process and one consumer group."""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from agents import live_settings, metrics
from agents.live.alignment import Alignment
from agents.live.dead_letters import ROOM_BYTES
from agents.live.intake import Intake, Outlets
from agents.live.server import Server
from agents.live.ticker import Ticker
from agents.live.watch import Watch
from agents.runtime.app import WorkerApp, make_app
from agents.runtime.batch import AgentSpec
from agents.runtime.partitions import Phase
from agents.runtime.produce import Outbox, SendSettings
from agents.runtime.settings import RuntimeSettings
from agents.runtime.worker import quiet_libraries, run
from agents.settings import Settings
from agents.sources import SOURCES

log = logging.getLogger("churnwatch")


@dataclass(slots=True)
class Parts:
    """What a worker is made of."""

    app: WorkerApp
    server: Server
    resources: list[AbstractAsyncContextManager[Any]]


def run_worker(
    settings: Settings,
    partitions: Mapping[str, int],
    on_ready: Callable[[Parts], None] | None = None,
) -> int:
    """Run a worker until a signal or a fault ends it; return the exit code.

    Args:
        settings: all of them.
        partitions: how many each topic has, by its name here, as `topics.partitions_of` says.
        on_ready: called once it has joined its group.
    """
    quiet_libraries()
    metrics.BUILD_INFO.labels(version("churnwatch")).set(1)
    parts = assemble(settings, partitions)

    def ready() -> None:
        if parts.server.address:
            log.info("Metrics are at %s/metrics.", parts.server.address)
        if on_ready is not None:
            on_ready(parts)

    return run(parts.app, resources=parts.resources, on_ready=ready)


def assemble(settings: Settings, partitions: Mapping[str, int]) -> Parts:
    """Put a worker together; nothing is started."""
    kafka, core = settings.kafka, settings.pipeline()
    alignment = Alignment(settings.intake)
    outlets = Outlets(
        log=kafka.topic(live_settings.LOG),
        log_partitions=partitions[live_settings.LOG],
        dead_letters=kafka.topic(live_settings.DEAD_LETTERS),
        dead_letter_partitions=partitions[live_settings.DEAD_LETTERS],
        dead_letter_bytes_max=settings.topics.source_bytes_max + ROOM_BYTES,
    )
    outbox = Outbox(
        SendSettings(
            brokers=kafka.addresses,
            compression=kafka.compression or None,
            record_bytes_max={outlets.dead_letters: outlets.dead_letter_bytes_max},
        )
    )
    intakes = {
        kafka.topic(source.topic): Intake(
            source,
            partitions[source.topic],
            core.feed(source.topic),
            outlets,
            outbox,
            alignment,
            settings.intake,
        )
        for source in SOURCES
        if source.topic in settings.sources
    }
    alerts = kafka.topic(live_settings.ALERTS)
    watch = Watch(
        core, settings.alerts, outbox, alignment, alerts, partitions[live_settings.ALERTS]
    )
    app = make_app(_runtime(settings), [*_specs(intakes), _watching(watch, outlets.log)])
    for intake in intakes.values():
        intake.app = app
    ticker = Ticker(
        app, intakes, watch, outlets.log, outbox, alignment, settings.intake.tick_seconds
    )
    server = Server(settings.server, lambda: _not_ready(app))
    return Parts(app, server, [outbox, server, ticker])


def _runtime(settings: Settings) -> RuntimeSettings:
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


def _specs(intakes: Mapping[str, Intake]) -> list[AgentSpec]:
    return [
        AgentSpec(
            name=f"intake-{intake.source.topic}",
            topic=topic,
            handle=intake.handle,
            restore=intake.restore,
            drain=intake.drain,
        )
        for topic, intake in intakes.items()
    ]


def _watching(watch: Watch, topic: str) -> AgentSpec:
    return AgentSpec(
        name="watch", topic=topic, handle=watch.handle, restore=watch.restore, drain=watch.drain
    )


def _not_ready(app: WorkerApp) -> str:
    """Return why a worker is not ready; a worker with no partitions is."""
    if app.failure is not None:
        return "ending"
    phases = app.partitions.phases()
    waiting = sorted(
        f"{tp.topic}/{tp.partition}" for tp, p in phases.items() if p is not Phase.RUNNING
    )
    return f"not running yet: {', '.join(waiting)}" if waiting else ""
