"""The history of the tables ends where the models are, and knows the job queue's schema."""

import asyncio
import hashlib
from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import NullPool, create_engine

from mojodex.apps.migrations import SCRIPTS, load_models
from mojodex.platform.db import Base, Database, sqlalchemy_url
from mojodex.platform.db.migrate import alembic_config, head_revision, is_migrated, migrate
from mojodex.platform.jobs import schema_sql

NAME = "migrated_by_revisions"
#: Of procrastinate 3.10.
QUEUE_SCHEMA = "c70ec4b400a60ad9"


@pytest.fixture(scope="module")
def migrated_url(pg_admin_url: str) -> Iterator[str]:
    """A database made by the revisions alone, by two processes' worth of starters at once."""
    identifier = sql.Identifier(NAME)
    with psycopg.connect(pg_admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
    url = pg_admin_url.replace("/postgres?", f"/{NAME}?")

    async def start_twice() -> None:
        await asyncio.gather(migrate(url, SCRIPTS), migrate(url, SCRIPTS))

    asyncio.run(start_twice())
    yield url
    with psycopg.connect(pg_admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


def test_the_revisions_make_what_the_models_say(migrated_url: str) -> None:
    config = alembic_config(SCRIPTS)
    engine = create_engine(sqlalchemy_url(migrated_url), poolclass=NullPool)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)


async def test_two_starting_processes_leave_one_head(migrated_url: str) -> None:
    db = Database(migrated_url)
    assert await is_migrated(db, head_revision(SCRIPTS))
    await db.close()


def test_the_newest_revision_is_read_as_alembic_reads_it() -> None:
    script = ScriptDirectory.from_config(alembic_config(SCRIPTS))
    assert head_revision(SCRIPTS) == script.get_current_head()


def test_the_queues_schema_is_the_one_that_revision_0001_made() -> None:
    """Another version of the queue's package may bring another schema: databases made before need
    a revision that applies the difference. Write it, then change the number here."""
    found = hashlib.sha256(schema_sql().encode()).hexdigest()
    assert found[:16] == QUEUE_SCHEMA, "write a revision that changes the queue's tables"


def test_every_table_is_ours_by_name_and_loaded() -> None:
    load_models()
    tables = set(Base.metadata.tables)
    assert {"md_user", "md_task", "md_session", "md_setting", "md_delivery"} <= tables
    assert all(name.startswith("md_") for name in tables)


def test_revisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (SCRIPTS / "versions").glob("*.py"))
    assert [int(name.partition("_")[0]) for name in names] == list(range(1, len(names) + 1))
