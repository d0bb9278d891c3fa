"""What executions do when chat tells that a turn came into another state, or that somebody read."""

from mojodex.domains.chat import MessagesRead, TurnStateChanged, current_turn
from mojodex.domains.executions.errors import TaskNotEnabled
from mojodex.domains.executions.rules.progress import derive_state
from mojodex.domains.executions.service.announcing import announce_execution
from mojodex.domains.executions.store import executions, texts
from mojodex.domains.executions.views import (
    SUBJECT_KIND,
    ExecutionState,
    StoredExecution,
)
from mojodex.domains.identity import Caller, CallerKind
from mojodex.domains.purchases import UserTask, access_user_task, release_run, reserve_run
from mojodex.platform.db import Tx

#: States in which nothing more will come unless the person acts.
GIVEN_UP = frozenset({ExecutionState.FAILED, ExecutionState.STOPPED})


async def follow_turn(tx: Tx, event: TurnStateChanged, /) -> None:
    """Keep the state of an execution and its reserved run in step with its turns.

    A run is reserved while an answer is on its way and given back when it fails or is stopped
    before the first result; a retry reserves again. Who lost the task asks for no more answers, but
    those on their way are finished. Raises `NoPurchase`, `TaskNotEnabled`.
    """
    if event.subject_kind != SUBJECT_KIND or event.subject_id is None:
        return
    is_waiting = event.state == "queued"
    if event.state == "running" or (is_waiting and event.error_code is not None):
        # It is being written either way; lists show that its turn runs, or why it waits.
        await _tell_turn(tx, int(event.subject_id))
        return
    execution = await executions.find_execution(
        tx, execution_id=int(event.subject_id), is_locked=True
    )
    if execution is None:
        return
    if is_waiting:
        await _require_enabled(tx, execution)
        await _set_writing(tx, await ensure_reserved(tx, execution))
        return
    execution = await refresh_state(tx, execution)
    if execution.state in GIVEN_UP:
        await release_reserved(tx, execution)


async def _tell_turn(tx: Tx, execution_id: int) -> None:
    execution = await executions.find_execution(tx, execution_id=execution_id)
    if execution is not None:
        await announce_execution(tx, execution, kind="execution.changed")


async def _set_writing(tx: Tx, execution: StoredExecution) -> None:
    """A turn that waits behind another one changes nothing that is shown."""
    if execution.state is not ExecutionState.WRITING:
        await _set_state(tx, execution, ExecutionState.WRITING)


async def refresh_state(tx: Tx, execution: StoredExecution) -> StoredExecution:
    """Derive the state anew, store it, and tell the clients.

    They are told also when it is the same: what is shown with it, its turn and the number of its
    versions, is not.
    """
    turns = await current_turn(tx, session_ids=[execution.session_id])
    counts = await texts.count_versions(tx, execution_ids=[execution.execution_id])
    state = derive_state(
        is_started=execution.started_at is not None,
        turn=turns.get(execution.session_id),
        has_text=execution.execution_id in counts,
    )
    return await _set_state(tx, execution, state)


async def _set_state(tx: Tx, execution: StoredExecution, state: ExecutionState) -> StoredExecution:
    if state is not execution.state:
        execution = await executions.set_state(tx, execution_id=execution.execution_id, state=state)
    await announce_execution(tx, execution, kind="execution.changed")
    return execution


async def ensure_reserved(tx: Tx, execution: StoredExecution) -> StoredExecution:
    """Reserve a run unless one is reserved or was consumed.

    Raises `NoPurchase`, and `TaskNotEnabled` when the person lost the task meanwhile.
    """
    if execution.purchase_id is not None or execution.consumed_at is not None:
        return execution
    user_task = await _require_enabled(tx, execution)
    purchase_id = await reserve_run(tx, _owner(execution), user_task=user_task)
    return await executions.set_purchase(
        tx, execution_id=execution.execution_id, purchase_id=purchase_id
    )


async def _require_enabled(tx: Tx, execution: StoredExecution) -> UserTask:
    """The person's right to run the task. Raises `TaskNotEnabled`."""
    user_task = await access_user_task(tx, _owner(execution), user_task_id=execution.user_task_id)
    if not user_task.is_enabled:
        raise TaskNotEnabled()
    return user_task


def _owner(execution: StoredExecution) -> Caller:
    return Caller(kind=CallerKind.JOB, user_id=execution.user_id)


async def release_reserved(tx: Tx, execution: StoredExecution) -> StoredExecution:
    """Give a reserved run back unless it was consumed."""
    if execution.purchase_id is None or execution.consumed_at is not None:
        return execution
    await release_run(tx, purchase_id=execution.purchase_id)
    return await executions.set_purchase(tx, execution_id=execution.execution_id, purchase_id=None)


async def follow_reading(tx: Tx, event: MessagesRead, /) -> None:
    """A version was read when the message that delivered it was."""
    await texts.mark_read_by_message(tx, message_ids=event.message_ids, at=tx.clock.now())
