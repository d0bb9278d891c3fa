"""Who may what in the catalogue: definitions are read and written by administrators."""

from mojodex.domains.catalog.errors import TaskNotFound
from mojodex.domains.catalog.store import tasks as store
from mojodex.domains.catalog.views import Task, TaskId
from mojodex.domains.identity import Caller, Grant, require_grant
from mojodex.platform.db import Tx


def require_administrator(caller: Caller) -> None:
    """Raises `GrantMissing` unless the caller is an administrator or the back office."""
    require_grant(caller, Grant.ADMIN)


async def access_task(tx: Tx, caller: Caller, *, task_id: TaskId) -> Task:
    """A definition, for administrators. Raises `GrantMissing`, `TaskNotFound`."""
    require_administrator(caller)
    tasks = await store.find_tasks(tx, task_ids=[task_id])
    if not tasks:
        raise TaskNotFound()
    return tasks[0]
