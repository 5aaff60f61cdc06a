"""A worker: intake of every source and watch of the log, in one process and one consumer group."""

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any, Final

from agents import live_settings, metrics
from agents.connection import runtime_settings, send_settings, transactional_id
from agents.live.alignment import Alignment
from agents.live.dead_letters import ROOM_BYTES, DeadLetters
from agents.live.intake import Intake, Outlets
from agents.live.server import Server
from agents.live.shard import ShardOutlets
from agents.live.ticker import Ticker
from agents.live.watch import Watch, WatchSettings
from agents.runtime.app import WorkerApp, make_app
from agents.runtime.batch import AgentSpec
from agents.runtime.life import Phase
from agents.runtime.produce import Outbox
from agents.runtime.watchdog import Check, too_long
from agents.runtime.worker import quiet_libraries, run
from agents.settings import Settings
from agents.sources import SOURCES

log = logging.getLogger("churnwatch")

BROKER_AWAY_SECONDS: Final = 15.0  # from then on a worker is not ready; it is asked every five


@dataclass(slots=True)
class Parts:
    """What a worker is made of."""

    app: WorkerApp
    server: Server
    resources: list[AbstractAsyncContextManager[Any]]
    checks: list[Check]


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

    return run(parts.app, resources=parts.resources, checks=parts.checks, on_ready=ready)


def assemble(settings: Settings, partitions: Mapping[str, int]) -> Parts:
    """Put a worker together; nothing is started."""
    kafka, core = settings.kafka, settings.pipeline()
    alignment = Alignment(settings.intake)
    outlets = Outlets(
        log=kafka.topic(live_settings.LOG),
        log_partitions=partitions[live_settings.LOG],
        dead_letters=DeadLetters(
            kafka.topic(live_settings.DEAD_LETTERS),
            partitions[live_settings.DEAD_LETTERS],
            settings.topics.source_bytes_max + ROOM_BYTES,
        ),
    )
    outbox = Outbox(send_settings(settings))
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
    watch = Watch(_watch_settings(settings, partitions), outlets.dead_letters, alignment)
    app = make_app(runtime_settings(settings), [*_specs(intakes), _watching(watch, outlets.log)])
    watch.app = app
    for intake in intakes.values():
        intake.app = app
    ticker = Ticker(
        app, intakes, watch, outlets.log, outbox, alignment, settings.intake.tick_seconds
    )
    server = Server(settings.server, lambda: _not_ready(app))
    written = too_long("nothing was written", watch.unwritten_seconds, _unwritten_max(settings))
    return Parts(app, server, [outbox, server, ticker], [written])


def _unwritten_max(settings: Settings) -> float:
    """Return how long what waits to be written may wait: longer than a broker may be away."""
    return 2 * settings.kafka.broker_away_seconds_max + settings.flush.seconds_max


def _watch_settings(settings: Settings, partitions: Mapping[str, int]) -> WatchSettings:
    kafka = settings.kafka
    return WatchSettings(
        core=settings.pipeline(),
        runtime=runtime_settings(settings),
        sending=send_settings(settings),
        flush=settings.flush,
        outlets=ShardOutlets(
            alerts=kafka.topic(live_settings.ALERTS),
            alert_partitions=partitions[live_settings.ALERTS],
            changelog=kafka.topic(live_settings.CHANGELOG),
        ),
        transactional_id=partial(transactional_id, settings),
        alerts_age_hours_max=settings.alerts.max_age_hours,
        accept_loss=kafka.accept_loss,
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
        name="watch",
        topic=topic,
        handle=watch.handle,
        fence=watch.fence,
        restore=watch.restore,
        drain=watch.drain,
        drop=watch.drop,
        keep=watch.keep,
        on_jump=watch.on_jump,
    )


def _not_ready(app: WorkerApp) -> str:
    """Return why a worker is not ready; a worker with no partitions is."""
    if app.failure is not None:
        return "ending"
    away = app.broker_away_seconds
    if away > BROKER_AWAY_SECONDS:
        return f"no broker has answered for {away:.0f} s"
    phases = app.partitions.phases()
    waiting = sorted(
        f"{tp.topic}/{tp.partition}" for tp, p in phases.items() if p is not Phase.RUNNING
    )
    return f"not running yet: {', '.join(waiting)}" if waiting else ""
