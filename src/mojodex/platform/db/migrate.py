"""Migrations at start: under a lock, in one transaction, never backwards.

Alembic is imported where it is used: most starts find the newest revision and need none of it.
"""

import asyncio
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import structlog
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from mojodex.platform.db.database import Database, libpq_url, sqlalchemy_url
from mojodex.platform.db.errors import (
    DatabaseFromTheFuture,
    DatabaseTooOld,
    DatabaseUnreachable,
    VectorExtensionMissing,
)
from mojodex.platform.db.listener import CONNECT_ARGS
from mojodex.platform.db.locks import lock_key

if TYPE_CHECKING:
    from alembic.config import Config

log = structlog.stdlib.get_logger(__name__)

OLDEST_MAJOR_VERSION = 15
PATIENCE = timedelta(seconds=30)
#: How often a server that does not answer yet is asked again, and how often that is told.
RETRY_SECONDS, TELL_SECONDS = 0.2, 5.0
#: Answers of a server that are worth another try; libpq gives no code for a refused connection.
PASSING_REFUSALS = ("starting up", "shutting down", "recovery", "too many", "remaining connection")
#: What the file of a revision says of itself and of the one before it.
REVISION = re.compile(r"""^(revision|down_revision) = ["'](\w+)["']$""", re.MULTILINE)


def alembic_config(scripts: Path) -> "Config":
    """What Alembic needs to know; `scripts` holds `env.py` and `versions`."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def head_revision(scripts: Path) -> str | None:
    """The newest revision of this release, read from the files; None when there is none yet."""
    stated = [
        found
        for path in (scripts / "versions").glob("*.py")
        for found in REVISION.findall(path.read_text(encoding="utf-8"))
    ]
    revisions, before = (
        {value for key, value in stated if key == name} for name in ("revision", "down_revision")
    )
    heads = sorted(revisions - before)
    return heads[-1] if heads else None


def knows_revision(scripts: Path, revision: str) -> bool:
    """Whether this release has the revision."""
    return revision in _known_revisions(alembic_config(scripts))


def _known_revisions(config: "Config") -> set[str]:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(config)
    return {known.revision for known in script.walk_revisions()}


async def migrate(url: str, scripts: Path, *, patience: timedelta = PATIENCE) -> None:
    """Bring the database to this release's newest revision.

    Of several processes that start at once one migrates, the others wait and find nothing to do.
    Waits up to `patience` for a server that does not answer yet. Raises `DatabaseUnreachable`,
    `DatabaseTooOld`, `VectorExtensionMissing`, `DatabaseFromTheFuture`.
    """
    await asyncio.to_thread(_migrate, url, scripts, patience)


async def is_migrated(db: Database, head: str | None) -> bool:
    """Whether the database is at revision `head`. Raises `DatabaseUnavailable`."""
    async with db.begin() as tx:
        if await tx.scalar(text("SELECT to_regclass('alembic_version')")) is None:
            return head is None
        found = await tx.scalar(text("SELECT version_num FROM alembic_version"))
    return bool(found == head)


def _migrate(url: str, scripts: Path, patience: timedelta) -> None:
    if _is_at(url, head_revision(scripts)):
        return
    from alembic import command

    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    config = alembic_config(scripts)
    with connect_patiently(engine, patience) as connection, connection.begin():
        # Held until the commit, so that whoever comes second sees what the first one made.
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key("migrations")}
        )
        check_server(connection)
        refuse_the_future(connection, config)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _is_at(url: str, head: str | None) -> bool:
    """Whether one look finds the database at revision `head`. Whatever else it finds is no."""
    try:
        with psycopg.connect(libpq_url(url), autocommit=True, **CONNECT_ARGS) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except psycopg.Error:
        return False
    return found == [(head,)]


def connect_patiently(engine: Engine, patience: timedelta) -> Connection:
    """Raises `DatabaseUnreachable`."""
    deadline = time.monotonic() + patience.total_seconds()
    told = float("-inf")
    while True:
        try:
            return engine.connect()
        except OperationalError as error:
            reason = " ".join(str(error.orig).split())
            is_passing = any(words in reason for words in PASSING_REFUSALS)
            if ("FATAL:" in reason and not is_passing) or time.monotonic() >= deadline:
                raise DatabaseUnreachable(reason=reason) from error
            if time.monotonic() - told >= TELL_SECONDS:
                told = time.monotonic()
                log.info("waiting for the database", reason=reason)
            time.sleep(RETRY_SECONDS)


def check_server(connection: Connection) -> None:
    """Whether the server is new enough and has pgvector, which is activated when it is not.

    Raises `DatabaseTooOld`, `VectorExtensionMissing`.
    """
    database = check_version(connection)
    if has_vector(connection, database):
        return
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS vector"))
    except ProgrammingError as error:
        if isinstance(error.orig, InsufficientPrivilege):
            raise VectorExtensionMissing(is_installed=True, database=database) from error
        raise


def check_version(connection: Connection) -> str:
    """Whether the server is new enough. Returns the database's name. Raises `DatabaseTooOld`."""
    version, database = connection.execute(
        text("SELECT current_setting('server_version_num')::int, current_database()")
    ).one()
    if version < OLDEST_MAJOR_VERSION * 10_000:
        raise DatabaseTooOld(found=f"{version // 10_000}", wanted=OLDEST_MAJOR_VERSION)
    return str(database)


def has_vector(connection: Connection, database: str) -> bool:
    """Whether pgvector is active. Raises `VectorExtensionMissing` when the server has none."""
    if connection.scalar(text("SELECT 1 FROM pg_extension WHERE extname = 'vector'")):
        return True
    is_installed = connection.scalar(
        text("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")
    )
    if not is_installed:
        raise VectorExtensionMissing(is_installed=False, database=database)
    return False


def refuse_the_future(connection: Connection, config: "Config") -> None:
    """Raises `DatabaseFromTheFuture` for a revision that this release does not know."""
    from alembic.migration import MigrationContext

    known = _known_revisions(config)
    for revision in MigrationContext.configure(connection).get_current_heads():
        if revision not in known:
            raise DatabaseFromTheFuture(revision=revision)
