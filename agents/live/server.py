"""The one small server: `/metrics`, `/live` and `/ready`, on loopback unless told.

It runs in the worker's own loop on purpose: if that stands still, so does `/live`.
"""

from collections.abc import Callable
from typing import Self

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from agents import metrics
from agents.live_settings import ServerSettings


class Server:
    """Serves a worker's metrics and health."""

    def __init__(self, settings: ServerSettings, not_ready: Callable[[], str]) -> None:
        self._settings = settings
        self._not_ready = not_ready  # why not, empty if ready
        self._runner: web.AppRunner | None = None
        self.address = ""

    async def __aenter__(self) -> Self:
        if self._settings.port < 0:
            return self
        app = web.Application()
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/live", self._live)
        app.router.add_get("/ready", self._ready)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._settings.host, self._settings.port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.address = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _metrics(self, _: web.Request) -> web.Response:
        metrics.WORKER_READY.set(0 if self._not_ready() else 1)
        body = generate_latest(metrics.REGISTRY)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _live(self, _: web.Request) -> web.Response:
        return web.Response(text="live\n")

    async def _ready(self, _: web.Request) -> web.Response:
        why = self._not_ready()
        return web.Response(text=f"{why or 'ready'}\n", status=503 if why else 200)
