"""A database as rows: read in one snapshot, and loaded into an empty database in one transaction.

The schema is not part of it: revisions make it, and the rows are loaded at the revision at which
they were read and then brought up to date. So a dump goes from any server to any other that we work
with, whatever its version and its roles; what `pg_dump` of one release writes, servers of older
ones refuse (`SET transaction_timeout`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import Connection, NullPool, create_engine, text

from mojodex.platform.db.database import libpq_url, sqlalchemy_url
from mojodex.platform.db.errors import DatabaseUnreachable
from mojodex.platform.db.locks import lock_key
from mojodex.platform.db.migrate import (
    PATIENCE,
    alembic_config,
    check_server,
    connect_patiently,
)

#: What makes rows read the same on every server.
PLAIN_SPELLING = (
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL timezone = 'UTC'",
)
VERSION_TABLE = "alembic_version"
CHUNK_BYTES = 1 << 20

Rows = psycopg.Connection[Any]
IsOurs = Callable[[str], bool]


@dataclass(frozen=True, kw_only=True)
class DumpedTable:
    """A table and its columns, in the order in which its rows have them."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class DumpedSequence:
    """Where the numbering of a key stands."""

    name: str
    value: int
    is_called: bool


class DumpMismatch(Exception):
    """The rows do not fit the tables of their revision; the reason is the message."""


class Snapshot:
    """One moment of a database."""

    def __init__(self, connection: Rows, is_ours: IsOurs) -> None:
        self._connection = connection
        self._is_ours = is_ours

    @property
    def revision(self) -> str | None:
        """The revision of the tables; None when there are none of ours."""
        if VERSION_TABLE not in _table_names(self._connection):
            return None
        query = sql.SQL("SELECT version_num FROM {}").format(sql.Identifier(VERSION_TABLE))
        row = self._connection.execute(query).fetchone()
        return None if row is None else str(row[0])

    @property
    def n_tables(self) -> int:
        """How many tables there are, whoever's."""
        return len(_table_names(self._connection))

    def tables(self) -> list[DumpedTable]:
        """Our tables, by name."""
        return _tables(self._connection, self._is_ours)

    def strangers(self) -> list[str]:
        """Tables that are not ours, which are left out."""
        names = _table_names(self._connection)
        return [name for name in names if name != VERSION_TABLE and not self._is_ours(name)]

    def sequences(self) -> list[DumpedSequence]:
        """The sequences of our tables, by name."""
        found = []
        for name in _sequence_names(self._connection, self._is_ours):
            query = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name))
            value, is_called = self._connection.execute(query).fetchone() or (1, False)
            found.append(DumpedSequence(name=name, value=value, is_called=is_called))
        return found

    def rows(self, table: DumpedTable) -> Iterator[bytes]:
        """The rows in PostgreSQL's text form, each with a line break at its end only."""
        query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
            _identifiers(table.columns), sql.Identifier(table.name)
        )
        with self._connection.cursor() as cursor, cursor.copy(query) as copy:
            for data in copy:
                yield bytes(data)


@contextmanager
def open_snapshot(url: str, is_ours: IsOurs) -> Iterator[Snapshot]:
    """Everything read in the block is of one moment. Raises `DatabaseUnreachable`."""
    try:
        with psycopg.connect(libpq_url(url), connect_timeout=10) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            for statement in PLAIN_SPELLING:
                connection.execute(statement.encode())
            yield Snapshot(connection, is_ours)
    except psycopg.OperationalError as error:
        raise DatabaseUnreachable(reason=" ".join(str(error).split())) from error


def count_tables(url: str) -> int:
    """How many tables there are, whoever's. Raises `DatabaseUnreachable`."""
    with open_snapshot(url, lambda _: True) as snapshot:
        return snapshot.n_tables


class Restoring:
    """A transaction in which the tables of a revision were made."""

    def __init__(self, connection: Connection, config: Config) -> None:
        self.rows = cast(Rows, connection.connection.driver_connection)
        self._config = config

    def upgrade(self) -> None:
        """Bring tables and rows to the newest revision."""
        command.upgrade(self._config, "head")


