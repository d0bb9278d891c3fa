"""Transactions: who opens one, what it carries, and that only this room commits."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from contextvars import ContextVar
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit, urlunsplit

import orjson
import psycopg
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    create_async_engine,
)

from mojodex.kit.clock import Clock, SystemClock
from mojodex.platform.db.errors import DatabaseUnavailable, TransactionOpen
from mojodex.platform.db.listener import CONNECT_ARGS, Listener
from mojodex.platform.db.provisions import Provisions
from mojodex.platform.db.reading import Lender, Reading, Statements, has_hung_up
from mojodex.platform.db.shares import Shares
from mojodex.platform.db.tx import Tx, is_busy

T = TypeVar("T")
P = ParamSpec("P")
R = TypeVar("R")

#: Errors of a transaction that waited in a circle with others.
VICTIMS = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)

#: A transaction in which nothing happens for so long is ended by the server, with its locks: by
#: itself it would wait for ever for a process that hangs, and two hours for a host that was lost.
IDLE_TRANSACTION_SECONDS = 30.0
#: What each session asks of the server: the limit above, and to look after its client as the client
#: does after the server (`CONNECT_ARGS`).
_ASK = """
SELECT set_config('idle_in_transaction_session_timeout', %s, false),
  set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false),
  set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '25000', false)
