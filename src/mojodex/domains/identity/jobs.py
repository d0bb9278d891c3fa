"""Background work of identity: forgetting."""

from datetime import timedelta
from uuid import UUID

from mojodex.platform.db import DatabaseUnavailable
from mojodex.platform.jobs import JobContext, RetryPolicy, cron, job

PATIENT = RetryPolicy(
    max_attempts=8,
    delays=(timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10)),
    retry_on=(DatabaseUnavailable,),
)


@job(name="identity.erase_user", retry=PATIENT)
async def erase_user_job(ctx: JobContext, *, user_id: str) -> None:
    """Delete the rows and files of a person who was removed."""
    # Removing a person defers this job, so that this module and the service need each other.
    from mojodex.domains.identity.service.removal import erase_user

    async with ctx.db.begin() as tx:
        await erase_user(tx, user_id=UUID(user_id))


@cron("11 * * * *")
@job(name="identity.purge_logins", retry=PATIENT)
async def purge_logins_job(ctx: JobContext) -> None:
    """Forget log-ins that ended more than 30 days ago, and failed ones that count no more."""
    from mojodex.domains.identity.service.removal import purge_logins

    await purge_logins(ctx.db)
