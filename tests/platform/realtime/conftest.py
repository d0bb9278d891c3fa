"""A served web process on a database of its own."""

from collections.abc import AsyncIterator

import pytest

from mojodex.platform.db import Database
from tests.platform.realtime.support import Web, serving


@pytest.fixture
async def web(committed_db: Database) -> AsyncIterator[Web]:
    async with serving(committed_db) as served:
        yield served
