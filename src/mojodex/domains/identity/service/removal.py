"""Removing people, and forgetting log-ins that ended long ago."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from mojodex.domains.identity.errors import UserNotFound
from mojodex.domains.identity.events import UserDeleted, UserErased
from mojodex.domains.identity.jobs import erase_user_job
from mojodex.domains.identity.policy import require_grant
from mojodex.domains.identity.service.audit import record_audit
from mojodex.domains.identity.service.logins import ENDED_MEMORY
from mojodex.domains.identity.service.throttle import WINDOW
from mojodex.domains.identity.store import failures, logins, people
from mojodex.domains.identity.views import Caller, Grant, UserId
from mojodex.kit.ids import encode_hex
from mojodex.platform.db import Database, Tx
from mojodex.platform.events import publish
from mojodex.platform.jobs import defer

#: What runs for a removed person, and their live sockets, have so long to end before the rows go.
ERASURE_DELAY = timedelta(seconds=10)
#: Rows that are deleted in one transaction.
BATCH = 1_000


async def delete_user(tx: Tx, caller: Caller, *, user_id: UserId) -> None:
    """Remove a person for good, for administrators. It cannot be undone.

    From the commit on they cannot log in and nothing is written for them; live sockets end within
    5 s, and a job deletes all their rows and files. Raises `GrantMissing`, `UserNotFound`.
    """
    require_grant(caller, Grant.ADMIN)
    now = tx.clock.now()
    if not await people.update_user(tx, user_id, {"deleted_at": now}):
        raise UserNotFound()
    await logins.revoke_logins(tx, user_id, now)
    await record_audit(tx, caller, act="user.delete", subject_kind="user", subject_id=user_id)
    await publish(tx, UserDeleted(user_id=user_id))
    await defer(tx, erase_user_job, at=now + ERASURE_DELAY, user_id=encode_hex(user_id))


async def erase_user(tx: Tx, *, user_id: UUID) -> None:
    """Delete the rows of a person who was removed. Without effect on anybody else."""
    if await people.is_user_deleted(tx, user_id):
        await publish(tx, UserErased(user_id=user_id))
        await people.erase_user(tx, user_id)


async def purge_logins(db: Database) -> int:
    """Forget log-ins that ended more than 30 days ago, and failed ones that count no more.

    Returns how many rows went. In batches, each its own transaction; harmless to repeat.
    """
    db.outside_transaction()
    now = db.clock.now()
    return await _purge(db, logins.purge_logins, now - ENDED_MEMORY) + await _purge(
        db, failures.purge_failures, now - WINDOW
    )


async def _purge(
    db: Database, purge: Callable[[Tx, datetime, int], Awaitable[int]], before: datetime
) -> int:
    n_gone = 0
    while True:
        async with db.begin() as tx:
            n = await purge(tx, before, BATCH)
        n_gone += n
        if n < BATCH:
            return n_gone
