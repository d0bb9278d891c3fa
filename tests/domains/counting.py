"""Counts the statements that reach the database, to prove that a list asks a constant number."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from psycopg import AsyncCursor

#: What is no question of the product: bounds of savepoints, the first words of a connection, and
#: the own looks of jobs and listeners for work.
_ASIDE = (
    "SAVEPOINT",
    "pg_catalog",
    "standard_conforming_strings",
    "set_config('idle_",
    "procrastinate_fetch_job",
    "LISTEN ",
)


@contextmanager
def _watched(take: Callable[[str, Any], None]) -> Iterator[None]:
    """Every cursor passes here, whether SQLAlchemy or the product itself asks through it."""
    execute, executemany = AsyncCursor.execute, AsyncCursor.executemany

    def note(query: Any, values: Any) -> None:
        statement = query.decode() if isinstance(query, bytes) else str(query)
        if not any(words in statement for words in _ASIDE):
            take(statement, values)

    async def one(cursor: Any, query: Any, params: Any = None, **rest: Any) -> Any:
        note(query, params)
        return await execute(cursor, query, params, **rest)

    async def many(cursor: Any, query: Any, params_seq: Any, **rest: Any) -> Any:
        note(query, params_seq)
        return await executemany(cursor, query, params_seq, **rest)

    with patch.object(AsyncCursor, "execute", one), patch.object(AsyncCursor, "executemany", many):
        yield


@contextmanager
def noted() -> Iterator[list[tuple[str, Any]]]:
    """The list grows by each statement that is executed inside the block, with its values."""
    seen: list[tuple[str, Any]] = []
    with _watched(lambda statement, values: seen.append((statement, values))):
        yield seen


@contextmanager
def statements() -> Iterator[list[str]]:
    """The list grows by each statement that is executed inside the block."""
    seen: list[str] = []
    with _watched(lambda statement, _: seen.append(statement)):
        yield seen
