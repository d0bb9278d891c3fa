"""A database in which whatever a test does disappears with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from mojodex.kit.clock import Clock
from mojodex.platform.db import Database, sqlalchemy_url


@cache
def _engine(url: str) -> AsyncEngine:
    """One for all tests of the process, which have a loop and a connection each.

    It keeps the statements that were compiled once: compiling them anew for each test took a third
    of its time.
    """
    return create_async_engine(
        sqlalchemy_url(url), poolclass=NullPool, connect_args={"prepare_threshold": None}
    )


@asynccontextmanager
async def rolled_back(url: str, *, clock: Clock | None = None) -> AsyncIterator[Database]:
    """A database whose every transaction is a savepoint, undone at the end of the block."""
    async with _engine(url).connect() as connection:
        outer = await connection.begin()
        db = Database(url, clock=clock, connection=connection)
        yield db
        await outer.rollback()
        await db.close()
