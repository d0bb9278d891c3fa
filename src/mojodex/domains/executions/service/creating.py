"""Preparing executions, hiding them and bringing them back."""

from dataclasses import dataclass
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
from mojodex.domains.executions.service.reading import build_view, build_without_text
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
    known = await find_made(tx, caller, client_id=client_id)
    if known is not None:
        return await build_view(tx, known)
    draft = await draft_execution(
        tx,
        caller,
        user_task_id=user_task_id,
        task_id=task_id,
        platform=platform,
        origin_execution_id=origin_execution_id,
        client_id=client_id,
    )
    execution = await executions.add_execution(tx, draft.new)
    return await build_without_text(tx, execution, task=draft.task, turn=None)


async def find_made(tx: Tx, caller: Caller, *, client_id: UUID | None) -> StoredExecution | None:
    """The execution that the caller made under this id; nobody else makes it meanwhile."""
    if client_id is None:
        return None
    await lock_xact(tx, "create_execution", caller.require_user(), client_id)
    return await executions.find_by_client_id(
        tx, user_id=caller.require_user(), client_id=client_id
    )


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An execution that is still to be stored, in a session that is; what it runs, and the right
    to."""

    new: NewExecution
    task: Task
    user_task: UserTask


async def draft_execution(
    tx: Tx,
    caller: Caller,
    *,
    user_task_id: int | None = None,
    task_id: int | None = None,
    platform: Platform | None = None,
    origin_execution_id: int | None = None,
    client_id: UUID | None = None,
    is_starting: bool = False,
) -> Draft:
    """As `create_execution`. `is_starting`: a run is reserved next, which needs no look before."""
    origin = None
    if origin_execution_id is not None:
        origin = await policy.access_execution(tx, caller, execution_id=origin_execution_id)
    user_task = await _find_user_task(tx, caller, user_task_id=user_task_id, task_id=task_id)
    if user_task is None or user_task.user_task_id is None:
        raise UserTaskNotFound()
    if not user_task.is_enabled:
        raise TaskNotEnabled()
    if not is_starting:
        await require_purchase(tx, caller, user_task=user_task)
    task = await get_task(tx, task_id=user_task.task_id)
    user = await get_user(tx, user_id=caller.require_user())
    session = await open_session(tx, caller, mode=SessionMode.FORM, platform=platform, user=user)
    new = NewExecution(
        user_id=session.user_id,
        user_task_id=user_task.user_task_id,
        task_id=task.task_id,
        session_id=session.session_id,
        inputs=blank_inputs(task.display(user.language).inputs),
        created_at=tx.clock.now(),
        client_id=client_id,
        origin_execution_id=None if origin is None else origin.execution_id,
    )
    return Draft(new=new, task=task, user_task=user_task)


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
