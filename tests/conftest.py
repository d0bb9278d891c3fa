"""Fixtures of the whole suite: one database server per run, rolled-back or cloned databases."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from mojodex.kit.clock import FrozenClock
from mojodex.platform.db import Database
from mojodex.platform.events import EventBus
from tests.harness.directories import open_directory
from tests.harness.rolled_back import rolled_back
from tests.measuring import measure
from tests.postgres import TEMPLATE, TestServer, clone, running_server
from tests.sharing import ModuleScheduling, count_processes, refuse_namesakes, sort_by_length
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
def pytest_xdist_auto_num_workers() -> int:
    return int(os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") or count_processes())


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ModuleScheduling:
    return ModuleScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    refuse_namesakes(items)
    if hasattr(config, "workerinput"):
        sort_by_length(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    measure(item)


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
    async with rolled_back(pg_shared_url, clock=clock) as database:
        database.provide(EventBus, EventBus())
        yield database


@pytest.fixture
async def committed_db(pg_url: str, clock: FrozenClock) -> AsyncIterator[Database]:
    """A database of one's own with real, parallel, committed transactions."""
    database = Database(pg_url, clock=clock)
    database.provide(EventBus, EventBus())
    yield database
    await database.close()
