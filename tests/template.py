"""Builds the template from which every test database is cloned."""

import importlib
import pkgutil

import psycopg
from sqlalchemy.ext.asyncio import create_async_engine

import mojodex
from mojodex.platform.db import Base, sqlalchemy_url


def load_models() -> None:
    """Import every module that declares tables."""
    for module in pkgutil.walk_packages(mojodex.__path__, "mojodex."):
        if module.name.rsplit(".", 1)[-1] in ("models", "tables"):
            importlib.import_module(module.name)


async def build_template(url: str) -> None:
    """All tables and the job queue's schema, in an empty database."""
    load_models()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        try:
            jobs = importlib.import_module("mojodex.platform.jobs")
        except ModuleNotFoundError:
            jobs = None
        if jobs is not None and hasattr(jobs, "apply_schema"):
            await jobs.apply_schema(connection)
    engine = create_async_engine(sqlalchemy_url(url))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()
