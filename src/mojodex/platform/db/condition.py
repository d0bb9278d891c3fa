"""How a database is, found out without changing anything."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text

from mojodex.platform.db.database import sqlalchemy_url
from mojodex.platform.db.errors import VectorExtensionMissing
from mojodex.platform.db.migrate import (
    alembic_config,
    check_version,
    connect_patiently,
    has_vector,
    refuse_the_future,
)

CONNECT_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class DatabaseCondition:
    """A database that can be used. `revision` None: it is empty. `pending` revisions wait."""

    server_version: str
    revision: str | None
    pending: int
    #: What the server's clock said at last.
    server_now: datetime


async def inspect_database(url: str, scripts: Path) -> DatabaseCondition:
    """Raises `DatabaseUnreachable`, `DatabaseTooOld`, `VectorExtensionMissing`,
    `DatabaseFromTheFuture`."""
    return await asyncio.to_thread(_inspect, url, scripts)


def _inspect(url: str, scripts: Path) -> DatabaseCondition:
    engine = create_engine(
        sqlalchemy_url(url),
        poolclass=NullPool,
        connect_args={"connect_timeout": CONNECT_SECONDS},
    )
    with connect_patiently(engine, timedelta()) as connection:
        database = check_version(connection)
        if not has_vector(connection, database) and not _may_activate_vector(connection):
            raise VectorExtensionMissing(is_installed=True, database=database)
        config = alembic_config(scripts)
        refuse_the_future(connection, config)
        revision = MigrationContext.configure(connection).get_current_revision()
        script = ScriptDirectory.from_config(config)
        pending = len(list(script.iterate_revisions("head", revision or "base")))
        version, server_now = connection.execute(
            text("SELECT current_setting('server_version'), clock_timestamp()")
        ).one()
        return DatabaseCondition(
            server_version=str(version),
            revision=revision,
            pending=pending,
            server_now=server_now,
        )


def _may_activate_vector(connection: Connection) -> bool:
    """The extension is a trusted one: whoever may create in the database may activate it."""
    return bool(
        connection.scalar(
            text(
                "SELECT rolsuper OR (EXISTS (SELECT 1 FROM pg_available_extension_versions "
                "WHERE name = 'vector' AND trusted) "
                "AND has_database_privilege(current_database(), 'CREATE')) "
                "FROM pg_roles WHERE rolname = current_user"
            )
        )
    )