@contextmanager
def restoring(url: str, scripts: Path, revision: str) -> Iterator[Restoring]:
    """Committed when the block ends well. Raises what `migrate` raises."""
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    config = alembic_config(scripts)
    with connect_patiently(engine, PATIENCE) as connection, connection.begin():
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key("migrations")}
        )
        check_server(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        yield Restoring(connection, config)


def count_rows(connection: Rows, table: str) -> int:
    """How many rows a table has."""
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    row = connection.execute(query).fetchone()
    return 0 if row is None else int(row[0])


def load(
    connection: Rows,
    is_ours: IsOurs,
    *,
    tables: Sequence[DumpedTable],
    sequences: Iterable[DumpedSequence],
    open_rows: Callable[[str], AbstractContextManager[IO[bytes]]],
) -> None:
    """Replace all rows. Foreign keys and triggers rest meanwhile, and are checked at the end.

    Raises `DumpMismatch` when tables, columns or keys do not fit.
    """
    present = {table.name: table.columns for table in _tables(connection, is_ours)}
    for name in present.keys() ^ {table.name for table in tables}:
        raise DumpMismatch(f"the table {name} is not in both")
    for table in tables:
        if set(present[table.name]) != set(table.columns):
            raise DumpMismatch(f"the columns of {table.name} differ")
    for statement in PLAIN_SPELLING:
        connection.execute(statement.encode())
    connection.execute(sql.SQL("TRUNCATE {}").format(_identifiers(present)))
    try:
        with _keys_and_triggers_at_rest(connection, present):
            for table in tables:
                _load_table(connection, table, open_rows)
    except psycopg.IntegrityError as error:
        raise DumpMismatch(str(error)) from error
    for sequence in sequences:
        connection.execute(
            "SELECT setval(%s::regclass, %s, %s)",
            [sql.Identifier(sequence.name).as_string(), sequence.value, sequence.is_called],
        )


def _load_table(
    connection: Rows,
    table: DumpedTable,
    open_rows: Callable[[str], AbstractContextManager[IO[bytes]]],
) -> None:
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), _identifiers(table.columns)
    )
    try:
        with open_rows(table.name) as rows, connection.cursor().copy(query) as copy:
            while data := rows.read(CHUNK_BYTES):
                copy.write(data)
    except psycopg.DataError as error:
        raise DumpMismatch(f"the rows of {table.name} are damaged: {error}") from error


@contextmanager
def _keys_and_triggers_at_rest(connection: Rows, names: Iterable[str]) -> Iterator[None]:
    """Foreign keys are dropped and made again: tables may point at each other in circles, and the
    queue's triggers would write rows that are loaded as well."""
    keys = connection.execute(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) "
        "FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    ).fetchall()
    for table, key, _ in keys:
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {key}".encode())
    for name in names:
        _switch_triggers(connection, name, "DISABLE")
    yield
    for name in names:
        _switch_triggers(connection, name, "ENABLE")
    for table, key, definition in keys:
        connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {key} {definition}".encode())


def _switch_triggers(connection: Rows, table: str, verb: str) -> None:
    statement = f"ALTER TABLE {sql.Identifier(table).as_string()} {verb} TRIGGER USER"
    connection.execute(statement.encode())


def _identifiers(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)


def _table_names(connection: Rows) -> list[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY relname"
    )
    return [str(name) for (name,) in rows]


def _tables(connection: Rows, is_ours: IsOurs) -> list[DumpedTable]:
    """Generated columns are left out: the server fills them."""
    rows = connection.execute(
        "SELECT relname, array_agg(attname::text ORDER BY attnum) "
        "FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
        "WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace "
        "AND attnum > 0 AND NOT attisdropped AND attgenerated = '' "
        "GROUP BY relname ORDER BY relname"
    )
    return [
        DumpedTable(name=name, columns=tuple(columns))
        for name, columns in rows
        if name != VERSION_TABLE and is_ours(name)
    ]


def _sequence_names(connection: Rows, is_ours: IsOurs) -> list[str]:
    rows = connection.execute(
        "SELECT s.relname, t.relname FROM pg_class s "
        "JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') "
        "JOIN pg_class t ON t.oid = d.refobjid "
        "WHERE s.relkind = 'S' AND s.relnamespace = current_schema()::regnamespace ORDER BY 1"
    )
    return [str(name) for name, table in rows if is_ours(table)]