"""
#: A statement that a connection has executed so often is prepared on it, and as many are kept. All
#: statements of ours are some 300; with room for fewer, each new one would throw another one out.
PREPARE_AFTER = 2
MAX_PREPARED = 1_000
#: How long a transaction waits for a connection.
PATIENCE_SECONDS = 15.0

_open_transactions: ContextVar[int] = ContextVar("open_transactions", default=0)


def sqlalchemy_url(url: str) -> str:
    """The SQLAlchemy form of a `postgresql://` address, with the psycopg driver."""
    parts = urlsplit(url)
    if parts.scheme.split("+")[0] not in ("postgresql", "postgres"):
        raise ValueError("a database address starts with postgresql://")
    return urlunsplit(parts._replace(scheme="postgresql+psycopg"))


def libpq_url(url: str) -> str:
    """The plain `postgresql://` form, which psycopg and the PostgreSQL tools read."""
    return urlunsplit(urlsplit(url)._replace(scheme="postgresql"))


def _dump_json(value: object) -> str:
    return orjson.dumps(value).decode()


class Database:
    """One PostgreSQL database: transactions, provisions, raw connections, notifications."""

    def __init__(
        self,
        url: str,
        *,
        clock: Clock | None = None,
        pool_size: int = 10,
        connection: AsyncConnection | None = None,
    ) -> None:
        """`connection`: for tests, every transaction becomes a savepoint on this one."""
        self.url = libpq_url(url)
        self.clock: Clock = clock or SystemClock()
        self.provisions = Provisions()
        self._engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(url),
            # One that is closed again after a burst takes its prepared statements with it, and
            # the next burst pays for process, log-in and statements anew.
            pool_size=2 * pool_size,
            max_overflow=0,
            # The one that was used last knows the statements, and the server its plans.
            pool_use_lifo=True,
            pool_timeout=PATIENCE_SECONDS,
            pool_pre_ping=False,
            # `_connected` looks whether there is anything to undo.
            pool_reset_on_return=None,
            json_serializer=_dump_json,
            json_deserializer=orjson.loads,
            connect_args={**CONNECT_ARGS, "prepare_threshold": PREPARE_AFTER},
        )
        event.listen(self._engine.sync_engine, "connect", _ask_for_limits)
        event.listen(self._engine.sync_engine, "connect", _keep_prepared)
        event.listen(self._engine.sync_engine, "checkout", _refuse_dead)
        self._shares = Shares(2 * pool_size, patience=PATIENCE_SECONDS)
        self._bound = connection
        self._bound_lock = asyncio.Lock()
        self._listener = Listener(self.url)
        self._lender = Lender(self.url, max(2, pool_size))
        self._read_shares = Shares(max(2, pool_size), patience=PATIENCE_SECONDS)

    def provide(self, kind: type[T], value: T) -> None:
        """Make `value` available to every transaction as `tx.use(kind)`."""
        self.provisions.provide(kind, value)

    def use(self, kind: type[T]) -> T:
        return self.provisions.use(kind)

    def begin(self) -> AbstractAsyncContextManager[Tx]:
        """A transaction: committed when the block ends well, rolled back otherwise.

        Raises `DatabaseUnavailable` when no connection can be had, when it is lost on the way, and
        when the transaction was the victim of a deadlock.
        """
        return self._begin()

    @asynccontextmanager
    async def _begin(self) -> AsyncIterator[Tx]:
        # One within another must not wait for a place that the other holds.
        place = nullcontext() if is_transaction_open() else self._shares.place()
        async with place:
            token = _open_transactions.set(_open_transactions.get() + 1)
            try:
                if self._bound is not None:
                    async with self._bound_lock, self._tx(self._bound) as tx, tx.begin():
                        yield tx
                        await tx.write_left()
                else:
                    async with self._connected() as tx, _committing(tx):
                        yield tx
            finally:
                _open_transactions.reset(token)

    def _tx(self, connection: AsyncConnection) -> Tx:
        return Tx(connection, provisions=self.provisions, clock=self.clock)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Tx]:
        """On a connection out of the pool, which is given back clean or not at all."""
        connection = self._engine.connect()
        try:
            await connection.start()
        except (PoolTimeout, OperationalError) as error:
            raise DatabaseUnavailable() from error
        try:
            yield self._tx(connection)
        finally:
            if not connection.invalidated and is_busy(connection):
                await asyncio.shield(connection.invalidate())
            # Without anything to undo it waits for nothing, and so cannot be cancelled either.
            await connection.close()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reading]:
        """Statements that each stand by themselves: for lists, and nothing that has to be undone.

        Raises `DatabaseUnavailable` when no connection can be had.
        """
        if self._bound is not None:
            async with self._begin() as tx:
                yield tx
        else:
            async with self._read_shares.place(), self._lender.lend() as connection:
                yield Statements(connection, self.provisions, self.clock)

    def outside_transaction(self) -> None:
        """Refuse to go on inside a transaction. Raises `TransactionOpen`."""
        refuse_open_transaction()

    async def connect(self) -> psycopg.AsyncConnection[Any]:
        """A connection of one's own, in autocommit mode; the caller closes it."""
        connection = await psycopg.AsyncConnection.connect(
            self.url, autocommit=True, **CONNECT_ARGS
        )
        await connection.execute(_ASK, (_limit(),))
        return connection

    async def listen(self, channel: str, callback: Callable[[str], None]) -> None:
        """Call `callback(payload)` for each NOTIFY on `channel`, and with "" after a reconnection.

        The empty payload means: something may have been missed, look yourself.
        """
        await self._listener.listen(channel, callback)

    async def ping(self) -> None:
        """One round trip. Raises `DatabaseUnavailable`."""
        async with self.begin() as tx:
            await tx.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close the listener and every pooled connection."""
        await self._listener.close()
        await self._lender.close()
        await self._engine.dispose()


def _limit() -> str:
    return str(int(IDLE_TRANSACTION_SECONDS * 1_000))


def _ask_for_limits(dbapi_connection: Any, _record: object) -> None:
    cursor = dbapi_connection.cursor()
    cursor.execute(_ASK, (_limit(),))
    cursor.close()
    dbapi_connection.commit()


def _keep_prepared(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.driver_connection.prepared_max = MAX_PREPARED


def _refuse_dead(dbapi_connection: Any, _record: object, _proxy: object) -> None:
    """Replace a pooled connection on which the server has hung up, without a round trip."""
    if has_hung_up(dbapi_connection.driver_connection):
        raise DisconnectionError("the server closed this connection")


@asynccontextmanager
async def _committing(tx: Tx) -> AsyncIterator[None]:
    try:
        try:
            yield
            await tx.write_left()
        except BaseException:
            await asyncio.shield(tx.undo())
            raise
        await tx.keep()
    except VICTIMS as error:
        raise DatabaseUnavailable() from error
    except DBAPIError as error:
        # The server went away in the middle, or ended this transaction so that others can go on:
        # whoever can try again shall know this by its name.
        if error.connection_invalidated or isinstance(error.orig, VICTIMS):
            raise DatabaseUnavailable() from error
        raise


def refuse_open_transaction() -> None:
    """Raise `TransactionOpen` when the running task is inside `Database.begin()`."""
    if _open_transactions.get():
        raise TransactionOpen("this call is slow and must not run inside a transaction")


def is_transaction_open() -> bool:
    """Whether the running task is inside `Database.begin()`; doubles assert that it is not."""
    return _open_transactions.get() > 0


def with_db_session(
    function: Callable[Concatenate[Tx, P], Awaitable[R]],
) -> Callable[Concatenate[Database, P], Awaitable[R]]:
    """Call a function that takes `tx` with a `db`: it gets a transaction of its own."""

    @functools.wraps(function)
    async def run(db: Database, /, *args: P.args, **kwargs: P.kwargs) -> R:
        async with db.begin() as tx:
            return await function(tx, *args, **kwargs)

    return run
