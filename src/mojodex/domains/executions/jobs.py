"""Background work of executions: naming them, and removing deleted ones."""

from datetime import timedelta

from mojodex.platform.db import DatabaseUnavailable
from mojodex.platform.jobs import JobContext, RetryPolicy, cron, job
from mojodex.platform.llm import ModelRateLimited, ModelUnavailable, asked_wait


@job(
    name="executions.write_title",
    queue="turns",
    retry=RetryPolicy(
        max_attempts=5,
        delays=(timedelta(seconds=2), timedelta(seconds=10), timedelta(minutes=1)),
        retry_on=(ModelUnavailable, ModelRateLimited, DatabaseUnavailable),
        asked=asked_wait,
    ),
    # Where many wait, first words come before names.
    priority=-10,
)
async def write_title_job(ctx: JobContext, *, execution_id: int) -> None:
    """Let the model name and sum up an execution that was started."""
    # Starting an execution defers this job, so that this module and the services need each other.
    from mojodex.domains.executions.service.titling import write_title_and_summary

    await write_title_and_summary(ctx.db, execution_id=execution_id)


@cron("*/5 * * * *")
@job(
    name="executions.index",
    retry=RetryPolicy(
        max_attempts=3, delays=(timedelta(minutes=1),), retry_on=(DatabaseUnavailable,)
    ),
)
async def index_executions_job(ctx: JobContext) -> None:
    """Note the words of executions that came from a release that noted none."""
    from mojodex.domains.executions.service.finding import index_executions

    await index_executions(ctx.db)


@cron("17 * * * *")
@job(
    name="executions.purge",
    retry=RetryPolicy(
        max_attempts=3, delays=(timedelta(minutes=1),), retry_on=(DatabaseUnavailable,)
    ),
)
async def purge_executions_job(ctx: JobContext) -> None:
    """Remove the executions and texts that were deleted more than 30 days ago, with their files."""
    from mojodex.domains.executions.service.purging import purge_deleted_executions

    await purge_deleted_executions(ctx.db)
