"""`churnwatch demo`: the whole pipeline on a simulated shop, from broker to alert.

It starts a broker (or takes one), a worker and the shop, each as it would run by itself, and only
looks on: alerts are read from their topic, figures from `/metrics`.
"""

import asyncio
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from agents.broker.process import INTERRUPTS, GuardedProcess, held_back
from agents.commands.demo_parts import (
    PACE,
    broker_of,
    last_words,
    process,
    shop_arguments,
    workplace,
)
from agents.commands.demo_view import Figures, Lines, Story, view_of
from agents.live.reading import reader
from agents.live_settings import ALERTS
from agents.problems import Failure
from agents.runtime.worker import quiet_libraries
from agents.settings import Settings
from agents.shop.settings import ShopSettings
from schemas.alert import Alert

_POLL_SECONDS: Final = 1.0
_SLACK_MS: Final = 60_000  # the shop's "now" is when its own process began
_DECODER: Final = msgspec.json.Decoder(Alert)


def live_demo(shop: ShopSettings, broker: str | None, seconds: float | None) -> int:
    """Run the demo until its seconds are over, or until Ctrl-C; return the exit code.

    Raises:
        UserError: the broker named is none.
        Failure: no broker can be had, or the worker or the shop has ended.
    """
    quiet_libraries()
    story = Story()
    view = view_of(story)
    try:
        with _interruptible(), ExitStack() as stack:
            try:
                _run(stack, shop, broker, seconds, story, view)
            finally:
                _deafen()  # what was started is stopped without interruption
    except KeyboardInterrupt:
        pass
    finally:
        view.stop()
    for line in story.summary():
        print(line)  # noqa: T201 - this is what a command prints
    return 0


def _run(
    stack: ExitStack,
    shop: ShopSettings,
    broker: str | None,
    seconds: float | None,
    story: Story,
    view: Lines,
) -> None:
    place = stack.enter_context(broker_of(broker))
    view.say(f"Broker: {place.words}")
    folder, settings = stack.enter_context(workplace(place))
    with held_back():
        worker = stack.enter_context(process(folder, "worker", "worker"))
    view.say(f"Worker: http://127.0.0.1:{settings.server.port}/metrics")
    story.live_from_ms = time.time_ns() // 1_000_000 + _SLACK_MS
    with held_back():
        feeding = stack.enter_context(process(folder, "shop", *shop_arguments(shop)))
    view.say(
        f"Shop: {shop.customers:,} customers, {shop.days:g} days until now as fast as they go; "
        f"then {PACE / 3600:g} h of theirs in a second"
    )
    processes = {"worker": worker, "shop": feeding}
    watch = _Watch(settings, story, view, processes, folder)
    asyncio.run(watch.run(None if seconds is None else seconds - story.seconds))


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM be as Ctrl-C, which asyncio too knows how to end with."""
    before = {number: signal.getsignal(number) for number in INTERRUPTS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _deafen() -> None:
    for number in INTERRUPTS:
        signal.signal(number, signal.SIG_IGN)


class _Watch:
    """Looks on: what comes out, and whether all still runs."""

    def __init__(
        self,
        settings: Settings,
        story: Story,
        view: Lines,
        processes: Mapping[str, GuardedProcess],
        folder: Path,
    ) -> None:
        self._settings = settings
        self._story = story
        self._view = view
        self._processes = processes
        self._folder = folder

    async def run(self, seconds: float | None) -> None:
        """Look on until the seconds are over, or a signal."""
        stopping = asyncio.Event()
        for number in INTERRUPTS:
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        tasks: list[asyncio.Task[Any]] = [
            asyncio.create_task(self._alerts()),
            asyncio.create_task(self._figures()),
            asyncio.create_task(stopping.wait()),
        ]
        timeout = None if seconds is None else max(seconds, 0.0)
        done, waiting = await asyncio.wait(
            tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        for task in done:
            task.result()

    async def _alerts(self) -> None:
        topic = self._settings.kafka.topic(ALERTS)
        partitions = range(self._settings.topics.alert_partitions)
        async with reader(self._settings.kafka, topic, partitions) as consumer:
            while True:
                found = await consumer.getmany(timeout_ms=200)
                alerts = [
                    _DECODER.decode(record.value)
                    for some in found.values()
                    for record in some
                    if record.value is not None  # void: its customer was forgotten
                ]
                for alert in sorted(alerts, key=lambda each: each.occurred_at):
                    if self._story.hear(alert):
                        self._view.alarm(alert)

    async def _figures(self) -> None:
        url = f"http://127.0.0.1:{self._settings.server.port}/metrics"
        timeout = aiohttp.ClientTimeout(total=2 * _POLL_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                await asyncio.sleep(_POLL_SECONDS)
                for name, running in self._processes.items():
                    if running.has_ended():
                        words = last_words(self._folder, name)
                        raise Failure(f"the {name} of the demo has ended: {words}")
                try:
                    async with session.get(url) as answer:
                        self._story.figures = _figures(await answer.text(), self._story.figures)
                except (aiohttp.ClientError, TimeoutError):
                    continue  # it is still starting, or busy
                finally:
                    self._view.refresh()


def _figures(text: str, before: Figures) -> Figures:
    """Return figures from the text of `/metrics`, with the rate since those before."""
    values: dict[str, list[float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            values.setdefault(sample.name, []).append(sample.value)
    clocks = values.get("churnwatch_watch_clock_timestamp_seconds", [0.0])
    read = round(sum(values.get("churnwatch_intake_records_total", [])))
    at = time.monotonic()
    passed = max(at - before.at, _POLL_SECONDS / 2)
    return Figures(
        at=at,
        read=read,
        per_second=(read - before.read) / passed,
        lag=round(sum(values.get("churnwatch_worker_lag_records", []))),
        clock_ms=round(1000 * min(clocks)),
        rejected=round(sum(values.get("churnwatch_intake_rejected_total", []))),
    )
