"""Background work of executions: naming them."""

from datetime import timedelta

from mojodex.platform.db import DatabaseUnavailable
from mojodex.platform.jobs import JobContext, RetryPolicy, job
from mojodex.platform.llm import ModelRateLimited, ModelUnavailable


@job(
    name="executions.write_title",
    queue="turns",
    retry=RetryPolicy(
        max_attempts=5,
        delays=(timedelta(seconds=2), timedelta(seconds=10), timedelta(minutes=1)),
        retry_on=(ModelUnavailable, ModelRateLimited, DatabaseUnavailable),
    ),
)
async def write_title_job(ctx: JobContext, *, execution_id: int) -> None:
    # Starting an execution defers this job, so that this module and the services need each other.
    from mojodex.domains.executions.service.titling import write_title_and_summary

    await write_title_and_summary(ctx.db, execution_id=execution_id)
