"""Forgetting jobs: what failed long ago, and rows of the queue in which nothing more happens."""

from datetime import datetime, timedelta

from sqlalchemy import TextClause, text

from mojodex.platform.db import Database, DatabaseUnavailable
from mojodex.platform.jobs.job import JobContext, RetryPolicy, cron, job

#: A failed job can be looked at and retried for so long.
FAILURE_MEMORY = timedelta(days=90)
#: Other jobs that ended; those that succeed leave no row anyway.
FINISHED_MEMORY = timedelta(days=7)
FINISHED = ["succeeded", "cancelled", "aborted"]
#: Rows that are deleted in one transaction.
BATCH = 1_000

# The queue notes each change of a job; a row without a note was made by hand.
_PURGE_QUEUE = text("""
WITH old AS (
  SELECT id FROM procrastinate_jobs job
  WHERE status = ANY(CAST(:states AS procrastinate_job_status[])) AND NOT EXISTS (
    SELECT 1 FROM procrastinate_events event WHERE event.job_id = job.id AND event.at >= :before)
  LIMIT :batch FOR UPDATE SKIP LOCKED)
DELETE FROM procrastinate_jobs USING old WHERE procrastinate_jobs.id = old.id
RETURNING procrastinate_jobs.id
""")
_PURGE_FAILURES = text("""
WITH old AS (
  SELECT job_id FROM md_job_failure WHERE failed_at < :before
  LIMIT :batch FOR UPDATE SKIP LOCKED)
DELETE FROM md_job_failure USING old WHERE md_job_failure.job_id = old.job_id
RETURNING md_job_failure.job_id
""")


async def purge_jobs(db: Database) -> int:
    """Forget failed jobs after 90 days, others that ended after 7. Returns how many rows went.

    In batches, each its own transaction. Harmless to repeat, also side by side.
    """
    db.outside_transaction()
    old_failures = db.clock.now() - FAILURE_MEMORY
    finished = db.clock.now() - FINISHED_MEMORY
    return (
        await _purge(db, _PURGE_FAILURES, before=old_failures)
        + await _purge(db, _PURGE_QUEUE, before=old_failures, states=["failed"])
        + await _purge(db, _PURGE_QUEUE, before=finished, states=FINISHED)
    )


async def _purge(db: Database, statement: TextClause, **values: datetime | list[str]) -> int:
    n_gone = 0
    while True:
        async with db.begin() as tx:
            n = len((await tx.execute(statement, {**values, "batch": BATCH})).all())
        n_gone += n
        if n < BATCH:
            return n_gone


@cron("41 * * * *")
@job(
    name="jobs.purge",
    retry=RetryPolicy(
        max_attempts=3, delays=(timedelta(minutes=1),), retry_on=(DatabaseUnavailable,)
    ),
)
async def purge_jobs_job(ctx: JobContext) -> None:
    """Forget failed jobs after 90 days, and other rows of the queue 7 days after their end."""
    await purge_jobs(ctx.db)
