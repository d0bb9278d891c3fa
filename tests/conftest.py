"""Fixtures of the whole suite: one database server per run, rolled-back or cloned databases."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from mojodex.kit.clock import FrozenClock
from mojodex.platform.db import Database, sqlalchemy_url
from mojodex.platform.events import EventBus
from tests.harness.directories import open_directory
from tests.postgres import TEMPLATE, TestServer, clone, running_server
from tests.template import build_template

_server = pytest.StashKey[TestServer]()
_context = pytest.StashKey[AbstractContextManager[TestServer] | None]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_context] = None


def _start(config: pytest.Config) -> str:
    """Start the run's server once, in the controlling process. Returns its admin address."""
    if hasattr(config, "workerinput"):
        return str(config.workerinput["pg_admin_url"])
    if _server not in config.stash:
        context = running_server()
        server = context.__enter__()
        config.stash[_server] = server
        config.stash[_context] = context
        admin = server.url("postgres")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{TEMPLATE}"')
        asyncio.run(build_template(server.url(TEMPLATE)))
    return config.stash[_server].url("postgres")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: the controller starts the server before its first worker."""
    node.workerinput["pg_admin_url"] = _start(node.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    context = config.stash.get(_context, None)
    if context is not None:
        context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def pg_admin_url(request: pytest.FixtureRequest) -> str:
    """The maintenance database of the run's server."""
    return _start(request.config)


@pytest.fixture(scope="session")
def pg_shared_url(pg_admin_url: str) -> Iterator[str]:
    """A migrated database for tests that roll everything back; one per xdist worker."""
    with clone(pg_admin_url) as url:
        yield url


@pytest.fixture
def pg_url(pg_admin_url: str) -> Iterator[str]:
    """A migrated database of one's own, for tests that commit."""
    with clone(pg_admin_url) as url:
        yield url


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A directory of one's own that the database's account can enter."""
    with open_directory() as place:
        yield place


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 11, 2, 9, 30, tzinfo=UTC))


@pytest.fixture
async def db(pg_shared_url: str, clock: FrozenClock) -> AsyncIterator[Database]:
    """A database whose every transaction is a savepoint that disappears with the test."""
    engine = create_async_engine(
        sqlalchemy_url(pg_shared_url), connect_args={"prepare_threshold": None}
    )
    async with engine.connect() as connection:
        outer = await connection.begin()
        database = Database(pg_shared_url, clock=clock, connection=connection)
        database.provide(EventBus, EventBus())
        yield database
        await outer.rollback()
        await database.close()
    await engine.dispose()


@pytest.fixture
async def committed_db(pg_url: str, clock: FrozenClock) -> AsyncIterator[Database]:
    """A database of one's own with real, parallel, committed transactions."""
    database = Database(pg_url, clock=clock)
    database.provide(EventBus, EventBus())
    yield database
    await database.close()
