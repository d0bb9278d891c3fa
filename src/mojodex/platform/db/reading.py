"""Reading without a transaction: each statement stands by itself, prepared once per connection.

A list that a client polls asks two or three questions. In a transaction each would carry a BEGIN
and a COMMIT, two more round trips, and SQLAlchemy would build its text anew: together more than
the answer itself costs. Here a query's text is made once per process, and its plan is kept on
connections that do nothing else.
"""

import asyncio
import select
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, Protocol, TypeVar

import orjson
import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.json import set_json_loads
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ClauseElement,
    Compiled,
    Uuid,
    any_,
    bindparam,
    make_url,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.compiler import SQLCompiler

from mojodex.kit.clock import Clock
from mojodex.platform.db.errors import DatabaseUnavailable
from mojodex.platform.db.listener import CONNECT_ARGS
from mojodex.platform.db.provisions import Provisions

T = TypeVar("T")

Values = Mapping[str, object]
Rows = Sequence[Sequence[Any]]

_DIALECT = make_url("postgresql+psycopg://").get_dialect()()
#: How long a reader waits for a connection.
PATIENCE_SECONDS = 15.0


def given(*names: str) -> dict[str, BindParameter[Any]]:
    """For `values(**given(...))`: columns whose values come with each call, under their names."""
    return {name: bindparam(name) for name in names}


def one_of_numbers(name: str) -> Any:
    """For `column == one_of_numbers(...)`: any of the numbers that come with each call."""
    return any_(bindparam(name, type_=ARRAY(BigInteger())))


def one_of_uuids(name: str) -> Any:
    """For `column == one_of_uuids(...)`: any of the ids that come with each call."""
    return any_(bindparam(name, type_=ARRAY(Uuid(as_uuid=True))))


class Prepared:
    """A statement whose text is made once. What changes from call to call are its `bindparam`s.

    `is_planned_anew`: where the best plan depends on the values. A plan that is kept for all of
    them read every hit of a common word among 100,000 works, in 70 ms, to show the newest 20 of
    one person's 100; one for this word takes 0.4 ms to make and 2 ms to run.
    """

    def __init__(self, query: ClauseElement, *, is_planned_anew: bool = False) -> None:
        self._query = query
        self.is_planned_anew = is_planned_anew

    @cached_property
    def _made(self) -> Compiled:
        return self._query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})

    @cached_property
    def text(self) -> str:
        return str(self._made)

    @cached_property
    def encoded(self) -> bytes:
        """The text as the driver takes it from a program."""
        return self.text.encode()

    @cached_property
    def _constants(self) -> dict[str, Any]:
        constants = dict(self._made.params)
        for name, adapt in self._adapters.items():
            if constants[name] is not None:
                constants[name] = adapt(constants[name])
        return constants

    @cached_property
    def _adapters(self) -> dict[str, Callable[[Any], Any]]:
        """How values of types that the driver cannot tell by their class are given to it: JSON."""
        if not isinstance(self._made, SQLCompiler):
            return {}
        found = {
            name: bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
            for bind, name in self._made.bind_names.items()
        }
        return {name: adapt for name, adapt in found.items() if adapt is not None}

    def values(self, given: Values) -> dict[str, Any]:
        """The given values beside the constants of the query."""
        values = {**self._constants, **given}
        for name, adapt in self._adapters.items():
            if name in given:
                values[name] = adapt(given[name])
        return values


class Reading(Protocol):
    """What a query needs: a transaction, or statements that each stand by themselves.

    What is written through the latter stands at once and cannot be undone.
    """

    @property
    def clock(self) -> Clock: ...

    def use(self, kind: type[T]) -> T:
        """A service of the composition root, by its class."""
        ...

    async def fetch(self, prepared: Prepared, values: Values) -> Rows:
        """All rows of one statement."""
        ...


async def send(cursor: psycopg.AsyncCursor[Any], prepared: Prepared, values: Values) -> None:
    """Execute one statement. Raises `DatabaseUnavailable` when the connection is lost by it.

    One cursor serves all statements of a connection, whoever awaits them: between the end of one
    and the reading of its rows nobody else comes. A new one each time takes a fifth longer.
    """
    try:
        await cursor.execute(
            prepared.encoded,
            prepared.values(values),
            prepare=False if prepared.is_planned_anew else None,
        )
    except psycopg.Error as error:
        if cursor.connection.closed:
            raise DatabaseUnavailable() from error
        raise


class Statements:
    """A connection outside any transaction."""

    def __init__(
        self, connection: psycopg.AsyncConnection[Any], provisions: Provisions, clock: Clock
    ) -> None:
        self._cursor = connection.cursor()
        self._provisions = provisions
        self.clock = clock

    def use(self, kind: type[T]) -> T:
        return self._provisions.use(kind)

    async def fetch(self, prepared: Prepared, values: Values) -> Rows:
        """Raises `DatabaseUnavailable` when the connection is lost on the way."""
        await send(self._cursor, prepared, values)
        return await self._cursor.fetchall()


class Lender:
    """Connections for `Statements`, lent one by one and kept open; the last one back goes first."""

    def __init__(self, url: str, size: int, *, patience: float = PATIENCE_SECONDS) -> None:
        self._url = url
        self._patience = patience
        self._places = asyncio.Semaphore(size)
        self._idle: list[psycopg.AsyncConnection[Any]] = []
        self._is_closed = False

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Raises `DatabaseUnavailable` when no connection can be had."""
        await self._enter()
        try:
            connection = await self._take() or await self._connect()
            try:
                yield connection
            finally:
                await self._put_back(connection)
        finally:
            self._places.release()

    async def _enter(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable() from error

    async def _take(self) -> psycopg.AsyncConnection[Any] | None:
        while self._idle:
            connection = self._idle.pop()
            if not has_hung_up(connection):
                return connection
            await connection.close()
        return None

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        try:
            connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, prepare_threshold=0, **CONNECT_ARGS
            )
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable() from error
        set_json_loads(orjson.loads, connection)
        return connection

    async def _put_back(self, connection: psycopg.AsyncConnection[Any]) -> None:
        is_free = connection.pgconn.transaction_status == TransactionStatus.IDLE
        if is_free and not self._is_closed:
            self._idle.append(connection)
        else:
            await connection.close()

    async def close(self) -> None:
        """Those that are lent are closed when they come back."""
        self._is_closed = True
        while self._idle:
            await self._idle.pop().close()


def has_hung_up(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Whether the server left an idle connection, without a round trip.

    An idle connection has nothing to read; when it has, the server sent its farewell.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN | select.POLLHUP)
    return bool(poll.poll(0))
