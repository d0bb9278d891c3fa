"""Background work of chat: answering."""

from datetime import timedelta
from uuid import UUID

from mojodex.platform.db import DatabaseUnavailable, Tx
from mojodex.platform.jobs import JobContext, RetryPolicy, cron, job
from mojodex.platform.llm import ModelRateLimited, ModelUnavailable

#: How often an answer is begun before its turn fails. The gateway tries again too, but only before
#: the first token.
MODEL_TRIES = 2


@job(
    name="chat.run_turn",
    queue="turns",
    retry=RetryPolicy(
        max_attempts=8,
        delays=(timedelta(seconds=1), timedelta(seconds=3), timedelta(seconds=10)),
        retry_on=(ModelUnavailable, ModelRateLimited, DatabaseUnavailable),
    ),
)
async def run_turn_job(ctx: JobContext, *, turn_id: str) -> None:
    # Ending a turn defers the job of the next, so that this module and the engine need each other.
    from mojodex.domains.chat.service.engine import run_turn

    await run_turn(
        ctx.db,
        turn_id=UUID(turn_id),
        claim=claim_of(ctx),
        is_last_try=ctx.attempt >= MODEL_TRIES,
    )


@run_turn_job.on_failure
async def fail_turn_job(ctx: JobContext, error: BaseException, *, turn_id: str) -> None:
    """What nobody foresaw becomes a state on which the person can act."""
    from mojodex.domains.chat.service.engine import give_up_turn

    await give_up_turn(ctx.db, turn_id=UUID(turn_id), claim=claim_of(ctx), error=error)


@run_turn_job.on_retry
async def revive_turn_job(tx: Tx, *, turn_id: str) -> None:
    """The failed turn becomes one that waits."""
    from mojodex.domains.chat.service.reviving import revive_turn

    await revive_turn(tx, turn_id=UUID(turn_id))


def claim_of(ctx: JobContext) -> str:
    """Names the job, so that its next start takes its own turn over and another job does not."""
    return f"job:{ctx.job_id}"


@cron("23 * * * *")
@job(
    name="chat.purge_sessions",
    retry=RetryPolicy(
        max_attempts=3, delays=(timedelta(minutes=1),), retry_on=(DatabaseUnavailable,)
    ),
)
async def purge_sessions_job(ctx: JobContext) -> None:
    """Remove the sessions that their persons deleted more than 30 days ago."""
    from mojodex.domains.chat.service.purging import purge_deleted_sessions

    await purge_deleted_sessions(ctx.db)
