"""Who may what in purchases: own tasks for people, products for administrators."""

from mojodex.domains.identity import Caller, Grant, require_grant
from mojodex.domains.purchases.errors import UserTaskNotFound
from mojodex.domains.purchases.store import user_tasks as user_task_store
from mojodex.domains.purchases.views import UserTask, UserTaskId
from mojodex.platform.db import Reading


def require_administrator(caller: Caller) -> None:
    """Raises `GrantMissing` unless the caller is an administrator or the back office."""
    require_grant(caller, Grant.ADMIN)


async def access_user_task(tx: Reading, caller: Caller, *, user_task_id: UserTaskId) -> UserTask:
    """A task that the caller has or had. Raises `UserTaskNotFound`, also for a foreign one.

    A disabled one is returned too, because its history stays readable: `require_purchase` and
    `reserve_run` tell whether it may be run.
    """
    found = await user_task_store.find_user_tasks(
        tx, user_task_ids=[user_task_id], user_id=caller.require_user()
    )
    if not found:
        raise UserTaskNotFound()
    return found[0]
