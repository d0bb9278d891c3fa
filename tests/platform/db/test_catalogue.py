"""Conventions of the tables, read from the metadata and from a migrated database's catalogue."""

import psycopg
import pytest
from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from mojodex.apps.migrations import load_models
from mojodex.kit.errors import AppError, all_errors
from mojodex.platform.db import Base

load_models()
TABLES = sorted(Base.metadata.tables)


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_a_name_of_ours_and_server_defaults(name: str) -> None:
    table = Base.metadata.tables[name]
    assert name.startswith("md_")
    assert [c.name for c in table.columns if c.default is not None or c.onupdate is not None] == []
    assert [c.name for c in table.columns if getattr(c.type, "timezone", True) is False] == []


@pytest.mark.parametrize("name", TABLES)
def test_a_foreign_key_says_what_deletion_does(name: str) -> None:
    keys = Base.metadata.tables[name].foreign_keys
    assert [key.target_fullname for key in keys if key.ondelete is None] == []


def test_relationships_never_load_by_themselves() -> None:
    mappers: list[Mapper[object]] = list(Base.registry.mappers)
    loose = [
        f"{mapper.class_.__name__}.{relation.key}"
        for mapper in mappers
        for relation in inspect(mapper.class_).relationships
        if relation.lazy not in ("raise", "raise_on_sql")
    ]
    assert loose == []


def test_every_foreign_key_has_an_index(pg_shared_url: str) -> None:
    query = """
        SELECT c.conrelid::regclass || ' ' || c.conname FROM pg_constraint c
        WHERE c.contype = 'f' AND c.conrelid::regclass::text LIKE 'md\\_%%'
        AND NOT EXISTS (
            SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid
            AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
        )"""
    with psycopg.connect(pg_shared_url) as connection:
        missing = connection.execute(query.replace("%%", "%")).fetchall()
    assert missing == []


def test_error_codes_are_unique() -> None:
    codes: dict[str, type[AppError]] = {}
    for error in all_errors():
        if error.__module__.startswith("mojodex."):
            assert codes.setdefault(error.code, error) is error, error
            assert error.code.replace("_", "a").isalnum()
            assert error.code == error.code.lower()
