"""The worker against a real server: retries, failures, take-over, fencing, stopping."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from procrastinate import App
from procrastinate.testing import InMemoryConnector
from sqlalchemy import text

from mojodex.kit.pagination import InvalidCursor, Window, encode_cursor
from mojodex.platform.db import Database
from mojodex.platform.jobs import (
    FailedJobNotFound,
    JobContext,
    JobQueue,
    JobWorker,
    WorkerDied,
    WorkerTiming,
    cron,
    defer,
    job,
    list_failed_jobs,
    retry_failed_job,
)
from mojodex.platform.jobs.job import MAX_STARTS
from mojodex.platform.jobs.schedule import Scheduler
from tests.platform.jobs.sample import (
    JOBS,
    QUICK,
    Hiccup,
    RunningWorker,
    answer_job,
    break_job,
    leave_trace,
    linger_job,
    minute_job,
    record_job,
    states,
    stumble_job,
    tick_job,
    traces,
    until,
)


def _worker(db: Database, timing: WorkerTiming = QUICK) -> RunningWorker:
    return RunningWorker(JobWorker(db, db.use(JobQueue), concurrency=5, timing=timing))


def _left(db: Database, *words: str) -> Callable[[], object]:
    async def check() -> bool:
        return set(words) <= {word for word, _ in await traces(db)}

    return check


async def _execute(db: Database, statement: str) -> None:
    async with db.begin() as tx:
        await tx.execute(text(statement))


@contextmanager
def _process(db: Database, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.platform.jobs.process", db.url, *options]
    with subprocess.Popen(command, env={**os.environ}) as process:
        try:
            yield process
        finally:
            process.kill()


@asynccontextmanager
async def _running_turn(db: Database, seconds: float) -> AsyncIterator[subprocess.Popen[bytes]]:
    """A turn that a worker in another process is answering."""
    with _process(db) as process:
        async with db.begin() as tx:
            await tx.execute(text("INSERT INTO turn VALUES ('t', 'queued', 0)"))
            await defer(tx, answer_job, turn_id="t", seconds=seconds)
        await until(_left(db, "began"), 30)
        yield process


async def _turn_state(db: Database) -> str:
    async with db.begin() as tx:
        return str(await tx.scalar(text("SELECT state FROM turn")))


async def test_errors_are_retried_by_type_with_their_delays(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        await defer(tx, stumble_job, word="w", good_attempt=3)
    began = time.perf_counter()
    async with _worker(jobs_db, WorkerTiming(poll=60)):
        await until(lambda: _is_empty(jobs_db))
    # 50 ms, then 300 ms; the poll of a minute plays no part, or this would wait in vain.
    assert time.perf_counter() - began > 0.35
    assert await traces(jobs_db) == [("w", 1), ("w", 2), ("w", 3)]


async def _is_empty(db: Database) -> bool:
    return await states(db) == []


async def test_what_finally_fails_is_a_row_that_can_be_retried(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        broken = await defer(tx, break_job, word="w")
        tired = await defer(tx, stumble_job, word="t", good_attempt=4)
    async with _worker(jobs_db):
        await until(lambda: _has_states(jobs_db, ["failed", "failed"]))
        assert ("gave up w: ValueError", 1) in await traces(jobs_db)
        async with jobs_db.begin() as tx:
            page = await list_failed_jobs(tx, window=Window())
        failed = {one.job_id: one for one in page.items}
        assert failed.keys() == {broken, tired}
        assert (failed[broken or 0].error_type, failed[broken or 0].attempts) == ("ValueError", 1)
        assert "w cannot be done" in failed[broken or 0].error_text
        assert failed[broken or 0].arguments == {"word": "w"}
        assert failed[tired or 0].error_type.endswith("Hiccup")
        assert failed[tired or 0].attempts == 3

        async with jobs_db.begin() as tx:
            await retry_failed_job(tx, job_id=tired or 0)
            with pytest.raises(FailedJobNotFound):
                await retry_failed_job(tx, job_id=0)
        await until(lambda: _has_failed(jobs_db, tired or 0))
    assert [attempt for word, attempt in await traces(jobs_db) if word == "t"] == [1, 2, 3] * 2


async def _has_states(db: Database, expected: list[str]) -> bool:
    return await states(db) == expected


async def _has_failed(db: Database, job_id: int) -> bool:
    async with db.begin() as tx:
        page = await list_failed_jobs(tx, window=Window())
    return job_id in [one.job_id for one in page.items]


async def test_failed_jobs_are_paged(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        for number in range(5):
            await tx.execute(
                text(
                    "INSERT INTO md_job_failure (job_id, job_name, error_type, error_text)"
                    " VALUES (:n, 'a.b', 'E', 'e')"
                ),
                {"n": number},
            )
        first = await list_failed_jobs(tx, window=Window(limit=3))
        rest = await list_failed_jobs(tx, window=Window(limit=3, cursor=first.next_cursor))
        assert [one.job_id for one in first.items + rest.items] == [4, 3, 2, 1, 0]
        assert rest.next_cursor is None
        with pytest.raises(InvalidCursor):
            await list_failed_jobs(tx, window=Window(cursor=encode_cursor("never", 1)))


async def test_a_job_that_nobody_knows_fails_visibly(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        await defer(tx, record_job, word="w")
        await tx.execute(text("UPDATE procrastinate_jobs SET task_name = 'gone.away'"))
    async with _worker(jobs_db):
        await until(lambda: _has_states(jobs_db, ["failed"]))
    async with jobs_db.begin() as tx:
        page = await list_failed_jobs(tx, window=Window())
    assert [(one.name, one.error_type) for one in page.items] == [("gone.away", "TaskNotFound")]


async def test_a_broken_failure_hook_hides_nothing(jobs_db: Database) -> None:
    @job(name="sample.doubly_broken")
    async def doubly_broken_job(ctx: JobContext) -> None:
        raise ValueError("first")

    @doubly_broken_job.on_failure
    async def give_up(ctx: JobContext, error: BaseException) -> None:
        raise RuntimeError("second")

    jobs_db.provide(JobQueue, JobQueue(jobs_db, (doubly_broken_job,)))
    async with jobs_db.begin() as tx:
        await defer(tx, doubly_broken_job)
    async with _worker(jobs_db):
        await until(lambda: _has_states(jobs_db, ["failed"]))
    async with jobs_db.begin() as tx:
        page = await list_failed_jobs(tx, window=Window())
    assert page.items[0].error_type == "ValueError"


async def test_a_job_that_kills_its_workers_is_given_up(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        await defer(tx, record_job, word="w")
        await tx.execute(text(f"UPDATE procrastinate_jobs SET attempts = {MAX_STARTS}"))
    async with _worker(jobs_db):
        await until(lambda: _has_states(jobs_db, ["failed"]))
    async with jobs_db.begin() as tx:
        page = await list_failed_jobs(tx, window=Window())
    assert page.items[0].error_type.endswith(WorkerDied.__name__)
    assert await traces(jobs_db) == []


async def test_two_workers_run_each_job_once(jobs_db: Database) -> None:
    words = [str(number) for number in range(40)]
    async with _worker(jobs_db), _worker(jobs_db):
        for word in words:
            async with jobs_db.begin() as tx:
                await defer(tx, record_job, word=word)
        await until(lambda: _is_empty(jobs_db))
    assert sorted(await traces(jobs_db)) == sorted((word, 1) for word in words)


async def test_kill_9_is_noticed_by_the_lock_that_is_gone(jobs_db: Database) -> None:
    """Not by the silence, which would take an hour here."""
    timing = replace(QUICK, silence=3_600)
    async with _running_turn(jobs_db, seconds=3_600) as process, _worker(jobs_db, timing):
        process.send_signal(signal.SIGKILL)
        await until(_left(jobs_db, "wrote"), 60)
    assert await traces(jobs_db) == [("began", 1), ("began", 2), ("wrote", 2)]
    assert await _turn_state(jobs_db) == "done by 2"
    assert await states(jobs_db) == []


async def test_a_fresh_worker_takes_over_at_once(jobs_db: Database) -> None:
    async with _running_turn(jobs_db, seconds=60) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    await asyncio.sleep(0.1)
    async with _worker(jobs_db, WorkerTiming(poll=60, take_over=60)):
        await until(_left(jobs_db, "wrote"), 3)


async def test_a_paused_worker_that_wakes_up_changes_nothing(jobs_db: Database) -> None:
    async with _running_turn(jobs_db, seconds=0.5) as process, _worker(jobs_db):
        process.send_signal(signal.SIGSTOP)
        # It holds its lock, so it is its silent heartbeat that gives it away.
        await until(_left(jobs_db, "wrote"))
        assert await _turn_state(jobs_db) == "done by 2"
        await until(lambda: _has_workers(jobs_db, 1))
        process.send_signal(signal.SIGCONT)
        # The woken process starts again under a new number and works on.
        await until(lambda: _has_workers(jobs_db, 2))
        assert await _turn_state(jobs_db) == "done by 2"
        assert ("wrote", 1) not in await traces(jobs_db)
        assert await states(jobs_db) == []


async def test_a_job_that_was_taken_over_is_fenced(jobs_db: Database) -> None:
    """By its own `WHERE state = expected`, and the queue's row by the worker's number."""
    unaware = WorkerTiming(beat=60, poll=0.2, take_over=60)
    async with _worker(jobs_db, unaware):
        async with jobs_db.begin() as tx:
            await tx.execute(text("INSERT INTO turn VALUES ('t', 'queued', 0)"))
            await defer(tx, answer_job, turn_id="t", seconds=1)
        await until(_left(jobs_db, "began"))
        await _execute(jobs_db, "DELETE FROM procrastinate_workers")
        async with jobs_db.begin() as tx:
            await defer(tx, linger_job, key="k", word="next", seconds=0)
        async with _worker(jobs_db):
            await until(_left(jobs_db, "was fenced"))
    assert [word for word, _ in await traces(jobs_db)].count("wrote") == 1
    assert await _turn_state(jobs_db) == "done by 2"


async def _has_workers(db: Database, expected: int) -> bool:
    async with db.begin() as tx:
        count = await tx.scalar(text("SELECT count(*) FROM procrastinate_workers"))
    return bool(count == expected)


async def test_a_stop_lets_short_jobs_end_and_gives_long_ones_back(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        await defer(tx, linger_job, word="short", seconds=0.3)
        await defer(tx, linger_job, word="long", seconds=3_600)
    async with _worker(jobs_db, WorkerTiming(poll=0.2, grace=3)):
        await until(_left(jobs_db, "begin short", "begin long"))
    assert "end short" in [word for word, _ in await traces(jobs_db)]
    assert await states(jobs_db) == ["todo"]
    async with _worker(jobs_db):
        await until(_left(jobs_db, "end long"))
    assert ("end long", 2) in await traces(jobs_db)


async def test_a_worker_that_loses_its_lock_starts_again(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        await defer(tx, linger_job, word="w", seconds=60)
    async with _worker(jobs_db):
        await until(_left(jobs_db, "begin w"))
        await _execute(
            jobs_db,
            # Locks are listed of all databases of the server, on which other tests run, too.
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()",
        )
        await until(_left(jobs_db, "end w"))
    assert await traces(jobs_db) == [("begin w", 1), ("begin w", 2), ("end w", 2)]


async def test_a_worker_survives_the_loss_of_all_its_connections(jobs_db: Database) -> None:
    async with jobs_db.begin() as tx:
        await defer(tx, linger_job, word="w", seconds=60)
    async with _worker(jobs_db):
        await until(_left(jobs_db, "begin w"))
        for _ in range(3):
            await _execute(
                jobs_db,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()",
            )
            await asyncio.sleep(0.3)
        await until(_left(jobs_db, "end w"))
        async with jobs_db.begin() as tx:
            await defer(tx, record_job, word="afterwards")
        await until(_left(jobs_db, "afterwards"))


async def test_an_end_that_cannot_be_written_makes_the_worker_start_again(
    jobs_db: Database,
) -> None:
    """Otherwise the job of a living worker would be `doing` for ever."""
    async with jobs_db.begin() as tx:
        await defer(tx, linger_job, word="w", seconds=0.3)
    async with _worker(jobs_db):
        await until(_left(jobs_db, "begin w"))
        await _execute(
            jobs_db,
            "ALTER FUNCTION procrastinate_finish_job_v1 RENAME TO procrastinate_finish_hidden",
        )
        await until(lambda: _was_started(jobs_db, 2))
        await _execute(
            jobs_db,
            "ALTER FUNCTION procrastinate_finish_hidden RENAME TO procrastinate_finish_job_v1",
        )
        await until(lambda: _is_empty(jobs_db))


async def _was_started(db: Database, attempt: int) -> bool:
    return ("begin w", attempt) in await traces(db)


async def test_a_tick_has_one_effect_under_schedulers_in_several_processes(
    jobs_db: Database,
) -> None:
    """Also across a pause in which nobody was there: what was missed is made up for once."""
    jobs_db.provide(JobQueue, JobQueue(jobs_db, (*JOBS, tick_job, minute_job)))
    with _process(jobs_db, "scheduled"):
        async with _worker(jobs_db):
            await until(lambda: _has_both(jobs_db), 60)
    n_before = len(await _ticks(jobs_db, "tick"))
    async with _worker(jobs_db), _worker(jobs_db):
        await until(lambda: _has_ticks(jobs_db, n_before + 3), 60)
    for word in ("tick", "minute"):
        ticks = await _ticks(jobs_db, word)
        assert len(ticks) == len(set(ticks))
        assert all(abs(tick - datetime.now(UTC)) < timedelta(minutes=3) for tick in ticks)


async def _ticks(db: Database, word: str) -> list[datetime]:
    async with db.begin() as tx:
        query = text("SELECT tick FROM trace WHERE word = :word")
        return list(await tx.scalars(query, {"word": word}))


async def _has_both(db: Database) -> bool:
    """The processes' ticks of this second, and the last full minute's, which all of them missed."""
    async with db.begin() as tx:
        n_workers = await tx.scalar(text("SELECT count(DISTINCT worker) FROM trace"))
    return n_workers == 2 and len(await _ticks(db, "minute")) >= 1


def test_of_missed_ticks_only_the_latest_is_made_up_for() -> None:
    """As after a night in which the machine slept; and none that is older than an hour."""
    app = App(connector=InMemoryConnector())

    @app.periodic(cron="17 * * * *")
    @app.task(name="sample.hourly")
    async def hourly(timestamp: int) -> None:
        """Only its ticks are looked at."""

    scheduler = Scheduler(app.periodic_registry)
    noon = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

    def due(at: datetime) -> list[datetime]:
        ticks = [tick for _, tick in scheduler.get_previous_tasks(at.timestamp())]
        return [datetime.fromtimestamp(tick, UTC) for tick in ticks]

    assert due(noon) == [noon - timedelta(minutes=43)]
    assert due(noon + timedelta(minutes=10)) == []
    assert due(noon + timedelta(hours=9)) == [noon + timedelta(hours=8, minutes=17)]
    assert due(noon + timedelta(hours=9)) == []


async def _has_ticks(db: Database, expected: int) -> bool:
    return len(await traces(db)) >= expected


def test_a_schedule_belongs_to_a_job() -> None:
    @cron("*/5 * * * *")
    @job(name="sample.often")
    async def often_job(ctx: JobContext) -> None:
        await leave_trace(ctx.db, ctx, "often")

    assert often_job.schedule == "*/5 * * * *"


async def test_a_job_returns_although_another_with_its_key_was_queued(jobs_db: Database) -> None:
    """Otherwise its end could not be written, and the worker would give itself up."""
    began, goes_on = asyncio.Event(), asyncio.Event()

    @job(name="sample.hesitate", retry=stumble_job.retry)
    async def hesitate_job(ctx: JobContext) -> None:
        await leave_trace(ctx.db, ctx, "hesitated")
        if ctx.attempt == 1:
            began.set()
            await goes_on.wait()
            raise Hiccup

    jobs_db.provide(JobQueue, JobQueue(jobs_db, (*JOBS, hesitate_job)))
    later = datetime.now(UTC) + timedelta(hours=1)
    async with jobs_db.begin() as tx:
        await defer(tx, hesitate_job, key="k")
    async with _worker(jobs_db):
        await began.wait()
        async with jobs_db.begin() as tx:
            assert await defer(tx, record_job, key="k", at=later, word="later")
        goes_on.set()
        await until(lambda: _has_states(jobs_db, ["todo"]))
    assert await traces(jobs_db) == [("hesitated", 1), ("hesitated", 2)]
    async with jobs_db.begin() as tx:
        assert await defer(tx, record_job, key="k", word="refused") is None


@pytest.mark.parametrize("n_waiting", [0, 1])
async def test_jobs_with_one_key_are_taken_over_together(jobs_db: Database, n_waiting: int) -> None:
    """Otherwise no worker could take over anything any more."""
    async with jobs_db.begin() as tx:
        for word in ("a", "b"):
            await defer(tx, record_job, word=word)
        await tx.execute(
            text(
                "UPDATE procrastinate_jobs SET status = 'doing', queueing_lock = 'k',"
                " worker_id = NULL"
            )
        )
    later = datetime.now(UTC) + timedelta(hours=1)
    for _ in range(n_waiting):
        async with jobs_db.begin() as tx:
            assert await defer(tx, record_job, key="k", at=later, word="later")
    async with _worker(jobs_db):
        await until(_left(jobs_db, "a", "b"))
    assert await states(jobs_db) == ["todo"] * n_waiting
