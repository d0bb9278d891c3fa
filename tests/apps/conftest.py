"""Databases that no revision has touched yet."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql


@pytest.fixture
def empty_url(pg_admin_url: str) -> Iterator[str]:
    """The address of an empty database, dropped at the end."""
    name = f"empty_{uuid4().hex[:16]}"
    with psycopg.connect(pg_admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield pg_admin_url.replace("/postgres?", f"/{name}?")
    with psycopg.connect(pg_admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
