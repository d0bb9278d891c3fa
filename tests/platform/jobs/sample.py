"""Jobs of the tests and the table in which they leave their traces."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from mojodex.platform.db import Database, Tx
from mojodex.platform.jobs import Job, JobContext, JobWorker, RetryPolicy, WorkerTiming, cron, job

#: Times short enough for tests and long enough for a busy machine.
QUICK = WorkerTiming(poll=0.2, take_over=0.2, beat=0.3, silence=1.5, grace=0.5)


class Hiccup(RuntimeError):
    """An error worth another try."""


async def make_tables(db: Database) -> None:
    async with db.begin() as tx:
        await tx.execute(
            text(
                "CREATE TABLE trace (n bigserial, word text, attempt int, worker text,"
                " tick timestamptz)"
            )
        )
        await tx.execute(text("CREATE TABLE turn (id text PRIMARY KEY, state text, attempt int)"))


async def leave_trace(db: Database, ctx: JobContext, word: str) -> None:
    async with db.begin() as tx:
        await tx.execute(
            text(
                "INSERT INTO trace (word, attempt, worker, tick)"
                " VALUES (:word, :attempt, :worker, :tick)"
            ),
            {"word": word, "attempt": ctx.attempt, "worker": ctx.worker_id, "tick": ctx.tick},
        )


async def traces(db: Database) -> list[tuple[str, int]]:
    async with db.begin() as tx:
        rows = await tx.execute(text("SELECT word, attempt FROM trace ORDER BY n"))
        return [(row.word, row.attempt) for row in rows]


async def states(db: Database) -> list[str]:
    async with db.begin() as tx:
        rows = await tx.execute(text("SELECT status::text FROM procrastinate_jobs ORDER BY id"))
        return [row.status for row in rows]


async def until(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Wait until the awaited condition holds and return it."""
    async with asyncio.timeout(seconds):
        while not (value := await condition()):
            await asyncio.sleep(0.01)
    return value


@job(name="sample.record")
async def record_job(ctx: JobContext, *, word: str) -> None:
    await leave_trace(ctx.db, ctx, word)


@job(name="sample.record_later", priority=-10)
async def record_later_job(ctx: JobContext, *, word: str) -> None:
    await leave_trace(ctx.db, ctx, word)


@job(
    name="sample.stumble",
    retry=RetryPolicy(
        max_attempts=3,
        delays=(timedelta(milliseconds=50), timedelta(milliseconds=300)),
        retry_on=(Hiccup,),
    ),
)
async def stumble_job(ctx: JobContext, *, word: str, good_attempt: int) -> None:
    await leave_trace(ctx.db, ctx, word)
    if ctx.attempt < good_attempt:
        raise Hiccup(f"attempt {ctx.attempt}")


@job(name="sample.break", retry=stumble_job.retry)
async def break_job(ctx: JobContext, *, word: str) -> None:
    raise ValueError(f"{word} cannot be done\x00")


@break_job.on_failure
async def give_up(ctx: JobContext, error: BaseException, *, word: str) -> None:
    await leave_trace(ctx.db, ctx, f"gave up {word}: {type(error).__name__}")


@job(name="sample.linger")
async def linger_job(ctx: JobContext, *, word: str, seconds: float) -> None:
    await leave_trace(ctx.db, ctx, f"begin {word}")
    if ctx.attempt == 1:
        await asyncio.sleep(seconds)
    await leave_trace(ctx.db, ctx, f"end {word}")


async def claim_turn(tx: Tx, turn_id: str, attempt: int) -> None:
    await tx.execute(
        text("UPDATE turn SET state = 'running', attempt = :attempt WHERE id = :id"),
        {"id": turn_id, "attempt": attempt},
    )


@job(name="sample.answer")
async def answer_job(ctx: JobContext, *, turn_id: str, seconds: float) -> None:
    """A fenced job: it writes its result only while the turn is in its own attempt."""
    async with ctx.db.begin() as tx:
        await claim_turn(tx, turn_id, ctx.attempt)
    await leave_trace(ctx.db, ctx, "began")
    if ctx.attempt == 1:
        await asyncio.sleep(seconds)
    async with ctx.db.begin() as tx:
        written = await tx.scalar(
            text(
                "UPDATE turn SET state = 'done by ' || :attempt WHERE id = :id"
                " AND state = 'running' AND attempt = :attempt RETURNING id"
            ),
            {"id": turn_id, "attempt": ctx.attempt},
        )
    await leave_trace(ctx.db, ctx, "wrote" if written else "was fenced")


@cron("* * * * * *")
@job(name="sample.tick")
async def tick_job(ctx: JobContext) -> None:
    await leave_trace(ctx.db, ctx, "tick")


@cron("* * * * *")
@job(name="sample.minute")
async def minute_job(ctx: JobContext) -> None:
    await leave_trace(ctx.db, ctx, "minute")


JOBS: tuple[Job[Any], ...] = (
    record_job,
    record_later_job,
    stumble_job,
    break_job,
    linger_job,
    answer_job,
)


class RunningWorker:
    """A worker in this process, for the length of a `async with`."""

    def __init__(self, worker: JobWorker) -> None:
        self._worker = worker
        self.stop = asyncio.Event()

    async def __aenter__(self) -> "RunningWorker":
        self.task = asyncio.create_task(self._worker.run(self.stop))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stop.set()
        async with asyncio.timeout(30):
            await self.task
