"""The queue's own tables. They enter through our revisions, never by themselves."""

from importlib import resources
from typing import Any, LiteralString

import psycopg


def schema_sql() -> LiteralString:
    """The statements that make the queue's types, tables, functions and triggers."""
    path = resources.files("procrastinate.sql") / "schema.sql"
    return path.read_text(encoding="utf-8")


async def apply_schema(connection: psycopg.AsyncConnection[Any]) -> None:
    """Make the queue's tables unless they exist. The caller owns the transaction."""
    cursor = await connection.execute("SELECT to_regclass('procrastinate_jobs') IS NULL")
    row = await cursor.fetchone()
    if row is not None and row[0]:
        await connection.execute(schema_sql())
