"""The stage of the wire tests: one cast per process, and for each test a transaction of its own."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from mojodex.domains.chat import RunningTurns
from mojodex.kit.clock import FrozenClock
from mojodex.platform.db import Database
from tests.faces.mojodex.stage import Cast, Stage, make_cast, open_stage
from tests.harness.doubles import provide_doubles
from tests.harness.rolled_back import rolled_back
from tests.postgres import clone


async def _make_cast(url: str, clock: FrozenClock) -> Cast:
    db = Database(url, clock=clock)
    doubles = provide_doubles(db)
    try:
        return await make_cast(db, doubles)
    finally:
        await db.use(RunningTurns).close()
        await doubles.streams.close_all()
        await db.close()


@pytest.fixture(scope="session")
def cast_and_url(pg_admin_url: str) -> Iterator[tuple[Cast, str]]:
    with clone(pg_admin_url) as url:
        yield (
            asyncio.run(_make_cast(url, FrozenClock(datetime(2026, 11, 2, 9, 0, tzinfo=UTC)))),
            url,
        )


@pytest.fixture
async def stage(cast_and_url: tuple[Cast, str], clock: FrozenClock) -> AsyncIterator[Stage]:
    cast, url = cast_and_url
    async with rolled_back(url, clock=clock) as db:
        doubles = provide_doubles(db)
        stage = open_stage(db, doubles, cast)
        yield stage
        await stage.client.aclose()
        await db.use(RunningTurns).close()
        await doubles.streams.close_all()
