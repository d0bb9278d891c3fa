"""A world per session, and a transaction of its own, rolled back, for each cell."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from mojodex.platform.db import Database
from tests.faces.matrix.world import World, build_world
from tests.harness.doubles import provide_doubles
from tests.harness.rolled_back import rolled_back
from tests.postgres import clone


async def _build(url: str) -> World:
    db = Database(url)
    try:
        return await build_world(db, provide_doubles(db))
    finally:
        await db.close()


@pytest.fixture(scope="session")
def world_and_url(pg_admin_url: str) -> Iterator[tuple[World, str]]:
    with clone(pg_admin_url) as url:
        yield asyncio.run(_build(url)), url


@pytest.fixture
def world(world_and_url: tuple[World, str]) -> World:
    return world_and_url[0]


@pytest.fixture
async def world_db(world_and_url: tuple[World, str]) -> AsyncIterator[Database]:
    """The world's database; what a test changes disappears."""
    world, url = world_and_url
    async with rolled_back(url) as db:
        provide_doubles(db).media.files.update(world.files)
        yield db
