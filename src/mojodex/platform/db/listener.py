"""LISTEN on a connection of its own, which comes back by itself."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import psycopg
import structlog
from psycopg import sql

log = structlog.stdlib.get_logger(__name__)

RECONNECT_SECONDS = (0.1, 0.5, 1.0, 2.0)
#: How often a silent connection is asked whether it still lives, and how long it may think. A host
#: that is lost says no farewell.
PROBE_SECONDS = 5.0
#: What libpq is told for every connection: how long to try, and when to give up on a host that does
#: not even acknowledge (by itself the system waits a quarter of an hour, or two). A server that is
#: merely slow acknowledges.
CONNECT_ARGS: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}


class Listener:
    """Hears NOTIFY for the whole process; a reconnection tells every callback an empty payload."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._callbacks: dict[str, list[Callable[[str], None]]] = defaultdict(list)
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._heard: set[str] = set()
        #: Channels whose callbacks have yet to be told that something may have been missed.
        self._interrupted: set[str] = set()
        self._ready: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def listen(self, channel: str, callback: Callable[[str], None]) -> None:
        """Returns once the server listens on `channel`."""
        self._callbacks[channel].append(callback)
        self._changed.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="db-listener")
        waiter = asyncio.create_task(self._ready[channel].wait())
        try:
            await asyncio.wait({waiter, self._task}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiter.cancel()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                connection = await self._connect()
                failures = 0
                await self._hear(connection)
            except (psycopg.Error, OSError) as error:
                delay = RECONNECT_SECONDS[min(failures, len(RECONNECT_SECONDS) - 1)]
                failures += 1
                log.warning("database listener lost its connection", error=str(error))
                await asyncio.sleep(delay)

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        if self._connection is not None:
            await self._connection.close()
        connection = self._connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, **CONNECT_ARGS
        )
        self._interrupted |= self._heard
        self._heard = set()
        await self._subscribe(connection)
        # Also those that an earlier try did not come to: it may fail between two channels.
        interrupted, self._interrupted = self._interrupted, set()
        for channel in interrupted:
            self._tell(channel, "")
        return connection

    async def _subscribe(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._changed.clear()
        for channel in list(self._callbacks):
            if channel not in self._heard:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                self._heard.add(channel)
                self._ready[channel].set()

    async def _hear(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Alternate between waiting for notifications and taking up new channels."""
        while True:
            changed = asyncio.create_task(self._changed.wait())
            heard = asyncio.create_task(self._collect(connection))
            try:
                await asyncio.wait({changed, heard}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()
                if not heard.done():
                    heard.cancel()
                results = await asyncio.gather(heard, return_exceptions=True)
            for result in results:
                if isinstance(result, Exception):
                    raise result
            await self._subscribe(connection)

    async def _collect(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async for notice in connection.notifies(timeout=PROBE_SECONDS):
                self._tell(notice.channel, notice.payload)
            async with asyncio.timeout(PROBE_SECONDS):
                await connection.execute("SELECT 1")

    def _tell(self, channel: str, payload: str) -> None:
        for callback in self._callbacks[channel]:
            try:
                callback(payload)
            except (
                Exception
            ):  # the edge between rooms: one deaf callback must not silence the others
                log.exception("a notification callback failed", channel=channel)
