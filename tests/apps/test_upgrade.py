"""A database of the previous release is upgraded: with all that is in it, also by two, also when
one of them is killed.

`release_0004.json` are the rows of a product that ran at revision 0004: people, log-ins, tasks,
finished, asking, renamed and deleted work, as JSON by tables.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from psycopg import sql
from sqlalchemy import NullPool, create_engine

from mojodex.apps.migrations import SCRIPTS
from mojodex.domains.executions import index_executions
from mojodex.domains.identity import log_in
from mojodex.platform.db import Database, sqlalchemy_url
from mojodex.platform.db.migrate import alembic_config, head_revision, migrate
from tests.harness.served import PASSWORD, serve

ROWS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "release_0004.json").read_text()
)
MIGRATE = """
import asyncio, sys
from mojodex.apps.migrations import SCRIPTS
from mojodex.platform.db.migrate import migrate
asyncio.run(migrate(sys.argv[1], SCRIPTS))
"""
PATIENCE = 60


@pytest.fixture
def old_url(pg_admin_url: str) -> Iterator[str]:
    """A filled database of the previous release."""
    name = f"upgraded_{os.getpid()}"
    identifier = sql.Identifier(name)
    with psycopg.connect(pg_admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
    url = pg_admin_url.replace("/postgres?", f"/{name}?")
    build_old(url)
    yield url
    with psycopg.connect(pg_admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


def build_old(url: str) -> None:
    config = alembic_config(SCRIPTS)
    engine = create_engine(sqlalchemy_url(url), poolclass=NullPool)
    with engine.connect() as connection, connection.begin():
        connection.exec_driver_sql("CREATE EXTENSION vector")
        config.attributes["connection"] = connection
        command.upgrade(config, "0004")
    with psycopg.connect(url) as filler:
        # Keys are not asked for while rows come in the order of the file.
        filler.execute("SET session_replication_role = replica")
        tables = sql.SQL(", ").join(map(sql.Identifier, ROWS))
        filler.execute(sql.SQL("TRUNCATE {} CASCADE").format(tables))
        for table, rows in ROWS.items():
            fill_table(filler, table, rows)


def fill_table(connection: psycopg.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    name = sql.Identifier(table)
    connection.execute(
        sql.SQL(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE"
            " SELECT {} FROM jsonb_populate_recordset(NULL::{}, %s)"
        ).format(name, columns, columns, name),
        [json.dumps(rows)],
    )
    numbered = connection.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND is_identity = 'YES'",
        [table],
    ).fetchall()
    for (column,) in numbered:
        connection.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence(%s, %s), max({})) FROM {}").format(
                sql.Identifier(column), name
            ),
            [table, column],
        )


def read_rows(url: str) -> dict[str, list[dict[str, Any]]]:
    """What is in the columns that the previous release knew."""
    found = {}
    with psycopg.connect(url) as connection:
        for table, rows in ROWS.items():
            query = sql.SQL("SELECT to_jsonb(old) FROM (SELECT {} FROM {}) AS old").format(
                sql.SQL(", ").join(map(sql.Identifier, rows[0])), sql.Identifier(table)
            )
            found[table] = sort_rows([row for (row,) in connection.execute(query)])
    return found


def sort_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


EVERYTHING = {table: sort_rows(rows) for table, rows in ROWS.items()}


def revision_of(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    assert row is not None
    return str(row[0])


async def test_a_filled_database_is_upgraded_and_goes_on(old_url: str) -> None:
    assert read_rows(old_url) == EVERYTHING
    await migrate(old_url, SCRIPTS)
    assert revision_of(old_url) == head_revision(SCRIPTS)
    assert read_rows(old_url) == EVERYTHING
    config = alembic_config(SCRIPTS)
    with create_engine(sqlalchemy_url(old_url), poolclass=NullPool).connect() as connection:
        config.attributes["connection"] = connection
        command.check(config)
    db = Database(old_url)
    n_started = sum(row["start_date"] is not None for row in ROWS["md_user_task_execution"])
    assert await index_executions(db) == n_started
    await db.close()
    async with serve(old_url) as served:
        login = await log_in(served.db, email="ada@example.org", password=PASSWORD, client="t")
        async with served.client() as api:
            api.headers["Authorization"] = f"Bearer {login.token}"
            work = (await api.get("/executions")).json()["items"]
            assert [item["title"] for item in work if item["state"] == "done"] == ["Été à Paris"]
            found = (await api.get("/executions", params={"q": "ete naive"})).json()
            assert [item["title"] for item in found["items"]] == ["Été à Paris"]
            page = (await api.get(f"/executions/{found['items'][0]['id']}")).json()
            assert page["text"]["body"].startswith("Only **this** is left")
            task = (await api.get(f"/tasks/{page['task']['id']}")).json()
            inputs = {item["name"]: "Again" for item in task["inputs"]}
            body = {"task_id": task["id"], "inputs": inputs}
            started = await api.post("/executions", json=body)
            assert started.status_code == 201, started.text


def start_migrating(url: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", MIGRATE, url], stderr=subprocess.PIPE)


async def wait_for_backends(url: str, condition: str, count: int) -> None:
    """Until so many other connections to the database are as the condition says."""
    async with (
        asyncio.timeout(PATIENCE),
        await psycopg.AsyncConnection.connect(url, autocommit=True) as connection,
    ):
        while True:
            row = await (
                await connection.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    f" AND pid <> pg_backend_pid() AND {condition}".encode()
                )
            ).fetchone()
            if row is not None and row[0] == count:
                return
            await asyncio.sleep(0.02)


async def test_a_migrator_that_is_killed_leaves_the_old_database_and_two_more_end_well(
    old_url: str,
) -> None:
    with psycopg.connect(old_url) as holder:
        # Whoever migrates now comes to this table and waits, its first changes made.
        holder.execute("LOCK TABLE md_user_task_execution IN ACCESS SHARE MODE")
        killed = start_migrating(old_url)
        await wait_for_backends(old_url, "wait_event_type = 'Lock' AND query LIKE '%ALTER%'", 1)
        os.kill(killed.pid, signal.SIGKILL)
        killed.communicate(timeout=PATIENCE)
        assert killed.returncode == -signal.SIGKILL
    await wait_for_backends(old_url, "backend_type = 'client backend'", 0)
    assert revision_of(old_url) == "0004"
    assert read_rows(old_url) == EVERYTHING

    with psycopg.connect(old_url) as holder:
        holder.execute("LOCK TABLE md_user_task_execution IN ACCESS SHARE MODE")
        migrators = [start_migrating(old_url) for _ in range(2)]
        await wait_for_backends(old_url, "wait_event_type = 'Lock'", 2)
    for migrator in migrators:
        _, errors = await asyncio.to_thread(migrator.communicate, None, PATIENCE)
        assert migrator.returncode == 0, errors.decode()
    assert revision_of(old_url) == head_revision(SCRIPTS)
    assert read_rows(old_url) == EVERYTHING
