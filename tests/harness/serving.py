"""Any ASGI application on an ephemeral loopback port, in the running loop or in a thread."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any, Generic, TypeVar

import uvicorn

T = TypeVar("T")
START_SECONDS = 60


class _QuietServer(uvicorn.Server):
    """A server that leaves the signals of the test run alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serve_asgi(app: Any, *, lifespan: bool = False) -> AsyncIterator[str]:
    """Serve `app` while the block runs; yields its address, without a slash at the end."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="warning",
        lifespan="on" if lifespan else "off",
        ws="websockets-sansio",
        timeout_graceful_shutdown=2,
    )
    server = _QuietServer(config)
    task = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(START_SECONDS):
            while not server.started:
                if task.done():
                    task.result()
                    raise RuntimeError("the server ended before it started")
                await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@contextmanager
def in_thread(make: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[T]:
    """Keep an asynchronous context open in a thread with a loop of its own, for blocking tests."""
    holder = _Holder(make)
    with ThreadPoolExecutor(1, thread_name_prefix="served") as pool:
        running = pool.submit(asyncio.run, holder.hold())
        try:
            holder.ready.wait(START_SECONDS)
            if holder.value is None:
                running.result(START_SECONDS)
                raise RuntimeError("could not start")
            yield holder.value
        finally:
            holder.end()
            running.result(START_SECONDS)


class _Holder(Generic[T]):
    def __init__(self, make: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self._make = make
        self._stop: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self.ready = threading.Event()
        self.value: T | None = None

    async def hold(self) -> None:
        stop = asyncio.Event()
        self._stop = (asyncio.get_running_loop(), stop)
        try:
            async with self._make() as value:
                self.value = value
                self.ready.set()
                await stop.wait()
        finally:
            self._stop = None
            self.ready.set()

    def end(self) -> None:
        if self._stop is not None:
            loop, stop = self._stop
            loop.call_soon_threadsafe(stop.set)
