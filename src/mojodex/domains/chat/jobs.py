"""Background work of chat: answering."""

from datetime import timedelta
from uuid import UUID

from mojodex.platform.db import DatabaseUnavailable, Tx
from mojodex.platform.jobs import JobContext, RetryPolicy, cron, job
from mojodex.platform.llm import (
    ModelError,
    ModelRateLimited,
    ModelTimeout,
    ModelUnavailable,
    asked_wait,
)

#: How often an answer is begun before its turn fails. The gateway tries again too, but only before
#: the first token, and without waiting long.
MODEL_TRIES = 3
#: An endpoint that wants to be left alone for longer fails the turn at once.
LONGEST_WAIT = timedelta(minutes=2)


def may_retry(error: ModelError, n_failures: int) -> bool:
    """Whether the failure may pass, soon, and the turn has tries left.

    Not after a time-out: it cost minutes, and the gateway has tried again already.
    """
    if not error.is_retryable or isinstance(error, ModelTimeout):
        return False
    wait = asked_wait(error)
    is_soon = wait is None or wait <= LONGEST_WAIT
    return is_soon and n_failures + 1 < MODEL_TRIES


@job(
    name="chat.run_turn",
    queue="turns",
    retry=RetryPolicy(
        max_attempts=8,
        delays=(timedelta(seconds=1), timedelta(seconds=3), timedelta(seconds=10)),
        retry_on=(ModelUnavailable, ModelRateLimited, DatabaseUnavailable),
        asked=asked_wait,
    ),
)
async def run_turn_job(ctx: JobContext, *, turn_id: str) -> None:
    """Make one answer. A model that fails is asked again, as its error deserves."""
    # Ending a turn defers the job of the next, so that this module and the engine need each other.
    from mojodex.domains.chat.service.engine import run_turn

    await run_turn(ctx.db, turn_id=UUID(turn_id), claim=claim_of(ctx), may_retry=may_retry)


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


@cron("41 * * * *")
@job(
    name="chat.purge_uploads",
    retry=RetryPolicy(
        max_attempts=3, delays=(timedelta(minutes=1),), retry_on=(DatabaseUnavailable,)
    ),
)
async def purge_uploads_job(ctx: JobContext) -> None:
    """Remove the files that were given to a form and not used within a week."""
    from mojodex.domains.chat.service.uploads import purge_unused_uploads

    await purge_unused_uploads(ctx.db)


@cron("* * * * *")
@job(name="chat.rescue_turns")
async def rescue_turns_job(ctx: JobContext) -> None:
    """Give answers a new job whose job is gone, so that nothing waits for ever."""
    from mojodex.domains.chat.service.reviving import rescue_turns

    await rescue_turns(ctx.db)
