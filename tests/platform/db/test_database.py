"""Transactions, provisions, locks and notifications against a real server."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from mojodex.platform.db import (
    Database,
    DatabaseUnavailable,
    TransactionOpen,
    Tx,
    lock_xact,
    notify,
    own_xact,
    with_db_session,
)
from mojodex.platform.db.listener import Listener
from tests.domains.counting import statements


async def _make_table(db: Database) -> None:
    async with db.begin() as tx:
        await tx.execute(text("CREATE TABLE thing (n int PRIMARY KEY)"))


async def _count(db: Database) -> int:
    async with db.begin() as tx:
        return int(await tx.scalar(text("SELECT count(*) FROM thing")) or 0)


async def test_a_transaction_commits_or_leaves_nothing(committed_db: Database) -> None:
    await _make_table(committed_db)
    async with committed_db.begin() as tx:
        await tx.execute(text("INSERT INTO thing VALUES (1)"))
    with pytest.raises(ZeroDivisionError):
        async with committed_db.begin() as tx:
            await tx.execute(text("INSERT INTO thing VALUES (2)"))
            raise ZeroDivisionError
    assert await _count(committed_db) == 1


async def test_a_cancelled_transaction_is_rolled_back(committed_db: Database) -> None:
    await _make_table(committed_db)
    inside = asyncio.Event()

    async def slow() -> None:
        async with committed_db.begin() as tx:
            await tx.execute(text("INSERT INTO thing VALUES (1)"))
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(slow())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await _count(committed_db) == 0


async def test_slow_calls_are_refused_inside_a_transaction(db: Database) -> None:
    db.outside_transaction()
    async with db.begin():
        with pytest.raises(TransactionOpen):
            db.outside_transaction()
    db.outside_transaction()


async def test_provisions_reach_the_transaction(db: Database) -> None:
    class Bell: ...

    bell = Bell()
    db.provide(Bell, bell)
    async with db.begin() as tx:
        assert tx.use(Bell) is bell
        with pytest.raises(LookupError):
            tx.use(dict)


async def test_with_db_session_opens_one(committed_db: Database) -> None:
    @with_db_session
    async def make(tx: Tx, number: int) -> int:
        await tx.execute(text("INSERT INTO thing VALUES (:n)"), {"n": number})
        return number

    await _make_table(committed_db)
    assert await make(committed_db, 4) == 4
    assert await _count(committed_db) == 1


async def test_a_named_lock_is_held_until_the_end(committed_db: Database) -> None:
    order: list[str] = []

    async def work(name: str) -> None:
        async with committed_db.begin() as tx:
            await lock_xact(tx, "door", 7)
            order.append(f"{name} in")
            await asyncio.sleep(0.05)
            order.append(f"{name} out")

    await asyncio.gather(work("a"), work("b"))
    assert order[0][0] == order[1][0]
    assert order[2][0] == order[3][0]


async def test_a_lock_that_is_held_already_costs_nothing(db: Database) -> None:
    async with db.begin() as tx:
        with statements() as asked:
            await lock_xact(tx, "thing", 1)
            await lock_xact(tx, "thing", 1)
            own_xact(tx, "thing", 2)
            await lock_xact(tx, "thing", 2)
        assert len(asked) == 1
        with pytest.raises(ZeroDivisionError):
            async with tx.savepoint():
                await lock_xact(tx, "thing", 3)
                raise ZeroDivisionError
        with statements() as asked:
            await lock_xact(tx, "thing", 3)
        assert len(asked) == 1


async def test_a_savepoint_that_is_undone_is_forgotten(db: Database) -> None:
    async with db.begin() as tx:
        tx.memory["before"] = 1
        with pytest.raises(ZeroDivisionError):
            async with tx.savepoint():
                tx.memory["before"] = 2
                tx.memory["within"] = 3
                raise ZeroDivisionError
        assert tx.memory == {"before": 1}
        async with tx.savepoint():
            tx.memory["before"] = 4
        assert tx.memory == {"before": 4}
    async with db.begin() as tx:
        assert tx.memory == {}


async def test_what_is_left_for_the_end_is_written_at_once(committed_db: Database) -> None:
    await _make_table(committed_db)
    batches: list[list[int]] = []

    async def write(tx: Tx, numbers: Sequence[int]) -> None:
        batches.append(list(numbers))
        for number in numbers:
            await tx.execute(text("INSERT INTO thing VALUES (:number)"), {"number": number})

    async with committed_db.begin() as tx:
        tx.leave(write, 1)
        with pytest.raises(ZeroDivisionError):
            async with tx.savepoint():
                tx.leave(write, 2)
                raise ZeroDivisionError
        tx.leave(write, 3)
        assert batches == []
    assert batches == [[1, 3]]
    assert await _count(committed_db) == 2
    with pytest.raises(ZeroDivisionError):
        async with committed_db.begin() as tx:
            tx.leave(write, 4)
            raise ZeroDivisionError
    assert batches == [[1, 3]]


async def test_a_notification_rings_only_after_commit(committed_db: Database) -> None:
    heard: list[str] = []
    rung = asyncio.Event()

    def hear(payload: str) -> None:
        heard.append(payload)
        rung.set()

    await committed_db.listen("bell", hear)
    with pytest.raises(ZeroDivisionError):
        async with committed_db.begin() as tx:
            await notify(tx, "bell", "lost")
            raise ZeroDivisionError
    async with committed_db.begin() as tx:
        await notify(tx, "bell", "kept")
        await asyncio.sleep(0.05)
        assert heard == []
    await asyncio.wait_for(rung.wait(), 5)
    assert heard == ["kept"]


async def test_several_channels_are_heard_by_one_listener(committed_db: Database) -> None:
    heard: list[tuple[str, str]] = []

    def hear(channel: str, payload: str) -> None:
        heard.append((channel, payload))

    for channel in ("one", "two", "three"):
        await committed_db.listen(channel, partial(hear, channel))
    async with committed_db.begin() as tx:
        for channel in ("three", "one", "two"):
            await notify(tx, channel, channel)
    for _ in range(100):
        if len(heard) == 3:
            break
        await asyncio.sleep(0.02)
    assert sorted(heard) == [("one", "one"), ("three", "three"), ("two", "two")]


async def test_the_listener_comes_back_and_says_so(
    committed_db: Database, pg_admin_url: str
) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    await committed_db.listen("bell", heard.put_nowait)
    async with await psycopg.AsyncConnection.connect(pg_admin_url, autocommit=True) as admin:
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%%'"
            " AND datname = %s",
            [committed_db.url.split("?")[0].rsplit("/", 1)[1]],
        )
    assert await asyncio.wait_for(heard.get(), 5) == ""
    async with committed_db.begin() as tx:
        await notify(tx, "bell", "again")
    assert await asyncio.wait_for(heard.get(), 5) == "again"


class InterruptedListener(Listener):
    """Loses its next connections again before it has taken up its last channel."""

    n_to_lose = 0

    async def _subscribe(self, connection: psycopg.AsyncConnection[Any]) -> None:
        if self.n_to_lose:
            self.n_to_lose -= 1
            await connection.execute("LISTEN first")
            self._heard.add("first")
            raise psycopg.OperationalError("gone again")
        await super()._subscribe(connection)


async def test_every_channel_is_told_of_a_reconnection_that_took_several_tries(
    pg_url: str,
) -> None:
    heard = {name: asyncio.Queue[str]() for name in ("first", "second")}
    listener = InterruptedListener(pg_url)
    try:
        for name, queue in heard.items():
            await listener.listen(name, queue.put_nowait)
        listener.n_to_lose = 2
        async with await psycopg.AsyncConnection.connect(pg_url, autocommit=True) as admin:
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )
        for queue in heard.values():
            assert await asyncio.wait_for(queue.get(), 30) == ""
            assert queue.empty()
    finally:
        await listener.close()


async def test_a_broken_pooled_connection_is_replaced(
    committed_db: Database, pg_admin_url: str
) -> None:
    await committed_db.ping()
    async with await psycopg.AsyncConnection.connect(pg_admin_url, autocommit=True) as admin:
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [committed_db.url.split("?")[0].rsplit("/", 1)[1]],
        )
    await committed_db.ping()


async def test_an_absent_server_is_named() -> None:
    absent = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseUnavailable):
        await absent.ping()
    await absent.close()


async def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="postgresql://"):
        Database("mysql://host/db")
