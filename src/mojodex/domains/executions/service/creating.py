"""Preparing executions, hiding them and bringing them back."""

from uuid import UUID

from mojodex.domains.catalog import Platform, Task, TaskId, get_task
from mojodex.domains.chat import (
    SessionDeleted,
    SessionMode,
    open_session,
    restore_session,
    stop_turns,
)
from mojodex.domains.executions import policy
from mojodex.domains.executions.errors import TaskNotEnabled
from mojodex.domains.executions.events import ExecutionDeleted, ExecutionRestored
from mojodex.domains.executions.rules.inputs import blank_inputs
from mojodex.domains.executions.service.announcing import announce_execution
from mojodex.domains.executions.service.following import release_reserved
from mojodex.domains.executions.service.reading import build_view
from mojodex.domains.executions.store import executions, purging
from mojodex.domains.executions.views import (
    Execution,
    ExecutionState,
    NewExecution,
    StoredExecution,
)
from mojodex.domains.identity import Caller, get_user
from mojodex.domains.purchases import (
    UserTask,
    UserTaskId,
    UserTaskNotFound,
    access_user_task,
    find_user_task,
    require_purchase,
)
from mojodex.platform.db import Tx, lock_xact
from mojodex.platform.events import publish


async def create_execution(
    tx: Tx,
    caller: Caller,
    *,
    user_task_id: int | None = None,
    task_id: int | None = None,
    platform: Platform | None = None,
    origin_execution_id: int | None = None,
    client_id: UUID | None = None,
) -> Execution:
    """Prepare a run of one of the person's tasks, with a session of its own.

    Exactly one of `user_task_id` and `task_id`. Idempotent by `client_id`. A run must be left, but
    it is reserved only when the execution starts: forms are opened more often than sent.
    Raises `UserTaskNotFound`, `TaskNotEnabled`, `NoPurchase`, `TermsNotAccepted`;
    `ExecutionNotFound` when the origin is not the caller's.
    """
    if client_id is not None:
        await lock_xact(tx, "create_execution", caller.require_user(), client_id)
        known = await executions.find_by_client_id(
            tx, user_id=caller.require_user(), client_id=client_id
        )
        if known is not None:
            return await build_view(tx, known)
    origin = None
    if origin_execution_id is not None:
        origin = await policy.access_execution(tx, caller, execution_id=origin_execution_id)
    user_task, task = await _choose_task(tx, caller, user_task_id=user_task_id, task_id=task_id)
    session = await open_session(tx, caller, mode=SessionMode.FORM, platform=platform)
    user = await get_user(tx, user_id=session.user_id)
    stored = await executions.add_execution(
        tx,
        NewExecution(
            user_id=session.user_id,
            user_task_id=user_task,
            task_id=task.task_id,
            session_id=session.session_id,
            inputs=blank_inputs(task.display(user.language).inputs),
            created_at=tx.clock.now(),
            client_id=client_id,
            origin_execution_id=None if origin is None else origin.execution_id,
        ),
    )
    return await build_view(tx, stored)


async def _choose_task(
    tx: Tx, caller: Caller, *, user_task_id: int | None, task_id: int | None
) -> tuple[UserTaskId, Task]:
    """The person's right to run a task, checked, and the task."""
    found = await _find_user_task(tx, caller, user_task_id=user_task_id, task_id=task_id)
    if found is None or found.user_task_id is None:
        raise UserTaskNotFound()
    if not found.is_enabled:
        raise TaskNotEnabled()
    await require_purchase(tx, caller, user_task=found)
    return found.user_task_id, await get_task(tx, task_id=found.task_id)


async def _find_user_task(
    tx: Tx, caller: Caller, *, user_task_id: int | None, task_id: int | None
) -> UserTask | None:
    if (user_task_id is None) == (task_id is None):
        raise ValueError("name a task or a user task, not both")
    if task_id is not None:
        return await find_user_task(tx, caller, task_id=TaskId(task_id))
    return await access_user_task(tx, caller, user_task_id=UserTaskId(user_task_id or 0))


async def delete_execution(tx: Tx, caller: Caller, *, execution_id: int) -> None:
    """Hide an execution, stop what is being written for it and give a reserved run back.

    It can be restored until it is purged, after 30 days. Raises `ExecutionNotFound`.
    """
    execution = await policy.lock_execution(tx, caller, execution_id=execution_id)
    deleted = await _hide(tx, execution)
    if deleted.state is ExecutionState.WRITING:
        # Whoever stops gives the run back, unless something was written.
        await stop_turns(tx, session_id=deleted.session_id)
    else:
        await release_reserved(tx, deleted)


async def _hide(tx: Tx, execution: StoredExecution) -> StoredExecution:
    deleted = await executions.set_deleted(
        tx, execution_id=execution.execution_id, at=tx.clock.now()
    )
    await publish(tx, ExecutionDeleted(execution_id=deleted.execution_id, user_id=deleted.user_id))
    await announce_execution(tx, deleted, kind="execution.deleted")
    return deleted


async def follow_session(tx: Tx, event: SessionDeleted, /) -> None:
    """The executions of a deleted session are deleted with it; its turns were stopped before."""
    for number in await purging.list_of_session(tx, session_id=event.session_id):
        execution = await executions.find_execution(tx, execution_id=number, is_locked=True)
        if execution is not None:
            deleted = await _hide(tx, execution)
            if deleted.state is not ExecutionState.WRITING:
                await release_reserved(tx, deleted)


async def restore_execution(tx: Tx, caller: Caller, *, execution_id: int) -> Execution:
    """Undo a deletion, also that of its session; the next message reserves a run again.

    Raises `ExecutionNotFound`.
    """
    execution = await policy.lock_execution(
        tx, caller, execution_id=execution_id, is_deleted_allowed=True
    )
    if execution.deleted_at is None:
        return await build_view(tx, execution)
    restored = await executions.set_deleted(tx, execution_id=execution.execution_id, at=None)
    await restore_session(tx, session_id=restored.session_id)
    await publish(
        tx, ExecutionRestored(execution_id=restored.execution_id, user_id=restored.user_id)
    )
    await announce_execution(tx, restored, kind="execution.changed")
    return await build_view(tx, restored)
