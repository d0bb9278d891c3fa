"""The lock that says a worker lives: it dies with the worker's connection."""

import asyncio
from typing import Any

import psycopg
import structlog

from mojodex.platform.db import Database

log = structlog.stdlib.get_logger(__name__)

#: First half of the advisory locks `(LOCK_CLASS, worker number)`.
LOCK_CLASS = 0x4D6F_6A6F
#: How often a silent connection is asked whether it still lives, and how long it may think.
PROBE_SECONDS = 5.0


class Lease:
    """An advisory lock on a connection of its own, held from before a worker's first fetch.

    A worker whose lock is gone is dead to the others, who take over its jobs; so it must stop.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lost = asyncio.Event()
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._watch: asyncio.Task[None] | None = None

    async def take(self, worker_id: int) -> None:
        """Returns once the lock is held."""
        self._connection = await self._db.connect()
        await self._connection.execute(
            "SELECT pg_advisory_lock(%s, %s)", (LOCK_CLASS, worker_id % 2**31)
        )
        self._watch = asyncio.create_task(self._watch_connection(self._connection))

    async def lost(self) -> None:
        """Returns when the lock is lost."""
        await self._lost.wait()

    async def release(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()

    async def _watch_connection(self, connection: psycopg.AsyncConnection[Any]) -> None:
        try:
            while True:
                # Waiting for notifications notices at once that the server hung up.
                async for _ in connection.notifies(timeout=PROBE_SECONDS):
                    pass
                async with asyncio.timeout(PROBE_SECONDS):
                    await connection.execute("SELECT 1")
        except (psycopg.Error, OSError) as error:  # TimeoutError is an OSError
            log.warning("a worker lost its lock", error=str(error))
            self._lost.set()
