"""Deferring: with the transaction or not at all."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
import structlog
from sqlalchemy import text

from mojodex.kit.clock import FrozenClock
from mojodex.platform.db import Database
from mojodex.platform.jobs import (
    ImmediateJobs,
    JobContext,
    JobQueue,
    JobWorker,
    RetryPolicy,
    WorkerTiming,
    defer,
    find_pending,
    job,
)
from tests.domains.counting import statements
from tests.platform.jobs.sample import (
    JOBS,
    QUICK,
    RunningWorker,
    linger_job,
    make_tables,
    record_job,
    record_later_job,
    states,
    traces,
    until,
)


def _worker(db: Database, timing: WorkerTiming = QUICK) -> RunningWorker:
    return RunningWorker(JobWorker(db, db.use(JobQueue), concurrency=5, timing=timing))


async def test_a_rollback_takes_the_job_back(jobs_db: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with jobs_db.begin() as tx:
            assert await defer(tx, record_job, word="lost")
            raise ZeroDivisionError
    assert await states(jobs_db) == []


async def test_a_commit_rings_the_worker(jobs_db: Database) -> None:
    """The next look would be in an hour."""
    async with _worker(jobs_db, replace(QUICK, poll=3_600)):
        async with jobs_db.begin() as tx:
            await defer(tx, record_job, word="first")
        await until(lambda: traces(jobs_db))
        for number in range(20):
            async with jobs_db.begin() as tx:
                await defer(tx, record_job, word=str(number))
        await until(lambda: _count(jobs_db, 21))
    assert await states(jobs_db) == []


async def _count(db: Database, expected: int) -> bool:
    return len(await traces(db)) == expected


async def test_a_job_is_deferred_in_one_statement(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        with statements() as asked:
            await defer(tx, record_job, key="k", word="one")
            await defer(tx, record_job, key="k", word="two")
        assert len(asked) == 2


async def test_what_is_less_urgent_begins_later(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        for number in range(3):
            await defer(tx, record_later_job, word=f"later {number}")
            await defer(tx, record_job, word=f"now {number}")
    one_by_one = JobWorker(jobs_db, jobs_db.use(JobQueue), concurrency=1, timing=QUICK)
    async with RunningWorker(one_by_one):
        await until(lambda: _count(jobs_db, 6))
    words = [word for word, _ in await traces(jobs_db)]
    assert words == ["now 0", "now 1", "now 2", "later 0", "later 1", "later 2"]


async def test_one_job_waits_under_a_key(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        assert await defer(tx, record_job, key="k", word="one")
        assert await defer(tx, record_job, key="k", word="two") is None
        # The refusal leaves the caller's transaction whole.
        assert await tx.scalar(text("SELECT 1")) == 1
    async with jobs_db.begin() as tx:
        assert await defer(tx, record_job, key="k", word="three") is None
        assert await defer(tx, record_job, key="other", word="four")
    async with _worker(jobs_db):
        await until(lambda: _count(jobs_db, 2))
        async with jobs_db.begin() as tx:
            assert await defer(tx, record_job, key="k", word="five")
        await until(lambda: _count(jobs_db, 3))
    assert sorted(await traces(jobs_db)) == [("five", 1), ("four", 1), ("one", 1)]


async def test_who_waits_for_later_under_a_key_can_be_hurried(jobs_db: Database) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    async with jobs_db.begin() as tx:
        assert await defer(tx, record_job, key="k", at=later, word="one")
    async with _worker(jobs_db):
        async with jobs_db.begin() as tx:
            assert await find_pending(tx, record_job, argument="word", values=["one", "two"]) == {
                "one"
            }
            assert await defer(tx, record_job, key="k", word="two") is None
        await asyncio.sleep(0.5)
        assert await traces(jobs_db) == []
        async with jobs_db.begin() as tx:
            assert await defer(tx, record_job, key="k", hurry=True, word="two") is None
        await until(lambda: _count(jobs_db, 1))
    async with jobs_db.begin() as tx:
        assert await find_pending(tx, record_job, argument="word", values=["one"]) == set()
        assert await find_pending(tx, record_job, argument="word", values=[]) == set()
    assert await traces(jobs_db) == [("one", 1)]


async def test_jobs_of_one_lock_run_one_after_another(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        for word in "abc":
            await defer(tx, linger_job, lock="room", word=word, seconds=0.05)
    async with _worker(jobs_db):
        await until(lambda: _count(jobs_db, 6))
    words = [word for word, _ in await traces(jobs_db)]
    assert words == ["begin a", "end a", "begin b", "end b", "begin c", "end c"]


async def test_a_job_waits_for_its_time(jobs_db: Database) -> None:
    real_now = datetime.now(UTC)
    async with jobs_db.begin() as tx:
        await defer(tx, record_job, at=real_now + timedelta(seconds=0.7), word="later")
        await defer(tx, record_job, at=real_now - timedelta(seconds=1), word="past")
    async with _worker(jobs_db):
        await until(lambda: _count(jobs_db, 1))
        assert await traces(jobs_db) == [("past", 1)]
        await until(lambda: _count(jobs_db, 2))


async def test_the_correlation_id_travels(jobs_db: Database) -> None:
    heard: list[object] = []

    @job(name="sample.listen")
    async def listen_job(ctx: JobContext) -> None:
        heard.append(structlog.contextvars.get_contextvars().get("correlation_id"))

    queue = JobQueue(jobs_db, (listen_job,))
    jobs_db.provide(JobQueue, queue)
    with structlog.contextvars.bound_contextvars(correlation_id="c-17"):
        async with jobs_db.begin() as tx:
            await defer(tx, listen_job)
    async with _worker(jobs_db):

        async def done() -> bool:
            return bool(heard)

        await until(done)
    assert heard == ["c-17"]


async def test_arguments_are_checked_when_deferring(jobs_db: Database) -> None:
    @job(name="sample.stranger")
    async def stranger_job(ctx: JobContext) -> None: ...

    async with jobs_db.begin() as tx:
        with pytest.raises(TypeError):
            await defer(tx, record_job)
        with pytest.raises(TypeError):
            await defer(tx, record_job, word="x", more="y")
        with pytest.raises(TypeError):
            await defer(tx, record_job, word=cast(Any, ["a list"]))
        with pytest.raises(LookupError):
            await defer(tx, stranger_job)
    assert await states(jobs_db) == []


def test_declarations_are_checked() -> None:
    with pytest.raises(ValueError, match="named like"):

        @job(name="Bad name")
        async def bad_job(ctx: JobContext) -> None: ...

    with pytest.raises(ValueError, match="delays"):
        RetryPolicy(max_attempts=2)
    with pytest.raises(ValueError, match="max_attempts"):
        RetryPolicy(max_attempts=100)


def test_two_jobs_cannot_share_a_name(db: Database) -> None:
    @job(name="sample.record")
    async def other_job(ctx: JobContext) -> None: ...

    with pytest.raises(ValueError, match="two jobs"):
        JobQueue(db, (record_job, other_job))


async def test_counts_are_told_by_state(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        await defer(tx, record_job, word="a")
        await defer(tx, record_job, word="b")
    assert await jobs_db.use(JobQueue).counts() == {"todo": 2}


class TestImmediateJobs:
    async def test_runs_what_was_committed(self, db: Database, clock: FrozenClock) -> None:
        await make_tables(db)
        jobs = ImmediateJobs(db, JOBS)
        db.provide(JobQueue, jobs)
        async with db.begin() as tx:
            await defer(tx, record_job, word="kept", key="k")
            assert await defer(tx, record_job, word="dropped", key="k") is None
            async with tx.begin_nested():
                await defer(tx, record_job, word="nested")
        with pytest.raises(ZeroDivisionError):
            async with db.begin() as tx:
                await defer(tx, record_job, word="rolled back")
                raise ZeroDivisionError
        later = clock.now() + timedelta(hours=1)
        async with db.begin() as tx:
            await defer(tx, record_job, word="later", at=later)
        assert await jobs.run_all(db) == 2
        assert await traces(db) == [("kept", 1), ("nested", 1)]
        clock.advance(timedelta(hours=2))
        assert await jobs.run_all(db) == 1
        assert jobs.waiting == []

    async def test_an_endless_chain_is_stopped(self, db: Database) -> None:
        @job(name="sample.again")
        async def again_job(ctx: JobContext) -> None:
            async with ctx.db.begin() as tx:
                await defer(tx, again_job)

        jobs = ImmediateJobs(db, (again_job,))
        db.provide(JobQueue, jobs)
        async with db.begin() as tx:
            await defer(tx, again_job)
        with pytest.raises(RuntimeError, match="without end"):
            await jobs.run_all(db)
