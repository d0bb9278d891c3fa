"""Running executions: by a form or by messages."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from mojodex.domains.catalog import Platform, get_task
from mojodex.domains.chat import Option, PostedMessage, UploadId, find_posted
from mojodex.domains.executions import policy
from mojodex.domains.executions.errors import (
    AlreadyStarted,
    ExecutionNotFound,
    ResultChatDisabled,
)
from mojodex.domains.executions.service.reading import build_view
from mojodex.domains.executions.service.session_controller import SessionController
from mojodex.domains.executions.store import executions, texts
from mojodex.domains.executions.views import Execution, StoredExecution
from mojodex.domains.identity import Caller
from mojodex.platform.db import Tx


async def run_by_form(
    tx: Tx,
    caller: Caller,
    *,
    execution_id: int,
    values: Mapping[str, str],
    uploads: Mapping[str, Sequence[UploadId]] | None = None,
    platform: Platform | None = None,
    options: Mapping[str, Option] | None = None,
) -> Execution:
    """Start an execution with its filled form: texts and choices by name, files as uploads.

    Raises `ExecutionNotFound`, `AlreadyStarted`, `UnknownInput`, `MissingInput`, `InvalidChoice`,
    `InputTooLong`, `WrongInputKind`, `UploadNotFound`, `NoPurchase`.
    """
    execution = await policy.lock_execution(tx, caller, execution_id=execution_id)
    if execution.started_at is not None:
        raise AlreadyStarted()
    controller = SessionController(tx, caller, execution, platform=platform, options=options)
    await controller.process_form_input(values, uploads or {})
    return await build_view(tx, await _again(tx, execution))


async def run_by_message(
    tx: Tx,
    caller: Caller,
    *,
    client_message_id: str,
    text: str,
    written_at: datetime,
    session_id: UUID | None = None,
    execution_id: int | None = None,
    platform: Platform | None = None,
    options: Mapping[str, Option] | None = None,
) -> PostedMessage:
    """Say something to the assistant; the first message starts the execution.

    With a session only, its newest execution is meant. Idempotent by the client's id, also when
    what it says would be refused by now. Raises `ExecutionNotFound`, `ResultChatDisabled`,
    `NoPurchase` and what `post_message` raises.
    """
    execution = await _find(tx, caller, session_id=session_id, execution_id=execution_id)
    known = await find_posted(
        tx, caller, session_id=execution.session_id, client_message_id=client_message_id
    )
    if known is None:
        await _check_chat(tx, execution)
    controller = SessionController(tx, caller, execution, platform=platform, options=options)
    return await controller.process_chat_message(
        client_message_id=client_message_id, text=text, written_at=written_at
    )


async def _find(
    tx: Tx, caller: Caller, *, session_id: UUID | None, execution_id: int | None
) -> StoredExecution:
    """The execution that is spoken to, its session locked."""
    if execution_id is None and session_id is not None:
        newest = await executions.newest_of_sessions(tx, session_ids=[session_id])
        execution_id = next(iter(newest.values()), None)
    if execution_id is None:
        raise ExecutionNotFound()
    execution = await policy.lock_execution(tx, caller, execution_id=execution_id)
    if session_id is not None and execution.session_id != session_id:
        raise ExecutionNotFound()
    return execution


async def _check_chat(tx: Tx, execution: StoredExecution) -> None:
    task = await get_task(tx, task_id=execution.task_id)
    if task.is_result_chat_enabled:
        return
    counts = await texts.count_versions(tx, execution_ids=[execution.execution_id])
    if counts:
        raise ResultChatDisabled()


async def _again(tx: Tx, execution: StoredExecution) -> StoredExecution:
    """The execution as it is now, after its turn was queued."""
    (now,) = await executions.get_executions(tx, execution_ids=[execution.execution_id])
    return now
