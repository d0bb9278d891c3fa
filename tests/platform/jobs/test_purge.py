"""Failed jobs are kept for 90 days, other rows of ended jobs for 7."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from mojodex.kit.clock import FrozenClock
from mojodex.kit.pagination import Window
from mojodex.platform.db import Database
from mojodex.platform.jobs import JobQueue, JobWorker, defer, list_failed_jobs, purge_jobs
from mojodex.platform.jobs import purge as purge_module
from tests.platform.jobs.sample import QUICK, RunningWorker, break_job, record_job, states, until


@pytest.fixture
def clock() -> FrozenClock:
    """The queue itself uses the server's clock."""
    return FrozenClock(datetime.now(UTC))


async def make_failed(db: Database, n: int) -> None:
    async with db.begin() as tx:
        for number in range(n):
            await defer(tx, break_job, word=str(number))
    async with RunningWorker(JobWorker(db, db.use(JobQueue), concurrency=5, timing=QUICK)):
        await until(lambda: has_failed(db, n))


async def has_failed(db: Database, n: int) -> bool:
    return await n_failed(db) == n


async def n_failed(db: Database) -> int:
    async with db.begin() as tx:
        return len((await list_failed_jobs(tx, window=Window())).items)


async def set_state(db: Database, state: str) -> None:
    """A job that the operator cancelled, or that an older release kept."""
    async with db.begin() as tx:
        number = await defer(tx, record_job, word="w")
        await tx.execute(
            text("UPDATE procrastinate_jobs SET status = CAST(:state AS procrastinate_job_status)"
                 " WHERE id = :id"),
            {"state": state, "id": number},
        )  # fmt: skip


async def test_failed_jobs_go_after_ninety_days(
    jobs_db: Database, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge_module, "BATCH", 2)
    await make_failed(jobs_db, 5)
    clock.advance(timedelta(days=89))
    assert await purge_jobs(jobs_db) == 0
    assert await n_failed(jobs_db) == 5
    clock.advance(timedelta(days=2))
    assert await purge_jobs(jobs_db) == 10
    assert (await n_failed(jobs_db), await states(jobs_db)) == (0, [])


async def test_other_ended_jobs_go_after_seven_days(jobs_db: Database, clock: FrozenClock) -> None:
    for state in ("succeeded", "cancelled"):
        await set_state(jobs_db, state)
    async with jobs_db.begin() as tx:
        await defer(tx, record_job, word="waits")
    clock.advance(timedelta(days=6))
    assert await purge_jobs(jobs_db) == 0
    clock.advance(timedelta(days=400))
    assert await purge_jobs(jobs_db) == 2
    # A job that still waits is never forgotten, however old.
    assert await states(jobs_db) == ["todo"]
