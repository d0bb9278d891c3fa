"""Statements that stand by themselves, and the connections on which they run."""

import asyncio

import psycopg
import pytest
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    Table,
    bindparam,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from mojodex.platform.db import Database, DatabaseUnavailable, Prepared, Reading, given
from mojodex.platform.db.reading import Lender

PID = Prepared(select(text("pg_backend_pid()")))
ECHO = Prepared(select(bindparam("value", type_=JSONB), literal(7), literal("100%")))
SLEEP = Prepared(select(text("pg_sleep(60)")))

KEEP = Prepared(text("INSERT INTO md_text_type (name) VALUES ('kept') RETURNING name"))
HURRY = Prepared(text("SELECT set_config('statement_timeout', '1', false)"))


async def pid_of(tx: Reading) -> int:
    return int((await tx.fetch(PID, {}))[0][0])


async def test_rows_are_the_same_inside_and_outside_a_transaction(committed_db: Database) -> None:
    values = {"value": {"é": [1, None]}, "not asked for": object()}
    async with committed_db.read() as tx:
        alone = await tx.fetch(ECHO, values)
    async with committed_db.begin() as tx_:
        inside = await tx_.fetch(ECHO, values)
    assert [tuple(row) for row in alone] == [tuple(row) for row in inside]
    assert tuple(alone[0]) == ({"é": [1, None]}, 7, "100%")


async def test_what_is_written_stands_at_once_and_what_is_provided_is_there(
    committed_db: Database,
) -> None:
    committed_db.provide(str, "provided")
    with pytest.raises(LookupError):
        async with committed_db.read() as tx:
            assert (tx.use(str), tx.clock) == ("provided", committed_db.clock)
            await tx.fetch(KEEP, {})
            raise LookupError
    async with committed_db.begin() as tx_:
        assert await tx_.scalar(text("SELECT name FROM md_text_type")) == "kept"
        assert tx_.use(str) == "provided"


async def test_what_is_planned_anew_leaves_no_plan(committed_db: Database) -> None:
    kept = Prepared(text("SELECT 1 AS kept"))
    anew = Prepared(text("SELECT 1 AS anew"), is_planned_anew=True)
    plans = Prepared(text("SELECT count(*) FROM pg_prepared_statements WHERE statement = :asked"))
    async with committed_db.read() as tx:
        found = []
        for prepared in (kept, anew):
            for _ in range(6):
                await tx.fetch(prepared, {})
            found.append((await tx.fetch(plans, {"asked": prepared.text}))[0][0])
    assert found == [1, 0]


async def test_a_connection_is_used_again_until_it_is_lost(committed_db: Database) -> None:
    pids = []
    for _ in range(2):
        async with committed_db.read() as tx:
            pids.append(await pid_of(tx))
    assert pids[0] == pids[1]
    async with await committed_db.connect() as other:
        await other.execute("SELECT pg_terminate_backend(%s, 10000)", (pids[0],))
    async with committed_db.read() as tx:
        assert await pid_of(tx) != pids[0]


async def test_one_that_is_lost_on_the_way_has_a_name(committed_db: Database) -> None:
    async with committed_db.read() as tx:
        pid = await pid_of(tx)
        asked = asyncio.create_task(tx.fetch(SLEEP, {}))
        async with await committed_db.connect() as other:
            await other.execute("SELECT pg_terminate_backend(%s, 10000)", (pid,))
        with pytest.raises(DatabaseUnavailable):
            await asked
    async with committed_db.read() as tx:
        with pytest.raises(psycopg.errors.QueryCanceled):
            await tx.fetch(HURRY, {})
            await tx.fetch(SLEEP, {})


async def test_who_gives_up_leaves_a_connection_that_works(committed_db: Database) -> None:
    async with committed_db.read() as tx:
        pid = await pid_of(tx)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await tx.fetch(SLEEP, {})
        assert await pid_of(tx) == pid


async def test_there_are_so_many_and_who_waits_too_long_is_told(pg_url: str) -> None:
    lender = Lender(pg_url, 1, patience=0.05)
    async with lender.lend() as first:
        with pytest.raises(DatabaseUnavailable):
            async with lender.lend():
                raise AssertionError
    lender = Lender(pg_url, 1)
    back = asyncio.Event()

    async def borrow() -> psycopg.AsyncConnection[object]:
        async with lender.lend() as connection:
            await back.wait()
            return connection

    borrowed = [asyncio.create_task(borrow()) for _ in range(2)]
    await asyncio.sleep(0)
    back.set()
    second, third = await asyncio.gather(*borrowed)
    assert second is third
    assert second is not first
    async with lender.lend() as last:
        await lender.close()
    assert last.closed
    await first.close()


async def test_a_server_that_is_not_there_has_a_name() -> None:
    lender = Lender("postgresql://nobody@127.0.0.1:9/none", 1)
    with pytest.raises(DatabaseUnavailable):
        async with lender.lend():
            raise AssertionError


async def test_a_test_reads_in_its_own_transaction(db: Database) -> None:
    async with db.begin() as tx:
        await tx.execute(text("CREATE TABLE mine (n int)"))
    async with db.read() as tx_:
        assert await tx_.fetch(Prepared(text("SELECT n FROM mine")), {}) == []


async def test_json_goes_through_a_prepared_statement(committed_db: Database) -> None:
    table = Table("kept", MetaData(), Column("n", Integer), Column("said", JSONB))
    add = Prepared(insert(table).values(**given("n", "said")).returning(table.c.said))
    count = Prepared(update(table).where(table.c.n == bindparam("which")).values(**given("said")))
    async with committed_db.begin() as tx:
        await tx.execute(text("CREATE TEMPORARY TABLE kept (n integer, said jsonb)"))
        said = {"words": ["a", 'b"', None], "n": 1.5}
        assert await tx.fetch(add, {"n": 1, "said": said}) == [(said,)]
        assert await tx.fetch(add, {"n": 2, "said": [said]}) == [([said],)]
        assert await tx.change(count, {"which": 2, "said": {}}) == 1
        assert await tx.change(count, {"which": 3, "said": {}}) == 0
        rows = await tx.fetch(Prepared(select(table.c.said).order_by(table.c.n)), {})
        assert [row[0] for row in rows] == [said, {}]


async def test_a_constant_of_json_is_adapted_once(committed_db: Database) -> None:
    query = Prepared(select(literal({"a": 1}, JSONB()), bindparam("b", type_=JSONB())))
    async with committed_db.read() as tx:
        assert await tx.fetch(query, {"b": {"b": 2}}) == [({"a": 1}, {"b": 2})]


async def test_a_connection_lost_in_a_statement_is_named_so(
    committed_db: Database,
) -> None:
    end = Prepared(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with pytest.raises(DatabaseUnavailable):
        async with committed_db.begin() as tx:
            await tx.fetch(end, {})
    async with committed_db.begin() as tx:
        assert await tx.fetch(Prepared(text("SELECT 1")), {}) == [(1,)]
