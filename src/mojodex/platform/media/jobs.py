"""Deleting the files of what is gone."""

from datetime import timedelta

from mojodex.platform.jobs import JobContext, RetryPolicy, job
from mojodex.platform.media.stores import Media

RETRY = RetryPolicy(
    max_attempts=8,
    delays=(timedelta(seconds=10), timedelta(minutes=5), timedelta(hours=1)),
    retry_on=(OSError,),
)


@job(name="media.delete_files", retry=RETRY)
async def delete_files_job(ctx: JobContext, *, prefix: str) -> None:
    """Delete every file below a prefix of keys, whose rows are gone.

    Defer it in the transaction that deletes the rows.
    """
    await ctx.db.use(Media).delete_below(prefix)


@job(name="media.delete_file", retry=RETRY)
async def delete_file_job(ctx: JobContext, *, media_key: str) -> None:
    """Delete one file, whose row is gone. Defer it in the transaction that deletes the row."""
    await ctx.db.use(Media).delete(media_key)
