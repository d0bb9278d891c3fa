"""What executions do when chat tells that a turn came into another state, or that somebody read."""

from mojodex.domains.chat import MessagesRead, TurnState, TurnStateChanged, current_turn
from mojodex.domains.executions.errors import TaskNotEnabled
from mojodex.domains.executions.rules.progress import derive_state
from mojodex.domains.executions.service.announcing import announce_by_ids, announce_execution
from mojodex.domains.executions.store import executions, texts
from mojodex.domains.executions.views import (
    SUBJECT_KIND,
    ExecutionState,
    StoredExecution,
)
from mojodex.domains.identity import Caller, CallerKind, UserId
from mojodex.domains.purchases import (
    PurchaseId,
    access_user_task,
    release_run,
    reserve_run,
)
from mojodex.platform.db import Tx

#: States in which nothing more will come unless the person acts.
GIVEN_UP = frozenset({ExecutionState.FAILED, ExecutionState.STOPPED})
#: Where a transaction keeps the execution for which it has stored an answer.
_DELIVERED = "executions.delivered"


async def follow_turn(tx: Tx, event: TurnStateChanged, /) -> None:
    """Keep the state of an execution and its reserved run in step with its turns.

    A run is reserved while an answer is on its way and given back when it fails or is stopped
    before the first result; a retry reserves again. Who lost the task asks for no more answers, but
    those on their way are finished. Raises `NoPurchase`, `TaskNotEnabled`.
    """
    if event.subject_kind != SUBJECT_KIND or event.subject_id is None or event.is_new:
        return
    execution_id = int(event.subject_id)
    is_queued = event.state == "queued"
    if event.state == "running" or (is_queued and event.error_code is not None):
        # It is being written either way; lists show that its turn runs, or why it waits.
        await announce_by_ids(
            tx,
            execution_id=execution_id,
            session_id=event.session_id,
            user_id=event.user_id,
            kind="execution.changed",
        )
    elif is_queued:
        execution = await executions.find_execution(tx, execution_id=execution_id, is_locked=True)
        if execution is not None:
            await get_ready(tx, execution)
    else:
        turn = TurnState(event.state) if event.is_last else TurnState.QUEUED
        execution = await _set_state(tx, execution_id, turn)
        if execution is not None and execution.state in GIVEN_UP:
            await release_reserved(tx, execution)


async def get_ready(tx: Tx, execution: StoredExecution) -> StoredExecution:
    """Before another answer: the right to it, a reserved run, and that it is on its way.

    A turn that waits behind another one changes nothing that is shown. The session must be locked.
    Raises `NoPurchase`, `TaskNotEnabled`.
    """
    purchase_id = await reserve(tx, execution)
    is_writing = execution.state is ExecutionState.WRITING
    if is_writing and purchase_id == execution.purchase_id:
        return execution
    ready = await executions.set_writing(
        tx, execution_id=execution.execution_id, purchase_id=purchase_id
    )
    if not is_writing:
        await announce_execution(tx, ready, kind="execution.changed")
    return ready


async def refresh_state(tx: Tx, execution: StoredExecution) -> None:
    """Derive the state anew, store it, and tell the clients.

    They are told also when it is the same: what is shown with it, its turn and the number of its
    versions, is not.
    """
    turns = await current_turn(tx, session_ids=[execution.session_id])
    turn = turns.get(execution.session_id)
    await _set_state(tx, execution.execution_id, None if turn is None else turn.state)


async def _set_state(tx: Tx, execution_id: int, turn: TurnState | None) -> StoredExecution | None:
    with_text = derive_state(turn=turn, has_text=True)
    delivered = tx.memory.pop(_DELIVERED, None)
    execution: StoredExecution | None
    if delivered is not None and (delivered.execution_id, delivered.state) == (
        execution_id,
        with_text,
    ):
        execution = delivered
    else:
        execution = await executions.set_state(
            tx,
            execution_id=execution_id,
            with_text=with_text,
            without_text=derive_state(turn=turn, has_text=False),
        )
    if execution is not None:
        await announce_execution(tx, execution, kind="execution.changed")
    return execution


def remember_delivered(tx: Tx, execution: StoredExecution) -> None:
    """Spare the end of the turn, in this transaction, to write the state that is written already.

    Unless another turn waits, it is the one that was stored with the answer.
    """
    tx.memory[_DELIVERED] = execution


async def reserve(tx: Tx, execution: StoredExecution) -> PurchaseId | None:
    """The purchase on which the run is reserved; reserved now unless it is, or was consumed.

    Raises `NoPurchase`, and `TaskNotEnabled` when the person lost the task meanwhile.
    """
    owner = owner_of(execution.user_id)
    user_task = await access_user_task(tx, owner, user_task_id=execution.user_task_id)
    if not user_task.is_enabled:
        raise TaskNotEnabled()
    if execution.purchase_id is not None or execution.consumed_at is not None:
        return execution.purchase_id
    return await reserve_run(tx, owner, user_task=user_task)


def owner_of(user_id: UserId) -> Caller:
    """On whose purchases runs are reserved, whoever asks for the answer."""
    return Caller(kind=CallerKind.JOB, user_id=user_id)


async def release_reserved(tx: Tx, execution: StoredExecution) -> StoredExecution:
    """Give a reserved run back unless it was consumed."""
    if execution.purchase_id is None or execution.consumed_at is not None:
        return execution
    await release_run(tx, purchase_id=execution.purchase_id)
    return await executions.set_purchase(tx, execution_id=execution.execution_id, purchase_id=None)


async def follow_reading(tx: Tx, event: MessagesRead, /) -> None:
    """A version was read when the message that delivered it was."""
    await texts.mark_read_by_message(tx, message_ids=event.message_ids, at=tx.clock.now())
