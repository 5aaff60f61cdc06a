"""A TCP proxy before a Kafka broker, which can be slow, silent, or gone.

    proxy = Proxy()
    port = proxy.start(broker_port)
    proxy.delay_seconds = 0.01  # a round trip takes 20 ms more

It runs in a thread of its own and its methods return when they have taken effect. Requests are
read as Kafka frames (a size, then the request's kind), so that one kind can be delayed alone.
"""

import asyncio
import threading
from asyncio import Queue, StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

from agents.broker import probe

PRODUCE, FETCH, LIST_OFFSETS, OFFSET_COMMIT, OFFSET_FETCH = 0, 1, 2, 8, 9
JOIN_GROUP, HEARTBEAT = 11, 12

ANSWER_BYTES_MAX = 1 << 16
CHUNKS_HELD_MAX = 1_000
CALL_SECONDS_MAX = 10.0

Chunk = tuple[float, bytes]
Read = Callable[[StreamReader], Awaitable[tuple[float, bytes]]]


class Proxy:
    """Forwards a port of its own to a broker's; `delay_seconds` counts each way.

    `request_delay_seconds` maps kinds of requests (`PRODUCE`, ...) to a delay of their own, on
    top. Requests of one connection keep their order, so those behind a slow one wait too. A delay
    is that of the moment a request came in: changing it moves nothing already under way.
    """

    def __init__(self) -> None:
        self.delay_seconds = 0.0
        self.request_delay_seconds: dict[int, float] = {}
        self.port = self._target_port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, target_port: int, port: int | None = None) -> int:
        """Forward a port (a free one if None) to this loopback port; return it."""
        self._target_port = target_port
        self.port = port or probe.free_ports(1)[0]
        self._thread.start()
        self.resume()
        return self.port

    def stop(self) -> None:
        """End all connections, and the thread."""
        if self._thread.is_alive():
            self.refuse()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(CALL_SECONDS_MAX)
        self._loop.close()

    def pause(self) -> None:
        """Forward nothing, either way; connections stay open and new ones are accepted."""
        self._call(self._set_flowing(False))

    def resume(self) -> None:
        """Undo `pause()` and `refuse()`: what was held goes on its way."""
        self._call(self._set_flowing(True))
        self._call(self._listen())

    def reset(self) -> None:
        """Be as at the start: no delays, everything flows; connections stay."""
        self.delay_seconds = 0.0
        self.request_delay_seconds.clear()
        self.resume()

    def close_all(self) -> None:
        """Cut all connections; new ones are accepted."""
        self._call(self._cut())

    def refuse(self) -> None:
        """Cut all connections and accept no new ones, as if the broker were gone."""
        self._call(self._close_port())
        self._call(self._cut())

    def _call(self, work: Awaitable[None]) -> None:
        async def wrapped() -> None:
            await work

        asyncio.run_coroutine_threadsafe(wrapped(), self._loop).result(CALL_SECONDS_MAX)

    async def _set_flowing(self, value: bool) -> None:
        (self._flowing.set if value else self._flowing.clear)()

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def _close_port(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve a connection until either side ends it."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            # What cuts a connection is no error here: it is what the proxy is for.
            with suppress(OSError, EOFError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        back, forth = await asyncio.open_connection("127.0.0.1", self._target_port)
        self._writers.add(forth)
        pipes = [
            asyncio.ensure_future(pipe)
            for pipe in (
                *self._pipe(reader, forth, self._request),
                *self._pipe(back, writer, self._answer),
            )
        ]
        try:
            await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pipe in pipes:
                pipe.cancel()
            await asyncio.gather(*pipes, return_exceptions=True)
            forth.transport.abort()
            self._writers.discard(forth)

    def _pipe(
        self, reader: StreamReader, writer: StreamWriter, read: Read
    ) -> tuple[Awaitable[None], Awaitable[None]]:
        held: Queue[Chunk] = Queue(CHUNKS_HELD_MAX)
        return self._take(reader, read, held), self._give(writer, held)

    async def _take(self, reader: StreamReader, read: Read, held: "Queue[Chunk]") -> None:
        while True:
            delay_seconds, data = await read(reader)
            if not data:
                return
            await held.put((self._loop.time() + self.delay_seconds + delay_seconds, data))

    async def _give(self, writer: StreamWriter, held: "Queue[Chunk]") -> None:
        while True:
            due, data = await held.get()
            await asyncio.sleep(max(0.0, due - self._loop.time()))  # the delay asked for
            await self._flowing.wait()
            writer.write(data)
            await writer.drain()

    async def _request(self, reader: StreamReader) -> tuple[float, bytes]:
        size = await reader.readexactly(4)
        body = await reader.readexactly(int.from_bytes(size))
        kind = int.from_bytes(body[:2])
        return self.request_delay_seconds.get(kind, 0.0), size + body

    async def _answer(self, reader: StreamReader) -> tuple[float, bytes]:
        return 0.0, await reader.read(ANSWER_BYTES_MAX)
