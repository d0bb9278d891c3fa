"""Shares of the connections: whoever waits for one is served in order, and no sort of work takes
them all.

A burst of requests that each took a connection would leave none to the jobs that answer them, and
words in the making would wait behind both. More transactions side by side than processors do not
end sooner either; they only make everything else wait longer.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from enum import StrEnum

from mojodex.platform.db.errors import DatabaseUnavailable


class Share(StrEnum):
    """Work that comes in bursts. What belongs to none has what these leave."""

    REQUESTS = "requests"
    JOBS = "jobs"


_share: ContextVar[tuple[Share, asyncio.Task[object] | None] | None] = ContextVar(
    "share", default=None
)


@contextmanager
def taking(share: Share) -> Iterator[None]:
    """Transactions of the running task come out of this share; those of tasks that it starts do
    not, which may outlive it and serve everybody."""
    token = _share.set((share, asyncio.current_task()))
    try:
        yield
    finally:
        _share.reset(token)


def current_share() -> Share | None:
    """The share of the running task."""
    found = _share.get()
    return found[0] if found is not None and found[1] is asyncio.current_task() else None


class Shares:
    """How many transactions of each sort are open at a time."""

    def __init__(self, n_connections: int, *, patience: float) -> None:
        """Half of the connections for requests, a quarter for jobs. `patience` in seconds."""
        self._patience = patience
        self._places = {
            Share.REQUESTS: asyncio.Semaphore(max(1, n_connections // 2)),
            Share.JOBS: asyncio.Semaphore(max(1, n_connections // 4)),
        }

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place in the share of the running task, and hold it while the block runs.

        Raises `DatabaseUnavailable` when none becomes free in time.
        """
        share = current_share()
        if share is None:
            yield
            return
        places = self._places[share]
        try:
            async with asyncio.timeout(self._patience):
                await places.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable() from error
        try:
            yield
        finally:
            places.release()
