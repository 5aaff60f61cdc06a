"""Running the app: from the first connection to the exit code, every step with a bound.

Exit codes: 0 after a signal, 1 when the worker cannot go on (2 if settings are the reason; one
line says why), 70 when the watchdog had to end it.
"""

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from agents.runtime.app import WorkerApp
from agents.runtime.collecting import collect_less
from agents.runtime.connecting import unless, whole
from agents.runtime.errors import BrokerUnreachable, WorkerError
from agents.runtime.settings import RuntimeSettings
from agents.runtime.watchdog import Check, LoopHeart, Watchdog, too_long

log = logging.getLogger(__name__)

LOOP_STILL_SECONDS_MAX = 60.0
PROBE_EVERY_SECONDS = 5.0
NOISY = ("faust", "mode", "aiokafka", "kafka")


def quiet_libraries(level: int = logging.CRITICAL) -> None:
    """Let Faust, mode and aiokafka speak only from `level` on: our lines say what happens."""
    for name in NOISY:
        logging.getLogger(name).setLevel(level)
    logging.getLogger("asyncio").addFilter(_is_ours)


def _is_ours(record: logging.LogRecord) -> bool:
    """Say whether asyncio tells of an error that is ours.

    aiokafka shields its requests: one that we gave up fails later, and nobody asks for it.
    """
    return not (record.exc_info and isinstance(record.exc_info[1], KafkaError))


def run(
    app: WorkerApp,
    *,
    resources: Sequence[AbstractAsyncContextManager[Any]] = (),
    checks: Sequence[Check] = (),
    on_ready: Callable[[], None] | None = None,
) -> int:
    """Run a worker until a signal or a fault ends it.

    Args:
        app: made by `make_app`, not started.
        resources: what handlers use (outboxes, ...): entered in order once a broker answers and
            before anything is handled, left again when all partitions have been given up.
        checks: what else the watchdog looks at, from its own thread.
        on_ready: called once the worker has joined its group, with partitions or without.

    Returns:
        The exit code.
    """
    collect_less()
    watchdog = Watchdog()
    watchdog.start()
    return asyncio.run(_Run(app, watchdog, resources, checks, on_ready).main())


def exit_code(exc: BaseException) -> int:
    """Return the exit code for what a worker ends with."""
    return exc.exit_code if isinstance(exc, WorkerError) else 1


class _Run:
    def __init__(
        self,
        app: WorkerApp,
        watchdog: Watchdog,
        resources: Sequence[AbstractAsyncContextManager[Any]],
        checks: Sequence[Check],
        on_ready: Callable[[], None] | None,
    ) -> None:
        self._app = app
        self._settings = app.runtime
        self._watchdog = watchdog
        self._resources = resources
        self._checks = checks
        self._on_ready = on_ready
        self._signal = asyncio.Event()

    async def main(self) -> int:
        loop = asyncio.get_running_loop()
        for sig in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sig, lambda *_: self._on_signal(loop))
        self._watchdog.add(LoopHeart(loop, LOOP_STILL_SECONDS_MAX))
        try:
            await self._until_ended()
        except Exception as exc:
            self._say(exc)
            return exit_code(exc)
        if self._app.failure is not None:
            return exit_code(self._app.failure)
        log.info("Worker stopped.")
        return 0

    @staticmethod
    def _say(exc: BaseException) -> None:
        log.debug("Worker fails.", exc_info=exc)
        what = str(exc) if isinstance(exc, WorkerError) else f"{type(exc).__name__}: {exc}"
        log.critical("Worker ends: %s.", what)

    def _on_signal(self, loop: asyncio.AbstractEventLoop) -> None:
        # Armed here and not in the loop, which may be what stands still.
        self._watchdog.stop_within(self._settings.stop_seconds_max)
        loop.call_soon_threadsafe(self._signal.set)

    async def _until_ended(self) -> None:
        if not await unless(self._signal, reach_broker(self._settings)):
            return
        stopping = asyncio.create_task(self._signal.wait())
        async with AsyncExitStack() as stack:
            for resource in self._resources:
                await stack.enter_async_context(resource)
            await self._serve(stopping)

    async def _serve(self, stopping: "asyncio.Task[bool]") -> None:
        app = self._app
        consumer, s = app.batches, self._settings
        self._watchdog.add(
            consumer.thread.dead_task_reason,
            too_long("no fetch", app.fetcher.since_fetched, LOOP_STILL_SECONDS_MAX),
            too_long("a batch is in hand", app.partitions.busy_seconds, s.handle_seconds_max),
            too_long("no commit", app.safe.waiting_seconds, 2 * s.broker_away_seconds_max),
            *self._checks,
        )
        ends = {
            stopping,
            asyncio.create_task(app.failed.wait()),
            asyncio.create_task(self._fail_when_crashed()),
            asyncio.create_task(self._probe_broker()),
        }
        starting = asyncio.create_task(self._start())
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._watchdog.stop_within(s.stop_seconds_max)
            if app.failure is not None:
                self._say(app.failure)  # before anything that may hang
            for task in ends | {starting}:
                task.cancel()
            await app.stop()

    async def _start(self) -> None:
        try:
            await self._app.start()
        except Exception as exc:
            self._app.fail(exc)
        else:
            log.info("Worker ready.")
            if self._on_ready is not None:
                self._on_ready()

    async def _fail_when_crashed(self) -> None:
        await self._app._crashed.wait()
        self._app.fail(self._app.crash_reason or WorkerError("Faust crashed"))

    async def _probe_broker(self) -> None:
        app = self._app
        app.broker_heard_at = time.monotonic()
        while True:
            await asyncio.sleep(PROBE_EVERY_SECONDS)
            if await self._broker_answers():
                app.broker_heard_at = time.monotonic()
            away = app.broker_away_seconds
            if away > self._settings.broker_away_seconds_max:
                cause = "it answered before, and no longer does"
                self._app.fail(BrokerUnreachable(self._settings.broker_list, away, cause))
                return

    async def _broker_answers(self) -> bool:
        try:
            return await self._app.batches.thread.broker_answers()
        except Exception as exc:
            log.debug("No broker answers: %r.", exc)
            return False


async def reach_broker(settings: RuntimeSettings) -> None:
    """Wait for a broker to answer.

    Raises:
        BrokerUnreachable: none did within `connect_seconds_max`.
    """
    began = time.monotonic()
    while True:
        client = AIOKafkaClient(bootstrap_servers=list(settings.brokers), **settings.security)
        try:
            await whole(client.bootstrap())
        except (KafkaError, OSError) as exc:
            waited = time.monotonic() - began
            if waited > settings.connect_seconds_max:
                raise BrokerUnreachable(settings.broker_list, waited, str(exc)) from exc
            await asyncio.sleep(0.5)
        else:
            return
        finally:
            await client.close()
