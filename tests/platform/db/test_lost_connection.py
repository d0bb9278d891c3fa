"""A server that goes away in the middle of a transaction."""

import asyncio

import pytest
from sqlalchemy import text

from mojodex.platform.db import Database, DatabaseUnavailable


@pytest.mark.parametrize("is_at_commit", [False, True])
async def test_a_connection_lost_on_the_way_has_a_name(
    committed_db: Database, is_at_commit: bool
) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with committed_db.begin() as tx:
            pid = await tx.scalar(text("SELECT pg_backend_pid()"))
            async with await committed_db.connect() as other:
                await other.execute("SELECT pg_terminate_backend(%s)", (pid,))
            await asyncio.sleep(0.1)
            if not is_at_commit:
                await tx.execute(text("SELECT 1"))
    async with committed_db.begin() as tx:
        assert await tx.scalar(text("SELECT 1")) == 1
