"""A server that goes away in the middle of a transaction."""

import asyncio
from uuid import uuid4

import pytest
from sqlalchemy import text

from mojodex.platform.db import (
    Database,
    DatabaseUnavailable,
    database,
    listener,
    lock_xact,
    notify,
)
from tests.harness.wires import far_away


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


async def test_the_victim_of_a_deadlock_has_the_same_name(committed_db: Database) -> None:
    """One of two that wait for each other goes on, the other may try again."""
    locks = [uuid4(), uuid4()]
    have_one = asyncio.Barrier(2)

    async def take(first: int) -> None:
        async with committed_db.begin() as tx:
            await lock_xact(tx, "test", locks[first])
            await have_one.wait()
            await lock_xact(tx, "test", locks[1 - first])

    ends = await asyncio.gather(take(0), take(1), return_exceptions=True)
    assert [type(end) for end in sorted(ends, key=str)] == [type(None), DatabaseUnavailable]


async def test_who_is_lost_in_a_transaction_holds_up_nobody(
    pg_url: str, committed_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server would wait for its next statement for ever, and others for its locks."""
    monkeypatch.setattr(database, "IDLE_TRANSACTION_SECONDS", 0.5)
    lock = uuid4()
    async with far_away(pg_url) as (wires, url):
        lost = Database(url)
        with pytest.raises(DatabaseUnavailable):
            async with lost.begin() as tx:
                await lock_xact(tx, "test", lock)
                wires.silence()
                async with asyncio.timeout(30), committed_db.begin() as other:
                    await lock_xact(other, "test", lock)
                wires.restore()
                await tx.execute(text("SELECT 1"))
        async with lost.begin() as tx:
            assert await tx.scalar(text("SELECT 1")) == 1
        await lost.close()


async def test_the_server_looks_after_its_clients(committed_db: Database) -> None:
    """A host that is lost is let go with its locks after seconds, not after two hours."""
    async with committed_db.begin() as tx:
        assert await tx.scalar(text("SHOW idle_in_transaction_session_timeout")) == "30s"
    async with await committed_db.connect() as connection:
        cursor = await connection.execute("SHOW idle_in_transaction_session_timeout")
        assert await cursor.fetchone() == ("30s",)


async def test_a_listener_whose_host_is_lost_listens_elsewhere(
    pg_url: str, committed_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that is lost says no farewell, and nothing would ever be heard."""
    monkeypatch.setattr(listener, "PROBE_SECONDS", 0.3)
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with far_away(pg_url) as (wires, url):
        db = Database(url)
        await db.listen("bell", heard.put_nowait)
        wires.silence()
        async with asyncio.timeout(30):
            assert await heard.get() == ""
            async with committed_db.begin() as tx:
                await notify(tx, "bell", "again")
            assert await heard.get() == "again"
        await db.close()
