"""Migrations at start: once, under a lock, never over a newer database; and clear refusals."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Connection, NullPool, create_engine, text

from mojodex.platform.db import Database, sqlalchemy_url
from mojodex.platform.db.errors import (
    DatabaseFromTheFuture,
    DatabaseTooOld,
    DatabaseUnreachable,
    VectorExtensionMissing,
)
from mojodex.platform.db.migrate import check_server, head_revision, is_migrated, migrate
from tests.postgres import TestServer, running_server

ENV = """
from alembic import context
context.configure(connection=context.config.attributes["connection"], target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
"""
REVISION = """
from alembic import op
revision = "{number}"
down_revision = {before}
def upgrade():
    op.execute("{statement}")
"""


@pytest.fixture(scope="module")
def server() -> Iterator[TestServer]:
    with running_server() as started:
        yield started


@pytest.fixture
def url(server: TestServer) -> str:
    name = f"m_{uuid4().hex}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return server.url(name)


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Two revisions; the first one is slow, so that a second process comes in the middle."""
    versions = tmp_path / "versions"
    versions.mkdir()
    (tmp_path / "env.py").write_text(ENV)
    slow = "CREATE TABLE one AS SELECT 1 AS n FROM (SELECT pg_sleep(0.3)) s"
    write_revision(tmp_path, "0001", None, slow)
    write_revision(tmp_path, "0002", "0001", "CREATE TABLE two ()")
    return tmp_path


def write_revision(scripts: Path, number: str, before: str | None, statement: str) -> None:
    source = REVISION.format(number=number, before=repr(before), statement=statement)
    (scripts / "versions" / f"{number}.py").write_text(source)


def run(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


async def test_an_empty_database_gets_everything(url: str, scripts: Path) -> None:
    db = Database(url)
    head = head_revision(scripts)
    assert head == "0002"
    assert not await is_migrated(db, head)
    await migrate(url, scripts)
    assert await is_migrated(db, head)
    await db.close()
    assert run(url, "SELECT n FROM one") == [(1,)]
    assert run(url, "SELECT 1 FROM pg_extension WHERE extname = 'vector'") == [(1,)]


async def test_at_the_newest_revision_alembic_has_nothing_to_do(url: str, scripts: Path) -> None:
    await migrate(url, scripts)
    (scripts / "env.py").write_text("raise RuntimeError('Alembic was asked')\n")
    await migrate(url, scripts)
    write_revision(scripts, "0003", "0002", "CREATE TABLE three ()")
    with pytest.raises(RuntimeError, match="Alembic was asked"):
        await migrate(url, scripts)


async def test_two_starting_processes_make_one_migration(url: str, scripts: Path) -> None:
    await asyncio.gather(*(migrate(url, scripts) for _ in range(4)))
    assert run(url, "SELECT version_num FROM alembic_version") == [("0002",)]


async def test_a_failing_revision_leaves_nothing(url: str, scripts: Path) -> None:
    write_revision(scripts, "0003", "0002", "SELECT 1 / 0")
    with pytest.raises(Exception, match="division by zero"):
        await migrate(url, scripts)
    assert run(url, "SELECT to_regclass('one'), to_regclass('alembic_version')") == [(None, None)]
    (scripts / "versions" / "0003.py").unlink()
    await migrate(url, scripts)
    assert run(url, "SELECT n FROM one") == [(1,)]


async def test_a_newer_database_is_refused_in_words(url: str, scripts: Path) -> None:
    write_revision(scripts, "0003", "0002", "CREATE TABLE three ()")
    await migrate(url, scripts)
    (scripts / "versions" / "0003.py").unlink()
    with pytest.raises(DatabaseFromTheFuture) as caught:
        await migrate(url, scripts)
    assert "revision 0003" in caught.value.describe()
    assert "newer Mojodex" in caught.value.describe()
    db = Database(url)
    assert not await is_migrated(db, "0002")
    await db.close()


async def test_without_any_revision_an_empty_database_is_current(url: str, tmp_path: Path) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV)
    db = Database(url)
    assert await is_migrated(db, head_revision(tmp_path))
    await db.close()


async def test_a_role_without_rights_is_told_what_to_run(
    server: TestServer, url: str, scripts: Path
) -> None:
    database = url.split("?")[0].rpartition("/")[2]
    run(url, "DROP ROLE IF EXISTS weak")
    run(url, "CREATE ROLE weak LOGIN")
    weak = server.url(database).replace("postgres@", "weak@")
    with pytest.raises(VectorExtensionMissing) as caught:
        await migrate(weak, scripts)
    assert "CREATE EXTENSION vector" in caught.value.describe()
    assert database in caught.value.describe()


async def test_an_absent_server_is_waited_for_and_then_named(scripts: Path) -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        await migrate("postgresql://u:hunter2@127.0.0.1:1/d", scripts, patience=timedelta())
    assert "MOJODEX_DATABASE_URL" in caught.value.describe()
    assert "refused" in caught.value.describe()
    assert "hunter2" not in caught.value.describe()


async def test_a_refusal_is_not_waited_for(server: TestServer, scripts: Path) -> None:
    absent = server.url("no_such_database")
    with pytest.raises(DatabaseUnreachable, match="no_such_database"):
        await asyncio.wait_for(migrate(absent, scripts), 5)


def test_an_old_server_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mojodex.platform.db.migrate.OLDEST_MAJOR_VERSION", 99)
    with connected(url) as connection, pytest.raises(DatabaseTooOld) as caught:
        check_server(connection)
    assert "PostgreSQL 18; Mojodex needs 99 or newer" in caught.value.describe()


def test_a_server_without_pgvector_is_refused(url: str) -> None:
    """A view in the way of the catalogue's own makes the server look as if it had none."""
    run(url, "CREATE SCHEMA bare")
    run(url, "CREATE VIEW bare.pg_available_extensions AS SELECT 'plpgsql'::name AS name")
    with connected(url) as connection, pytest.raises(VectorExtensionMissing) as caught:
        connection.execute(text("SET search_path = bare, pg_catalog"))
        check_server(connection)
    assert "lacks the extension pgvector" in caught.value.describe()
    assert "Install" in caught.value.describe()


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    with create_engine(sqlalchemy_url(url), poolclass=NullPool).connect() as connection:
        yield connection
